"""Ledgers to verify and tamper with, and a clock that moves at each look."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import Verification, verify

START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """Gives a later time at each look."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


KEY = b"a key that is kept elsewhere"
COLUMNS = "stream, seq, at, kind, v, alg, key_id, body, prev, hash"


def fill(path: Path, key: bytes | None = None, events: int = 12) -> None:
    with Ledger.open(path, key=key) as ledger:
        for number in range(events):
            ledger.append("open", "step", {"n": number, "text": "tick"})
            ledger.append("done", "step", {"n": number})
        ledger.append("open", "long", {"text": "é" * 20_000})
        ledger.close_stream("done")


def tamper(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in names.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, statement
        connection.commit()


def verdict(path: Path, key: bytes | None = None) -> Verification:
    with Ledger.open(path, key=key, read_only=True) as ledger:
        return verify(ledger)


def named(found: Verification) -> set[tuple[str, int, str]]:
    assert found.valid == (not found.problems)
    return {(it.stream, it.seq, it.problem.partition(":")[0]) for it in found.problems}
