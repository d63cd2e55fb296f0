"""Verification: is this ledger what was written, and if not, what was done to it?

Here lives the judgement of a whole ledger: the catalogue's book, each stream against it, blobs,
heads. One stream's chain is in ``links``. Reading an exported file is in ``export``.

What cannot be found: an unkeyed ledger (or a part written before it got its key, while it had
none) that was rewritten as a whole, hashes and catalogue included; and an older copy of the
whole ledger in place of the present one. Against the first use a key, against the second keep a
head elsewhere (a commit trailer, another machine) and pass it as ``heads``.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from trading_tools.audit import blobs
from trading_tools.audit.chain import Signer
from trading_tools.audit.errors import Altered, LedgerCorrupt
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.links import NOT_CHECKABLE, Chain, InForce, Problem, Row, read_chain
from trading_tools.audit.store import CATALOGUE


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict. ``events`` and ``streams`` count what was looked at, the catalogue included."""

    valid: bool
    events: int
    streams: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class RecordedHead:
    """A stream's head as the ledger keeps it apart from the events; unchecked, as found."""

    seq: object
    hash: str
    key_id: str
    seal: str
    closed: int


@dataclass(frozen=True, slots=True)
class Contents:
    """A ledger's rows, wherever they come from. ``only`` names the streams of a partial export."""

    heads: Mapping[str, RecordedHead]
    streams: tuple[str, ...]
    rows: Callable[[str], Iterable[Row]]
    blobs: Callable[[], Iterable[tuple[str, bytes]]]
    only: frozenset[str] | None = None


@dataclass(slots=True)
class _Book:
    """What the catalogue says about the streams."""

    opened: dict[str, int] = field(default_factory=dict)
    marks: dict[str, dict[int, str]] = field(default_factory=dict)
    closed: dict[str, int] = field(default_factory=dict)
    texts: list[tuple[int, str]] = field(default_factory=list)
    keys: list[tuple[str, str]] = field(default_factory=list)
    key_starts: list[dict[str, int]] = field(default_factory=list)

    def in_force(self, stream: str) -> InForce:
        """From which seq on (exclusive) which algorithm and key hold for a stream."""
        starts = [0, *(start.get(stream, 0) for start in self.key_starts)]
        return tuple((start, *key) for start, key in zip(starts, self.keys, strict=True))


def verify(
    ledger: Ledger, *, keys: Iterable[bytes] = (), heads: Mapping[str, str] | None = None
) -> Verification:
    """Check everything in the ledger, under the key it was opened with and earlier ``keys``.

    ``heads`` maps streams to hashes kept outside that each must contain. Found and named:
    altered, deleted, inserted and reordered events, shortened, deleted and inserted streams,
    a downgrade to unkeyed, altered and missing texts. Events under a key that was not given
    cannot be checked, which is a problem, not a pass. A damaged file is a problem too.
    """
    store = ledger.store
    signers = [store.signer, *map(Signer.of, keys)]
    try:
        with store.database.reading():
            return judge(_contents(ledger), signers, heads or {})
    except LedgerCorrupt as error:
        return Verification(False, 0, 0, (Problem("", 0, f"damaged: {error}"),))


def require_unaltered(ledger: Ledger, stream: str) -> None:
    """Refuse to go on from a stream whose chain does not hold, before anybody acts on it.

    Events under an earlier key are taken as they link; texts are checked where they are read.

    Raises:
        Altered: what was done to the stream.
    """
    signer = ledger.store.signer
    with ledger.store.database.reading():
        judgement = _Judgement(_contents(ledger), {signer.key_id: signer}, texts=False)
        judgement.read_stream(stream, judgement.read_catalogue(signer))
    for found in judgement.problems:
        if found.stream == stream and not found.problem.startswith(NOT_CHECKABLE):
            raise Altered(
                f"{stream}:{found.seq}: {found.problem.replace(': ', ' - ').replace('; ', ', ')}; "
                "go on from no altered record, `orc audit verify` tells what was done"
            )


