"""One stream's chain: does each event follow from the one before, under the key in force?

Here lives the walk over a stream's rows and the naming of what was done to them. What the
catalogue and the recorded heads say about the stream is compared in ``verify``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trading_tools.audit.blobs import references
from trading_tools.audit.chain import Signer
from trading_tools.audit.errors import NotRecordable
from trading_tools.audit.event import PLAIN, preimage

Row = tuple[Any, ...]  # stream, seq, at, kind, v, alg, key_id, body text, prev, hash
InForce = tuple[tuple[int, str, str], ...]  # after which seq, algorithm, key id

NOT_CHECKABLE = "not checkable:"
_NEIGHBOURHOOD = 64  # how far from its place a renumbered event is looked for
_SEARCHES = 32  # for how many events of a stream


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, at which event of which stream (``seq`` 0: with the stream as a whole)."""

    stream: str
    seq: int
    problem: str


@dataclass(slots=True)
class Chain:
    """What was read of a stream. ``blamed`` are the events that a problem names already."""

    problems: list[Problem] = field(default_factory=list)
    blamed: set[int] = field(default_factory=set)
    hashes: dict[str, int] = field(default_factory=dict)
    texts: list[tuple[int, str]] = field(default_factory=list)
    last_seq: int = 0
    last_hash: str = ""
    by_seq: dict[int, str] = field(default_factory=dict)

    def hash_at(self, seq: int) -> str | None:
        """The stored hash of an event; ``None`` where there is none."""
        return self.by_seq.get(seq)


def read_chain(
    stream: str, rows: Iterable[Row], in_force: InForce, signers: Mapping[str, Signer]
) -> Chain:
    """Walk the rows of a stream, in order of their seq, and name what does not hold."""
    walk = _Walk(stream, in_force, signers)
    for row in rows:
        walk.step(row)
    walk.name_suspects()
    walk.name_unchecked()
    return walk.chain


class _Walk:
    def __init__(self, stream: str, in_force: InForce, signers: Mapping[str, Signer]) -> None:
        self.chain = Chain()
        self._stream = stream
        self._in_force = in_force
        self._signers = signers
        self._suspects: list[tuple[Row, Signer]] = []
        self._unchecked: dict[str, list[int]] = {}
        self._broken = False

    def step(self, row: Row) -> None:
        chain, seq = self.chain, row[1]
        expected = chain.last_seq + 1
        if not isinstance(seq, int) or seq < expected:
            self._found(expected, f"inserted event: its number {seq!r} is none that is due here")
            return
        gap = seq > expected
        if gap:
            which = (
                f"event {expected} is" if seq == expected + 1 else f"{expected} to {seq - 1} are"
            )
            self._found(expected, f"deleted event: {which} missing")
        before, broken = chain.last_hash, self._broken
        self._broken = not self._holds(row)
        if not (gap or broken or self._broken) and row[8] != before:
            self._found(seq, "inserted or replaced event: it does not follow from the one before")
        chain.last_seq, chain.last_hash = seq, row[9]
        chain.by_seq[seq] = row[9]
        chain.hashes[row[9]] = seq
        self._note_texts(row)

    def _holds(self, row: Row) -> bool:
        seq, alg, key_id = row[1], row[5], row[6]
        for due in reversed(self._in_force):
            if due[0] < seq or due[0] == 0:
                break
        _, due_alg, due_key = due
        if (alg, key_id) != (due_alg, due_key):
            if alg == PLAIN:
                self._found(seq, f"downgrade: the event is unkeyed where key {due_key} is in force")
            else:
                self._found(
                    seq, f"altered event: under {alg!r} with key {key_id!r}, due was {due_alg!r}"
                )
            return False
        signer = self._signers.get(due_key)
        if signer is None and alg == PLAIN:
            signer = Signer()
        if signer is None:
            self._unchecked.setdefault(due_key, []).append(seq)
            return True
        if _digest(row, seq, signer) != row[9]:
            self._suspects.append((row, signer))
            return False
        return True

    def name_suspects(self) -> None:
        """Say of each event whose hash does not hold whether it was altered or only moved."""
        places = self._original_places()
        moved = [(row[1], places[row[9]]) for row, _ in self._suspects if row[9] in places]
        permuted = sorted(now for now, _ in moved) == sorted(then for _, then in moved)
        last_shift = 0
        for row, _ in self._suspects:
            now, then = row[1], places.get(row[9])
            self.chain.blamed.add(now)
            if then is None:
                last_shift = 0
                self._found(now, "altered event: its content does not match its hash")
            elif permuted:
                self._found(now, f"reordered event: it was written as event {then}")
            elif now - then != last_shift:
                last_shift = now - then
                done = (
                    "inserted event: one was put in"
                    if last_shift > 0
                    else ("deleted event: one was taken out")
                )
                self._found(now, f"{done} before this one, which was written as event {then}")

    def _original_places(self) -> dict[str, int]:
        suspect_hashes = {row[9] for row, _ in self._suspects}
        places = {"": 0} | {
            digest: seq for digest, seq in self.chain.hashes.items() if digest not in suspect_hashes
        }
        known = set(places)
        after: dict[str, list[tuple[Row, Signer]]] = {}
        for suspect in self._suspects:
            after.setdefault(suspect[0][8], []).append(suspect)
        waiting = [digest for digest in after if digest in places]
        searches = 0
        for row, signer in [*self._suspects]:
            self._follow(waiting, after, places)
            if row[9] in places or searches >= _SEARCHES:
                continue
            searches += 1
            for shift in range(-_NEIGHBOURHOOD, _NEIGHBOURHOOD + 1):
                then = row[1] + shift
                if shift and then > 0 and _digest(row, then, signer) == row[9]:
                    places[row[9]] = then
                    waiting.append(row[9])
                    break
        self._follow(waiting, after, places)
        return {digest: place for digest, place in places.items() if digest not in known}

    @staticmethod
    def _follow(
        waiting: list[str], after: Mapping[str, list[tuple[Row, Signer]]], places: dict[str, int]
    ) -> None:
        while waiting:
            before = waiting.pop()
            for row, signer in after.get(before, ()):
                then = places[before] + 1
                if row[9] not in places and _digest(row, then, signer) == row[9]:
                    places[row[9]] = then
                    waiting.append(row[9])

    def name_unchecked(self) -> None:
        for key_id, seqs in self._unchecked.items():
            self._found(
                seqs[0],
                f"not checkable: {len(seqs)} events from here are under key {key_id}, "
                "which was not given",
            )

    def _note_texts(self, row: Row) -> None:
        try:
            self.chain.texts += [(row[1], str(name)) for name in references(row[7])]
        except (ValueError, TypeError):
            # Not the JSON that was written: the hash has told so already.
            return

    def _found(self, seq: int, problem: str) -> None:
        self.chain.blamed.add(seq)
        self.chain.problems.append(Problem(str(self._stream), seq, problem))


def _digest(row: Row, seq: int, signer: Signer) -> str | None:
    stream, _, at, kind, v, alg, key_id, body, prev, _ = row
    try:
        return signer.digest(preimage(stream, seq, at, kind, v, alg, key_id, body, prev))
    except NotRecordable:
        return None
