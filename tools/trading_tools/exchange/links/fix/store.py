"""What a FIX session must not forget: sequence numbers, what was sent, and the reports received.

SQLite with full sync: a number is used up, and a message kept, before its bytes leave; a report is
kept in the same step in which its number counts as received. So a kill at any point loses no
report: its number was not counted, and is asked for again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from trading_tools.exchange.links.fix.message import Message

_SCHEMA = """
CREATE TABLE IF NOT EXISTS session (
    one INTEGER PRIMARY KEY CHECK (one = 1), owner TEXT NOT NULL, epoch INTEGER NOT NULL,
    next_out INTEGER NOT NULL, next_in INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS sent (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, name TEXT, of TEXT,
    fields TEXT NOT NULL, PRIMARY KEY (epoch, seq)
);
CREATE INDEX IF NOT EXISTS sent_name ON sent (name);
CREATE INDEX IF NOT EXISTS sent_of ON sent (of);
CREATE TABLE IF NOT EXISTS reports (
    id INTEGER PRIMARY KEY, order_id TEXT NOT NULL, exec_id TEXT NOT NULL, at TEXT NOT NULL,
    fields TEXT NOT NULL, UNIQUE (order_id, exec_id)
);
CREATE INDEX IF NOT EXISTS reports_at ON reports (at);
"""


class StoreInUse(ValueError):
    """The file belongs to another session, or another process has it open."""


@dataclass(frozen=True)
class Sent:
    """A message that was sent, or was about to be when the process ended."""

    seq: int
    message: Message


class FixStore:
    """The memory of one session, in one file, used by one process at a time."""

    def __init__(self, path: Path, owner: str) -> None:
        """Open or make the store; `owner` names the session: both CompIDs.

        Raises:
            StoreInUse: another process has it open, or it is another session's.
        """
        self._db = sqlite3.connect(path, isolation_level=None, timeout=0)
        self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
        try:
            self._db.execute("BEGIN EXCLUSIVE")
            for statement in _SCHEMA.split(";"):
                self._db.execute(statement)
            self._db.execute("INSERT OR IGNORE INTO session VALUES (1, ?, 1, 1, 1)", (owner,))
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._db.close()
            raise StoreInUse(f"{path.name} is open in another process: stop that one") from error
        self._db.execute("PRAGMA synchronous=FULL")
        kept, self.epoch, self.next_out, self.next_in = self._db.execute(
            "SELECT owner, epoch, next_out, next_in FROM session"
        ).fetchone()
        if kept != owner:
            self._db.close()
            raise StoreInUse(f"{path.name} is the store of {kept}, not of {owner}: give another")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def sending(
        self, message: Message | None, name: str | None = None, of: str | None = None
    ) -> int:
        """Use up a number for a message, before it is sent; the number.

        None keeps nothing: an administrative message is never sent again. `name` is the ClOrdID of
        a request, `of` that of the order it is about.
        """
        seq: int = self.next_out
        with self._db:
            self._db.execute("BEGIN")
            self._db.execute("UPDATE session SET next_out = ?", (seq + 1,))
            if message is not None:
                self._db.execute(
                    "INSERT INTO sent VALUES (?, ?, ?, ?, ?, ?)",
                    (self.epoch, seq, message.type, name, of, json.dumps(message.fields)),
                )
        self.next_out = seq + 1
        return seq

    def received(self, next_in: int, report: Message | None = None) -> None:
        """Count all numbers below `next_in` as received; the last may have brought a report."""
        with self._db:
            self._db.execute("BEGIN")
            self._db.execute("UPDATE session SET next_in = ?", (next_in,))
            if report is not None:
                # An execution may be told twice: resent under another number, its ExecID stays.
                self._db.execute(
                    "INSERT OR IGNORE INTO reports (order_id, exec_id, at, fields)"
                    " VALUES (?, ?, ?, ?)",
                    (
                        report.get(37) or "",
                        report.get(17) or "",
                        report.get(60) or report.get(52) or "",
                        json.dumps(report.fields),
                    ),
                )
        self.next_in = next_in

    def reset(self) -> None:
        """Begin again at number one on both sides; what was sent and reported is kept."""
        self._db.execute("UPDATE session SET epoch = epoch + 1, next_out = 1, next_in = 1")
        self.epoch, self.next_out, self.next_in = self.epoch + 1, 1, 1

    def sent(self, first: int, last: int) -> Iterator[Sent]:
        """The kept messages of these numbers, of the present epoch."""
        rows = self._db.execute(
            "SELECT seq, type, fields FROM sent"
            " WHERE epoch = ? AND seq BETWEEN ? AND ? ORDER BY seq",
            (self.epoch, first, last),
        ).fetchall()
        return (Sent(seq, _message(kind, fields)) for seq, kind, fields in rows)

    def order(self, name: str) -> Message | None:
        """The NewOrderSingle with this ClOrdID."""
        row = self._db.execute(
            "SELECT type, fields FROM sent WHERE name = ? AND type = 'D'", (name,)
        ).fetchone()
        return None if row is None else _message(*row)

    def first_name(self, name: str) -> str:
        """The ClOrdID of the order that a request was about; any other name stays what it is."""
        row = self._db.execute("SELECT of FROM sent WHERE name = ?", (name,)).fetchone()
        return row[0] if row is not None and row[0] is not None else name

    def changes(self, name: str) -> list[Message]:
        """The requests to cancel or replace that were sent about an order, oldest first."""
        rows = self._db.execute(
            "SELECT type, fields FROM sent WHERE of = ? AND type IN ('F', 'G') ORDER BY epoch, seq",
            (name,),
        ).fetchall()
        return [_message(*row) for row in rows]

    def reports(self, since: str) -> list[Message]:
        """The execution reports since a UTCTimestamp, each once, in the order they came in."""
        rows = self._db.execute(
            "SELECT fields FROM reports WHERE at >= ? ORDER BY id", (since,)
        ).fetchall()
        return [_message("8", fields) for (fields,) in rows]


def _message(kind: str, fields: str) -> Message:
    return Message(kind, tuple((tag, value) for tag, value in json.loads(fields)))