def _contents(ledger: Ledger) -> Contents:
    store = ledger.store
    return Contents(
        {
            stream: RecordedHead(seq, head, key_id, seal, closed)
            for stream, seq, head, key_id, seal, closed, *_ in store.database.rows(store.ask.heads)
        },
        tuple(name for (name,) in store.database.rows(store.ask.names)),
        lambda stream: store.database.stream(store.ask.all_events, stream),
        lambda: store.database.stream(store.ask.blobs),
    )


def judge(
    contents: Contents, signers: Iterable[Signer], outside: Mapping[str, str]
) -> Verification:
    """The verdict on a ledger's contents; the first signer is the one that should be in force."""
    signers = list(signers)
    judgement = _Judgement(contents, {signer.key_id: signer for signer in signers})
    judgement.read_blobs()
    book = judgement.read_catalogue(signers[0])
    named = {*contents.streams, *contents.heads, *book.opened} - {CATALOGUE}
    for stream in sorted(named, key=str):
        if contents.only is None or stream in contents.only:
            judgement.read_stream(stream, book)
    judgement.compare_outside(outside)
    problems = tuple(sorted(judgement.problems, key=lambda found: (str(found.stream), found.seq)))
    return Verification(not problems, judgement.events, judgement.streams, problems)


class _Judgement:
    def __init__(
        self, contents: Contents, signers: Mapping[str, Signer], *, texts: bool = True
    ) -> None:
        self.problems: list[Problem] = []
        self.events = 0
        self.streams = 0
        self._checks_texts = texts
        self._contents = contents
        self._signers = signers
        self._bad_texts: set[str] = set()
        self._texts: set[str] = set()
        self._chains: dict[str, Chain] = {}

    def read_blobs(self) -> None:
        for name, content in self._contents.blobs():
            self._texts.add(name)
            if not isinstance(content, bytes) or blobs.blob_name(content) != name:
                self._bad_texts.add(name)
                self._found("", 0, f"altered text: blob {name} is not what its name says")

    def read_catalogue(self, signer: Signer) -> _Book:
        book = _Book()
        rows = list(self._contents.rows(CATALOGUE))
        first = (rows[0][5], rows[0][6]) if rows else (signer.alg, signer.key_id)
        book.keys.append((str(first[0]), str(first[1])))
        for row in rows:
            _note_key(book, row)
        chain = self._chain(CATALOGUE, rows, book)
        for row in rows:
            _note(book, row)
        if not rows:
            self._found(CATALOGUE, 0, "deleted stream: the catalogue is gone")
        elif rows[0][3] != "ledger.created":
            self._found(CATALOGUE, 1, "altered: the catalogue does not begin with the ledger")
        if book.keys[-1][1] != signer.key_id and not book.keys[-1][1]:
            self._found(
                CATALOGUE,
                chain.last_seq,
                f"downgrade: the ledger is not under the {signer.describe()} that was given; "
                "it was rewritten without a key, or never had this one",
            )
        self._compare_head(CATALOGUE, chain, book)
        for seq, name in book.texts:
            self._check_text(CATALOGUE, seq, name)
        return book

    def read_stream(self, stream: str, book: _Book) -> None:
        chain = self._chain(stream, self._contents.rows(stream), book)
        if not chain.last_seq:
            self._found(stream, 0, "deleted stream: the ledger records it, its events are gone")
            return
        if stream not in book.opened:
            self._found(stream, 0, "inserted stream: the catalogue does not record its opening")
        shortened = self._compare_head(stream, chain, book)
        for seq, recorded in sorted(book.marks.get(stream, {}).items()):
            if seq > chain.last_seq:
                if not shortened:
                    self._shortened(stream, chain, seq)
                shortened = True
            elif chain.hash_at(seq) not in (None, recorded) and seq not in chain.blamed:
                self._found(stream, seq, "rewritten: not the event that the catalogue recorded")
        closed_at = book.closed.get(stream)
        if closed_at is not None and chain.last_seq > closed_at:
            self._found(stream, closed_at + 1, "inserted event: the stream was closed before it")

    def compare_outside(self, outside: Mapping[str, str]) -> None:
        for stream, head in outside.items():
            chain = self._chains.get(stream)
            if chain is None or head not in chain.hashes:
                seq = chain.last_seq if chain else 0
                self._found(stream, seq, f"shortened or rewritten: no event has the head {head}")

    def _chain(self, stream: str, rows: Iterable[Row], book: _Book) -> Chain:
        chain = read_chain(stream, self._counted(rows), book.in_force(stream), self._signers)
        self.problems += chain.problems
        self.streams += chain.last_seq > 0
        self._chains[stream] = chain
        for seq, name in chain.texts:
            self._check_text(stream, seq, name)
        return chain

    def _counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self.events += 1
            yield row

    def _check_text(self, stream: str, seq: int, name: str) -> None:
        if not self._checks_texts:
            return
        if name in self._bad_texts:
            self._found(stream, seq, f"altered text: blob {name} is not what its name says")
        elif name not in self._texts:
            self._found(stream, seq, f"missing text: blob {name} is gone")

    def _compare_head(self, stream: str, chain: Chain, book: _Book) -> bool:
        """Compare the chain with the head kept apart; says whether it was found shortened."""
        head = self._contents.heads.get(stream)
        if head is None:
            self._found(stream, chain.last_seq, "altered: the record of the stream's head is gone")
            return False
        if not isinstance(head.seq, int):
            self._found(stream, chain.last_seq, f"altered: the head records event {head.seq!r}")
            return False
        if head.seq > chain.last_seq:
            self._shortened(stream, chain, head.seq)
            return True
        if head.seq < chain.last_seq:
            self._found(stream, head.seq + 1, "inserted event: it is behind the recorded head")
        elif chain.last_hash != head.hash and head.seq not in chain.blamed:
            self._found(stream, head.seq, "rewritten: not the event that the head records")
        key_id = book.keys[-1][1]
        signer = self._signers.get(key_id)
        if head.key_id != key_id:
            self._found(stream, head.seq, "downgrade: the head is not under the key in force")
        elif signer is not None and head.seal != signer.seal(stream, head.seq, head.hash):
            self._found(stream, head.seq, "shortened or rewritten: the head's seal does not hold")
        if head.closed != int(stream in book.closed):
            self._found(stream, head.seq, "altered: open or closed is not as the catalogue says")
        return False

    def _shortened(self, stream: str, chain: Chain, recorded: int) -> None:
        self._found(
            stream,
            chain.last_seq + 1,
            f"shortened stream: it ends at event {chain.last_seq}, {recorded} were recorded",
        )

    def _found(self, stream: str, seq: int, problem: str) -> None:
        self.problems.append(Problem(str(stream), seq, problem))


