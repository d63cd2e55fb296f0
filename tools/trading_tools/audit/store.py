"""Writing the chain: heads moved forward, events behind them, the catalogue's notes.

Here lives what happens inside one write transaction. Which events are written, and when, is
decided in ``ledger``; connections and failures are in ``database``.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from trading_tools.audit import blobs
from trading_tools.audit.chain import Signer
from trading_tools.audit.database import Database
from trading_tools.audit.errors import (
    BlobMissing,
    KeyMismatch,
    LedgerCorrupt,
    LedgerError,
    LedgerUnavailable,
    StreamConflict,
)
from trading_tools.audit.event import Event, canonical_json, preimage, utc_text
from trading_tools.audit.statements import Statements

CATALOGUE = "catalogue"


class Position(NamedTuple):
    """Where a stream stands; ``seq`` 0 means that it has no events yet."""

    seq: int = 0
    hash: str = ""
    closed: bool = False


class Store:
    """The chain in its database, written with one signer. Callers hold the database's lock."""

    def __init__(
        self, database: Database, key: bytes | None, clock: Callable[[], datetime]
    ) -> None:
        self.database = database
        self.signer = Signer.of(key)
        self.ask = Statements.of(database.dialect)
        self._clock = clock
        self._positions: dict[str, Position] = {}

    def require_writable(self) -> None:
        """Refuse a ledger that was opened to be read."""
        if self.database.read_only:
            raise LedgerUnavailable(
                f"the ledger {self.database.name} was opened read-only: "
                "open it for writing to append"
            )

    def require_key(self) -> None:
        """Refuse a signer that is not the one in force."""
        rows = self.database.rows(self.ask.head, CATALOGUE)
        in_force = rows[0][3] if rows else self.signer.key_id
        if in_force == self.signer.key_id:
            return
        given = self.signer.describe()
        if in_force:
            raise KeyMismatch(
                f"the ledger {self.database.name} is under key {in_force} and was opened with "
                f"{given}: it can be read, but give the right key to append"
            )
        raise KeyMismatch(
            f"the ledger {self.database.name} has no key and was opened with {given}: "
            "open it without one, and add the key with change_key"
        )

    @contextlib.contextmanager
    def writing(self, stream: str, *, durable: bool = False) -> Iterator[None]:
        """A write transaction for ``stream``; a lost race for it becomes ``StreamConflict``."""
        try:
            with self.database.writing(durable=durable):
                yield
        except BaseException as error:
            self.failed(stream, error)
            raise

    def failed(self, stream: str, error: BaseException) -> None:
        """Raise what a failed transaction means for ``stream``, where it is more than ``error``."""
        self._positions.pop(stream, None)
        lost = isinstance(error, StreamConflict)
        if lost or (isinstance(error, LedgerError) and self.database.is_duplicate(error)):
            # Under another key no head can be moved either: say which of the two it was.
            self.require_key()
            if not lost:
                raise _conflict(stream) from error

    def position(self, stream: str, *, fresh: bool = False) -> Position:
        """Where the stream stands, from memory unless ``fresh``."""
        known = None if fresh else self._positions.get(stream)
        if known is None:
            with self.database.failures():
                rows = self.database.rows(self.ask.head, stream)
            known = Position(rows[0][0], rows[0][1], bool(rows[0][2])) if rows else Position()
        return known

    def remember(self, stream: str, position: Position) -> None:
        """Keep where the stream stands, once the transaction that moved it is committed."""
        self._positions[stream] = position

    def lock_catalogue(self) -> None:
        """Keep the catalogue for a note that comes later in the open transaction.

        All take it before their own stream, so that no two wait for each other. In SQLite the
        transaction holds everything already.
        """
        if self.database.is_server:
            self.database.rows(self.ask.locked_head, CATALOGUE)

    def note(self, kind: str, body: Mapping[str, Any]) -> None:
        """Append to the catalogue, wherever it stands now."""
        # The row lock (in SQLite: the write lock) keeps it there until the commit.
        rows = self.database.rows(self.ask.locked_head, CATALOGUE)
        position = Position(*rows[0]) if rows else Position()
        self.write(CATALOGUE, kind, 1, canonical_json(body), position)

    def write(
        self,
        stream: str,
        kind: str,
        v: int,
        text: str,
        known: Position,
        body: Mapping[str, Any] | None = None,
    ) -> Event:
        """Write the next event after ``known`` and move the head; ``body`` is for the result."""
        signer = self.signer
        seq, at = known.seq + 1, utc_text(self._clock())
        message = preimage(stream, seq, at, kind, v, signer.alg, signer.key_id, text, known.hash)
        digest = signer.digest(message)
        if known.seq:
            self._move(stream, known, seq, digest, False, at)
        else:
            seal = signer.seal(stream, seq, digest)
            head = (stream, seq, digest, signer.key_id, seal, 0, kind, at, at)
            self.database.run(self.ask.insert_head, head)
        row = (stream, seq, at, kind, v, signer.alg, signer.key_id, text, known.hash, digest)
        self.database.run(self.ask.insert_event, row)
        return Event(
            stream, seq, at, kind, v, signer.alg, signer.key_id, body or {}, known.hash, digest
        )

    def close(self, stream: str, position: Position) -> Position:
        """Mark the stream's head as closed."""
        closed = position._replace(closed=True)
        self._move(stream, position, *closed, utc_text(self._clock()))
        return closed

    def take_key(self, signer: Signer) -> None:
        """Change to ``signer`` within the open transaction, and seal every head under it."""
        self.note("key.changed", {"alg": signer.alg, "key_id": signer.key_id})
        heads = self.database.rows(self.ask.locked_heads)
        self.signer = signer
        for stream, seq, head in heads:
            seal = signer.seal(stream, seq, head)
            self.database.run(self.ask.seal_head, (signer.key_id, seal, stream))
        others = {stream: [seq, head] for stream, seq, head in heads if stream != CATALOGUE}
        self.note("key.taken", {"heads": others})

    def put_blob(self, name: str, content: bytes) -> None:
        """Store a blob unless it is there."""
        if not self.database.rows(self.ask.has_blob, name):
            self.database.run(self.ask.insert_blob, (name, content))

    def text(self, name: str) -> str:
        """The text of a blob."""
        rows = self.database.rows(self.ask.blob, name)
        if not rows:
            raise BlobMissing(
                f"the ledger {self.database.name} has no text {name}: it was lost or removed; "
                "restore a copy or an export"
            )
        try:
            return blobs.bytes_text(rows[0][0])
        except UnicodeDecodeError as error:
            raise LedgerCorrupt(
                f"the ledger {self.database.name}: its text {name} is damaged; keep the file, and "
                "restore a copy or an export"
            ) from error

    def _move(
        self, stream: str, old: Position, seq: int, digest: str, closed: bool, at: str
    ) -> None:
        signer = self.signer
        seal = signer.seal(stream, seq, digest)
        new = (seq, digest, seal, int(closed), at)
        values = (*new, stream, old.seq, signer.key_id, int(old.closed))
        if self.database.run(self.ask.move_head, values) != 1:
            raise _conflict(stream)


def _conflict(stream: str) -> StreamConflict:
    return StreamConflict(f"somebody else appended to stream {stream} first: read it again")
