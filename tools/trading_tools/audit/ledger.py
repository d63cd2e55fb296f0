"""The ledger: append-only, hash-chained streams of events in SQLite or PostgreSQL.

Here live opening, appending, reading and changing the key. What is hashed is in ``event``, how
the chain is written in ``store``, checking in ``verify``, handing over in ``export``.

The ``catalogue`` stream is the ledger's book about itself. Kinds it holds: ``ledger.created``;
``stream.opened``, ``stream.head`` (every 50 events), ``stream.closed`` and ``stream.reopened``
with the stream's name, seq and hash; ``blob.put``; ``key.changed`` (the last event under the old
key) and ``key.taken`` (the first under the new one, with all heads).
"""

import contextlib
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from trading_tools.audit import blobs, holding
from trading_tools.audit.chain import Signer
from trading_tools.audit.database import BUSY_TIMEOUT_S, Database
from trading_tools.audit.errors import KeyMismatch, LedgerError, NotRecordable, StreamConflict
from trading_tools.audit.event import Event
from trading_tools.audit.store import CATALOGUE, Position, Store

HEAD_EVERY = 50
_NAME_LIMIT = 200

Upcasters = Mapping[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Head:
    """The last event of a stream."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """A stream at a glance. Times are UTC text as in events; ``first_kind`` tells what it is."""

    stream: str
    seq: int
    head: str
    opened_at: str
    last_at: str
    closed: bool
    first_kind: str


class Draft(NamedTuple):
    """An event to be recorded: its kind, its body, and the version of the body's shape."""

    kind: str
    body: Mapping[str, Any]
    v: int = 1


class _Packed(NamedTuple):
    """An event as it is stored; ``recorded`` is the body as readers will have it."""

    kind: str
    v: int
    text: str
    long_texts: Mapping[str, str]
    recorded: Mapping[str, Any]

    @classmethod
    def of(cls, stream: str, kind: str, body: Mapping[str, Any], v: int) -> "_Packed":
        _check_names(stream, kind, v)
        return cls(kind, v, *blobs.pack(body))


def _now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """An open ledger. Threads may share one; processes open their own on the same place.

    Without a key, whoever can write the file can also rewrite a whole ledger so that it
    verifies; a key, kept elsewhere, closes that. An older copy of the whole ledger in place of
    the present one is only found by a head kept outside (see ``verify``'s ``heads``).
    """

    def __init__(self, store: Store, upcasters: Upcasters) -> None:
        self.store = store
        self._upcasters = upcasters

    @classmethod
    def open(
        cls,
        where: str | Path,
        *,
        key: bytes | None = None,
        clock: Callable[[], datetime] = _now,
        read_only: bool = False,
        at_rest: bool = False,
        patience_s: float = BUSY_TIMEOUT_S,
        upcasters: Upcasters | None = None,
    ) -> "Ledger":
        """Open the ledger at a file path or ``postgresql://`` URL; it is created if missing.

        ``key`` must be the key in force to append (none, if the ledger has none); reading works
        without. A new ledger takes ``key`` as its first. ``clock`` gives aware datetimes.
        ``at_rest`` says that nobody writes to it now: a read-only one then leaves no file beside
        it, unless a writer's log lies there. Where another program is writing to the file, a write
        waits ``patience_s`` and raises ``LedgerBusy`` then. ``upcasters`` maps ``(kind, v)`` to a
        function from a body of version ``v`` to one of ``v + 1``; it is applied on reading and
        changes nothing that is stored.

        Raises ``LedgerMissing`` (read-only and nothing there), ``LedgerUnavailable``,
        ``LedgerCorrupt`` or ``LedgerVersion``.
        """
        database = Database(where, read_only=read_only, at_rest=at_rest, patience_s=patience_s)
        try:
            store = Store(database, key, clock)
            if not read_only:
                _create(store)
        except BaseException:
            database.close()
            raise
        return cls(store, upcasters or {})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def place(self) -> str:
        """Where the ledger is, without a password; for messages."""
        return self.store.database.name

    def close(self) -> None:
        """Release the database. Streams stay open for later appends."""
        self.store.database.close()

    def append(
        self,
        stream: str,
        kind: str,
        body: Mapping[str, Any],
        *,
        v: int = 1,
        expected_seq: int | None = None,
        durable: bool = False,
    ) -> Event:
        """Record one event and return it.

        ``expected_seq`` is the seq of the last event the caller knows of (0 for none). Texts over
        32 KB in ``body`` go to blobs. ``durable`` returns only when the disk has it. The first
        event opens the stream, and one after ``close_stream`` reopens it.

        Raises ``StreamConflict`` when the stream has moved on since this ledger, or the caller,
        last saw it (the next try starts from the new head), ``NotRecordable`` for a body without
        canonical JSON, and ``KeyMismatch`` under a wrong or missing key.
        """
        draft = _Packed.of(stream, kind, body, v)
        (event,) = self._append(stream, (draft,), expected_seq, durable)
        return event

    def append_all(
        self, stream: str, drafts: Iterable[Draft], *, expected_seq: int | None = None
    ) -> list[Event]:
        """Record several events in their order, all or none of them; see ``append``."""
        packed = tuple(_Packed.of(stream, *draft) for draft in drafts)
        return self._append(stream, packed, expected_seq, False) if packed else []

    def _append(
        self, stream: str, drafts: Sequence[_Packed], expected_seq: int | None, durable: bool
    ) -> list[Event]:
        store, events = self.store, []
        with store.database.lock:
            store.require_writable()
            known = store.position(stream)
            if expected_seq is not None and known.seq != expected_seq:
                known = store.position(stream, fresh=True)
                _expect(stream, expected_seq, known)
            try:
                # Not `store.writing`, which as a generator costs more than making the hash.
                with store.database.writing(durable=durable):
                    if (known.seq + len(drafts)) // HEAD_EVERY > known.seq // HEAD_EVERY:
                        store.lock_catalogue()
                    if not known.seq:
                        store.note("stream.opened", {"stream": stream})
                    elif known.closed:
                        store.note("stream.reopened", _mark(stream, known))
                    for draft in drafts:
                        for name, long_text in draft.long_texts.items():
                            store.put_blob(name, blobs.text_bytes(long_text))
                        event = store.write(
                            stream, draft.kind, draft.v, draft.text, known, draft.recorded
                        )
                        if event.seq % HEAD_EVERY == 0:
                            store.note("stream.head", _mark(stream, event))
                        known = Position(event.seq, event.hash)
                        events.append(event)
            except BaseException as error:
                store.failed(stream, error)
                raise
            store.remember(stream, known)
        return events

    def read(self, stream: str, after: int = 0) -> list[Event]:
        """The events of a stream with a seq above ``after``, long texts in place, upcast.

        An unknown stream has none. Nothing is verified here. Raises ``BlobMissing``.
        """
        store = self.store
        with store.database.reading():
            rows = store.database.rows(store.ask.events, stream, after)
            return [self._event(row) for row in rows]

    def head(self, stream: str) -> Head | None:
        """The last event's seq and hash as the database has them; ``None`` for no such stream."""
        with self.store.database.lock:
            position = self.store.position(stream, fresh=True)
        return Head(position.seq, position.hash) if position.seq else None

    def streams(self) -> list[StreamInfo]:
        """All streams but the catalogue, in the order in which they were opened."""
        with self.store.database.reading():
            rows = self.store.database.rows(self.store.ask.heads)
        return [
            StreamInfo(stream, seq, head, opened_at, last_at, bool(closed), first_kind)
            for stream, seq, head, _, _, closed, first_kind, opened_at, last_at in rows
            if stream != CATALOGUE
        ]

    def close_stream(self, stream: str) -> None:
        """Record in the catalogue that the stream ends here; closing twice is one closing.

        Raises ``LedgerError`` for a stream without events.
        """
        store = self.store
        with store.database.lock:
            store.require_writable()
            position = store.position(stream, fresh=True)
            if not position.seq or stream == CATALOGUE:
                raise LedgerError(f"there is no stream {stream!r} to close: check its name")
            if position.closed:
                return
            with store.writing(stream):
                store.note("stream.closed", _mark(stream, position))
                closed = store.close(stream, position)
            store.remember(stream, closed)

    def holding(self, stream: str) -> contextlib.AbstractContextManager[None]:
        """Be the only one that works on a stream, on any machine, as long as the block lasts.

        For a ledger on a server; one in a file is held by nobody. Raises ``StreamHeld``.
        """
        return holding.held(self.store.database, stream)

    def holder(self, stream: str) -> str | None:
        """Who holds a stream, in words; None where nobody does."""
        return holding.holder(self.store.database, stream)

    def evict(self, stream: str) -> str | None:
        """Cut off who holds a stream: it can append nothing more. Returns who that was, or None.

        Raises ``LedgerUnavailable`` where the server does not let this user do that.
        """
        return holding.evict(self.store.database, stream)

    def put_text(self, text: str) -> str:
        """Keep a text by itself and return its name, ``sha256:`` and 64 hex digits."""
        content = blobs.text_bytes(text)
        name = blobs.blob_name(content)
        store = self.store
        with store.database.lock:
            store.require_writable()
            with store.writing(CATALOGUE):
                store.note("blob.put", {"name": name})
                store.put_blob(name, content)
        return name

    def get_text(self, name: str) -> str:
        """The text with this name. Raises ``BlobMissing``."""
        with self.store.database.reading():
            return self.store.text(name)

    def require_key(self) -> None:
        """Refuse a ledger whose key in force is another than the one it was opened with.

        Under another one, or none, what is read cannot be checked. Raises ``KeyMismatch``.
        """
        with self.store.database.reading():
            self.store.require_key()

    def change_key(self, new_key: bytes) -> None:
        """Put the ledger under ``new_key`` from here on; also how an unkeyed one gets its key.

        The change is recorded under the old key, and the heads of all streams under the new one,
        so that what was written before can no longer be rewritten unseen. Keep the old key: what
        was written under it can only be verified with it. Other processes must reopen.
        """
        signer = Signer.of(new_key)
        store = self.store
        with store.database.lock:
            store.require_writable()
            old = store.signer
            if signer.key_id == old.key_id:
                raise KeyMismatch(f"the ledger {self.place} is under this key already")
            try:
                with store.writing(CATALOGUE, durable=True):
                    store.take_key(signer)
            except BaseException:
                store.signer = old
                raise

    def _event(self, row: tuple[Any, ...]) -> Event:
        stream, seq, at, kind, v, alg, key_id, text, prev, digest = row
        body = blobs.unpack(text, self.store.text)
        while (upcast := self._upcasters.get((kind, v))) is not None:
            body, v = upcast(body), v + 1
        return Event(stream, seq, at, kind, v, alg, key_id, body, prev, digest)


def _create(store: Store) -> None:
    with store.database.lock:
        if store.position(CATALOGUE).seq:
            return
        # Another process may be first after this look, before the lock or (PostgreSQL) after it.
        with contextlib.suppress(StreamConflict), store.writing(CATALOGUE):
            if not store.position(CATALOGUE, fresh=True).seq:
                store.note("ledger.created", {"layout": 1})


def _mark(stream: str, at: Position | Event) -> dict[str, Any]:
    return {"stream": stream, "seq": at.seq, "hash": at.hash}


def _expect(stream: str, expected_seq: int, known: Position) -> None:
    if known.seq != expected_seq:
        raise StreamConflict(
            f"stream {stream} is at event {known.seq}, not at {expected_seq}: "
            "somebody else appended; read it again"
        )


@functools.lru_cache(maxsize=1024, typed=True)
def _check_names(stream: str, kind: str, v: int) -> None:
    if stream == CATALOGUE:
        raise NotRecordable("the stream 'catalogue' is the ledger's own: choose another name")
    for what, name in (("stream", stream), ("kind", kind)):
        if not name or not name.isprintable() or len(name) > _NAME_LIMIT:
            raise NotRecordable(f"{what} {name!r:.80} is not 1 to 200 printable characters")
    if v < 1:
        raise NotRecordable(f"version {v} of kind {kind} is below 1")