def _body(row: Row) -> dict[str, object]:
    """The body of a catalogue event; nothing for what is no object (its hash tells)."""
    try:
        body = json.loads(row[7])
    except (ValueError, TypeError):
        return {}
    return body if isinstance(body, dict) else {}


def _note_key(book: _Book, row: Row) -> None:
    body, kind = _body(row), row[3]
    if kind == "key.changed" and isinstance(row[1], int):
        book.keys.append((str(body.get("alg")), str(body.get("key_id"))))
        book.key_starts.append({CATALOGUE: row[1]})
    elif kind == "key.taken" and book.key_starts:
        heads = body.get("heads")
        for stream, head in heads.items() if isinstance(heads, dict) else ():
            match head:
                case [int(seq), str(digest)]:
                    book.key_starts[-1][stream] = seq
                    book.marks.setdefault(stream, {})[seq] = digest


def _note(book: _Book, row: Row) -> None:
    body, kind = _body(row), row[3]
    if not isinstance(row[1], int):
        return
    if kind == "blob.put":
        book.texts.append((row[1], str(body.get("name"))))
    stream, seq, head = str(body.get("stream")), body.get("seq"), body.get("hash")
    if kind == "stream.opened":
        book.opened[stream] = row[1]
    elif isinstance(seq, int) and isinstance(head, str):
        book.marks.setdefault(stream, {})[seq] = head
        if kind == "stream.closed":
            book.closed[stream] = seq
        elif kind == "stream.reopened":
            book.closed.pop(stream, None)
