"""Whether a request is one for a playbook, and what it gives for the playbook's slots.

A playbook takes a request only if every word of it is understood and in one way only: whatever asks
for more holds a word that the recipe does not know, and goes to a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from orchestrator.playbooks.format import Playbook, Slot
from orchestrator.playbooks.phrases import (
    FILLER,
    LINKS,
    MARKS,
    Elements,
    after_connectors,
    compiled,
    ends,
    halves,
    holds_any,
)
from orchestrator.playbooks.tokens import Token, tokens_of
from orchestrator.playbooks.values import Naming, Reading, read_symbol, read_value

MOST_READINGS = 400
"""Ways to read a part of a request that are followed; one with more is not understood."""

_NEVER_NEGATIVE = frozenset({"probability", "symbol", "choice", "text"})
"""Types of which nobody writes a value with a minus."""
_FILE = re.compile(r"\w[./]\w")
"""Within a text that is a file's name or path."""

Given = Mapping[str, Reading]


@dataclass(frozen=True, slots=True)
class Match:
    """A playbook that takes the request, and what the request gives."""

    playbook: Playbook
    given: Given

    @property
    def why(self) -> str:
        """Why it is taken, for a person to read."""
        name = self.playbook.name
        return f"the playbook {name} understands every word of the request and needs no model"


@dataclass(frozen=True, slots=True)
class Near:
    """A playbook that came near; `foreign` are the words that it does not understand."""

    playbook: Playbook
    foreign: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Tile:
    """A stretch of tokens up to `end` that is understood; it may give a slot."""

    end: int
    slot: str | None = None
    reading: Reading | None = None
    asks: bool = False


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to read the tokens so far."""

    given: tuple[tuple[str, Reading], ...] = ()
    asks: bool = False
    tiles: int = field(default=0, compare=False)

    def with_tile(self, tile: _Tile) -> _Way | None:
        """One tile further; None where a slot would have two values."""
        given = self.given
        if tile.slot is not None and tile.reading is not None:
            known = dict(given)
            before = known.get(tile.slot, tile.reading)
            if not before.agrees(tile.reading):
                return None
            known[tile.slot] = before if before.currency else tile.reading
            given = tuple(sorted(known.items(), key=lambda item: item[0]))
        return _Way(given, self.asks or tile.asks, self.tiles + 1)

    @property
    def cost(self) -> tuple[int, int]:
        """Problems first, then pieces: what is named beats what merely stands there."""
        problems = sum(bool(r.refused or r.unclear) for _, r in self.given)
        return problems, self.tiles


def match(request: str, playbooks: Iterable[Playbook]) -> Match | None:
    """The one playbook that takes the request; None for none, and where two would."""
    tokens = tokens_of(request)
    if not tokens:
        return None
    found = [one for playbook in playbooks if (one := _match(playbook, tokens))]
    return found[0] if len(found) == 1 else None


def near(request: str, playbooks: Iterable[Playbook]) -> tuple[Near, ...]:
    """The playbooks that understand what is asked but not every word of it, the nearest first."""
    tokens = tokens_of(request)
    if not tokens:
        return ()
    found = []
    for playbook in playbooks:
        foreign = _foreign(playbook, tokens)
        if foreign is not None:
            found.append(Near(playbook, foreign))
    return tuple(sorted(found, key=lambda one: (len(one.foreign), one.playbook.name)))


def further(playbook: Playbook, text: str, missing: tuple[str, ...]) -> Given | None:
    """What an answer to the question for `missing` gives; None where it is not understood."""
    tokens = tokens_of(text)
    if not tokens:
        return None
    if len(missing) == 1 and (bare := _bare(playbook.slots[missing[0]], tokens)) is not None:
        return {missing[0]: bare}
    way = _best(_ways(playbook, tokens))
    return dict(way.given) if way is not None and way.given else None


def _match(playbook: Playbook, tokens: tuple[Token, ...]) -> Match | None:
    if not holds_any(playbook.asks, tokens):
        return None
    way = _best([way for way in _ways(playbook, tokens) if way.asks])
    if way is None or (playbook.slots and _needs(playbook) and not way.given):
        return None
    return Match(playbook, dict(way.given))


def _needs(playbook: Playbook) -> bool:
    return any(slot.required for slot in playbook.slots.values())


def _best(ways: list[_Way]) -> _Way | None:
    """The cheapest way to read it, if it is the only one of its cost."""
    if not ways:
        return None
    least = min(way.cost for way in ways)
    cheapest = [way for way in ways if way.cost == least]
    readings = {tuple((name, r.text, r.shown) for name, r in way.given) for way in cheapest}
    return cheapest[0] if len(readings) == 1 else None


def _ways(playbook: Playbook, tokens: tuple[Token, ...]) -> list[_Way]:
    """All ways in which the tokens are understood to the last."""
    reached: list[dict[_Way, _Way]] = [{} for _ in range(len(tokens) + 1)]
    reached[0] = {_Way(): _Way()}
    for at in range(len(tokens)):
        if not reached[at]:
            continue
        tiles = list(_tiles(playbook, tokens, at))
        for way in list(reached[at].values()):
            for tile in tiles:
                longer = way.with_tile(tile)
                if longer is None:
                    continue
                known = reached[tile.end].get(longer)
                if known is None or longer.tiles < known.tiles:
                    reached[tile.end].pop(longer, None)
                    reached[tile.end][longer] = longer
                if len(reached[tile.end]) > MOST_READINGS:
                    return []
    return list(reached[-1].values())


def _foreign(playbook: Playbook, tokens: tuple[Token, ...]) -> tuple[str, ...] | None:
    """The fewest words to pass over; None where the playbook's question is not in the request."""
    if not holds_any(playbook.asks, tokens):
        return None
    best: list[tuple[str, ...] | None] = [None] * (len(tokens) + 1)
    best[0] = ()
    for at, token in enumerate(tokens):
        so_far = best[at]
        if so_far is None:
            continue
        steps = [(tile.end, so_far) for tile in _tiles(playbook, tokens, at)]
        for end, passed in (*steps, (at + 1, (*so_far, token.raw))):
            known = best[end]
            if known is None or len(passed) < len(known):
                best[end] = passed
    return best[-1]


