"""A ledger as a file of JSON lines, for auditors and for moving it.

Here live writing the lines, verifying them without a database, and building a ledger from them.
A line is an object with one of the keys ``format`` (the first), ``head``, ``blob``, ``event``
and ``end`` (the last, with the counts). Events are canonical JSON in their stored form, so
anybody can check the chain with the rule in ``event.preimage``.
"""

import json
from collections.abc import Collection, Generator, Iterable, Mapping
from pathlib import Path
from typing import Any

from trading_tools.audit import blobs
from trading_tools.audit.chain import Signer
from trading_tools.audit.database import Database
from trading_tools.audit.errors import ExportInvalid, LedgerCorrupt, LedgerError
from trading_tools.audit.event import canonical_json
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.links import Row
from trading_tools.audit.statements import Statements
from trading_tools.audit.store import CATALOGUE
from trading_tools.audit.verify import Contents, RecordedHead, Verification, judge

FORMAT = "trading_tools.audit/1"
_EVENT = ("stream", "seq", "at", "kind", "v", "alg", "key_id", "body", "prev", "hash")
_HEAD = (
    "stream",
    "seq",
    "hash",
    "key_id",
    "seal",
    "closed",
    "first_kind",
    "opened_at",
    "last_at",
)


def export_lines(
    ledger: Ledger, streams: Collection[str] | None = None
) -> Generator[str, None, None]:
    """The ledger, or the catalogue and the named streams, as lines without line ends.

    All lines are of one moment; the ledger cannot be written through this handle meanwhile.
    Raises ``LedgerError`` for an unknown stream and ``LedgerCorrupt`` for a text that is none.
    """
    store = ledger.store
    wanted = None if streams is None else {CATALOGUE, *streams}
    with store.database.reading():
        heads = store.database.rows(store.ask.heads)
        names = [head[0] for head in heads]
        if unknown := sorted((wanted or set()).difference(names)):
            raise LedgerError(f"the ledger {ledger.place} has no stream {unknown[0]!r} to export")
        only = None if streams is None else sorted(streams)
        yield canonical_json({"format": FORMAT, "streams": only})
        chosen = [name for name in names if wanted is None or name in wanted]
        for head in heads:
            if head[0] in chosen:
                yield canonical_json({"head": dict(zip(_HEAD, head, strict=True))})
        needed = None if wanted is None else _needed_texts(ledger, chosen)
        for name, content in store.database.stream(store.ask.blobs):
            if needed is None or name in needed:
                yield canonical_json({"blob": name, "text": _text(ledger, name, content)})
        events = 0
        for stream in chosen:
            for row in store.database.stream(store.ask.all_events, stream):
                events += 1
                yield _event_line(row)
        yield canonical_json({"end": {"events": events, "streams": len(chosen)}})


def verify_lines(
    lines: Iterable[str], *, keys: Iterable[bytes] = (), heads: Mapping[str, str] | None = None
) -> Verification:
    """Verify an exported file as ``verify`` does a ledger; ``keys`` begins with the one in force.

    A partial export is verified for the streams it holds. Raises ``ExportInvalid`` for a file
    that is no export, or a cut one.
    """
    signers = list(map(Signer.of, keys)) or [Signer()]
    return judge(_Read(lines).contents(), signers, heads or {})


def import_lines(lines: Iterable[str], path: Path) -> None:
    """Build a new ledger file from a full export, hashes and all, to be opened with its key.

    Nothing is verified or mended: verify the file before or the ledger afterwards. Raises
    ``ExportInvalid`` for a file that is no export, a cut or a partial one, and ``LedgerError``
    if there is something at ``path`` already.
    """
    read = _Read(lines)
    if read.only is not None:
        raise ExportInvalid("a partial export cannot become a ledger: export it without a choice")
    if path.exists():
        raise LedgerError(f"{path} exists: import into a new file, ledgers are not merged")
    database = Database(path, read_only=False)
    try:
        ask = Statements(database.dialect)
        with database.writing():
            for name, content in read.blobs.items():
                database.run(ask.insert_blob, (name, content))
            for head in read.heads.values():
                database.run(ask.insert_head, tuple(head.values()))
            for rows in read.events.values():
                for row in rows:
                    database.run(ask.insert_event, row)
    finally:
        database.close()


class _Read:
    """An exported file, read into memory and checked for its form."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.heads: dict[str, dict[str, Any]] = {}
        self.blobs: dict[str, bytes] = {}
        self.events: dict[str, list[Row]] = {}
        self.only: frozenset[str] | None = None
        self._ends: list[Any] = []
        number = 0
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    self._take(number, json.loads(line))
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise ExportInvalid(
                        f"line {number} of the export is damaged ({error}): get the file again"
                    ) from error
        if not self._ends:
            raise ExportInvalid(
                f"the export stops at line {number} without its end line: get the file again"
            )
        for rows in self.events.values():
            rows.sort(key=lambda row: row[1])

    def contents(self) -> Contents:
        heads = {
            stream: RecordedHead(
                head["seq"], head["hash"], head["key_id"], head["seal"], head["closed"]
            )
            for stream, head in self.heads.items()
        }
        return Contents(
            heads,
            tuple(self.events),
            lambda stream: self.events.get(stream, []),
            lambda: self.blobs.items(),
            self.only,
        )

    def _take(self, number: int, line: dict[str, Any]) -> None:
        if number == 1:
            if line.get("format") != FORMAT:
                raise ExportInvalid(
                    f"the file is no ledger export of format {FORMAT}: its first line does not "
                    "say so; export with this version"
                )
            self.only = None if line["streams"] is None else frozenset(line["streams"])
        elif "event" in line:
            event = line["event"]
            row = [event[name] for name in _EVENT]
            row[1], row[7] = int(row[1]), canonical_json(row[7])
            self.events.setdefault(str(row[0]), []).append(tuple(row))
        elif "blob" in line:
            self.blobs[line["blob"]] = blobs.text_bytes(line["text"])
        elif "head" in line:
            head = line["head"]
            self.heads[head["stream"]] = {name: head[name] for name in _HEAD}
        elif "end" in line:
            self._ends.append(line["end"])
        else:
            raise ExportInvalid(f"line {number} of the export is of no known kind: get it again")


def _event_line(row: Row) -> str:
    stream, seq, at, kind, v, alg, key_id, body, prev, digest = row
    text = canonical_json
    return (
        f'{{"event":{{"alg":{text(alg)},"at":{text(at)},"body":{body},"hash":{text(digest)},'
        f'"key_id":{text(key_id)},"kind":{text(kind)},"prev":{text(prev)},"seq":{text(seq)},'
        f'"stream":{text(stream)},"v":{text(v)}}}}}'
    )


def _needed_texts(ledger: Ledger, streams: Iterable[str]) -> set[str]:
    store = ledger.store
    needed: set[str] = set()
    for stream in streams:
        for row in store.database.stream(store.ask.all_events, stream):
            needed.update(blobs.references(row[7]))
            if row[3] == "blob.put":
                needed.add(json.loads(row[7])["name"])
    return needed


def _text(ledger: Ledger, name: str, content: bytes) -> str:
    try:
        return blobs.bytes_text(content)
    except UnicodeDecodeError as error:
        raise LedgerCorrupt(
            f"the ledger {ledger.place}: blob {name} is damaged; verify the ledger"
        ) from error