def _tiles(playbook: Playbook, tokens: tuple[Token, ...], at: int) -> Iterator[_Tile]:
    token = tokens[at]
    if (token.word in FILLER and not token.joint) or token.raw in MARKS:
        yield _Tile(at + 1)
    if token.raw in "-/" and token.spaced and token.value is None:
        yield _Tile(at + 1)
    for phrase in playbook.asks:
        yield from (_Tile(end, asks=True) for end in ends(compiled(phrase), tokens, at))
    for phrase in playbook.words:
        yield from (_Tile(end) for end in ends(compiled(phrase), tokens, at))
    for name, slot in playbook.slots.items():
        for end, reading in _given(slot, tokens, at):
            yield _Tile(end, name, reading, asks=holds_any(playbook.asks, tokens[at:end]))


def _given(slot: Slot, tokens: tuple[Token, ...], at: int) -> Iterator[tuple[int, Reading]]:
    """Where tokens from `at` on give the slot: the end and the value."""
    for phrase, text in slot.words.items():
        for end in ends(compiled(phrase), tokens, at):
            shown = " ".join(token.raw for token in tokens[at:end])
            yield end, Reading(text, shown)
    if slot.alone and not _beside(slot, tokens, at):
        yield from _values(slot, tokens, at, "plain", named=False)
    namings: tuple[tuple[Naming, tuple[str, ...]], ...] = (
        ("plain", slot.named),
        ("reversed", slot.reversed),
        ("paired", slot.paired),
    )
    for naming, phrases in namings:
        for phrase in phrases:
            for before, after in halves(phrase):
                yield from _around(slot, tokens, at, naming, before, after)


def _beside(slot: Slot, tokens: tuple[Token, ...], at: int) -> bool:
    """Whether a word on either side says that the value at `at` is something else."""
    if slot.not_beside is None:
        return False
    words = compiled(slot.not_beside)[0].words
    sides = (reversed(tokens[:at]), tokens[at + 1 :])
    nearest = (next((t for t in side if (t.word or t.raw) not in LINKS), None) for side in sides)
    return any(token is not None and token.word in words for token in nearest)


def _around(
    slot: Slot,
    tokens: tuple[Token, ...],
    at: int,
    naming: Naming,
    before: Elements,
    after: Elements,
) -> Iterator[tuple[int, Reading]]:
    starts: set[int] = {at}
    if before:
        starts = {
            place for end in ends(before, tokens, at) for place in after_connectors(tokens, end)
        }
    for start in starts:
        for end, read in _values(slot, tokens, start, naming, named=True):
            reading = read if start == at else _signed(slot, tokens, start, read)
            if not after:
                yield end, reading
                continue
            places = {end, *([end + 1] if _is_of(tokens, end) else [])}
            for place in places:
                yield from ((last, reading) for last in ends(after, tokens, place))


def _signed(slot: Slot, tokens: tuple[Token, ...], at: int, read: Reading) -> Reading:
    """A value behind a hyphen that stands alone: a minus to some, a mark between to others."""
    if tokens[at - 1].raw != "-" or not read.text or slot.type in _NEVER_NEGATIVE:
        return read
    means = f"- {read.shown} can be read as {read.shown} or -{read.shown}"
    return Reading("", read.shown, unclear=means)


def _is_of(tokens: tuple[Token, ...], at: int) -> bool:
    return at < len(tokens) and tokens[at].word in ("of", "as")


def _values(
    slot: Slot, tokens: tuple[Token, ...], at: int, naming: Naming, *, named: bool
) -> Iterator[tuple[int, Reading]]:
    if at >= len(tokens):
        return
    token = tokens[at]
    if slot.type == "symbol":
        found = read_symbol(tokens[at:])
        if found is not None and (named or found[0].text != tokens[at].raw or len(token.raw) > 5):
            yield at + found[1], found[0]
    elif slot.type == "text":
        if token.raw not in MARKS:
            end = at + 1
            while end < len(tokens) and not tokens[end].spaced and _goes_on(tokens, end):
                end += 1
            text = "".join(f"{t.joint}{t.raw}" for t in tokens[at:end])
            if named or _FILE.search(text):
                yield end, Reading(text, text)
    elif (reading := read_value(slot.type, token, naming)) is not None:
        bare = token.value is not None and token.value.unit != "money"
        if named or not (slot.type == "money" and bare):
            yield at + 1, reading


def _goes_on(tokens: tuple[Token, ...], at: int) -> bool:
    """Whether a text goes on here: a mark ends it, but for a dot within, as in a file's name."""
    if tokens[at].raw != ".":
        return tokens[at].raw not in MARKS
    following = tokens[at + 1 : at + 2]
    return bool(following) and not following[0].spaced and following[0].raw not in MARKS


def _bare(slot: Slot, tokens: tuple[Token, ...]) -> Reading | None:
    """The value of an answer that is nothing but the value."""
    naming: Naming = "plain"
    found = [
        reading
        for end, reading in _values(slot, tokens, 0, naming, named=True)
        if all(token.raw in MARKS for token in tokens[end:])
    ]
    for phrase, text in slot.words.items():
        if len(tokens) in ends(compiled(phrase), tokens, 0):
            found.append(Reading(text, text))
    return found[0] if found else None
