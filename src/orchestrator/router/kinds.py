"""What kind of job a request is: the kind whose cues weigh most.

Grammar only, no subject. The cues themselves are in `cues`; what a kind means for a run is decided
elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.router.cues import (
    ACTS,
    ASKING,
    CUES,
    DEMANDS,
    HASTY,
    KINDS,
    NO_ACT,
    PERHAPS_ASKING,
    POLITE,
    REFUSED,
    Kind,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.!?;:])\s+|\n+|\s[-–—]+\s")
_PERIOD = re.compile(r"(?<=[.!?])\s+|\n+")
# After a verb in a list these show that it is a noun there ("orders, fills and audit in Postgres").
_NOUN = re.compile(r"\s*(?:$|[,.;)]|(?:in|of|and|or|from|is|are)\b)")
_PART = re.compile(
    r"(?<=[.!?;:])\s+|\n+|\s[-–—]+\s|,?\s+(?:but|only|though|however|what i)\s+", re.IGNORECASE
)
_CLAUSE = re.compile(r",\s*(?:(?:and|then|so)\s+)*|\s+(?:and|then)\s+(?:then\s+)?")
_FORMULA = re.compile(r"\b\w+\s*=[^=\n]*[*/+()-]")

_DEMAND_FIRST = 3.0
_DEMAND_LATER = 2.0
_QUESTION_WORD = 1.5
_QUESTION_MARK = 2.0
_FORMULA_CHECKED = 3.5


@dataclass(frozen=True)
class KindGuess:
    """The likeliest kind and what spoke for it; without cues it is only a default."""

    kind: Kind
    cues: tuple[str, ...]


def kind_of(request: str) -> KindGuess:
    """The kind of `request`; without any cue `implement`, the commonest."""
    text = _CODE.sub(" ", request.lower().replace("\u2019", "'"))
    sentences = [part.strip() for part in _SENTENCE.split(text) if part and part.strip()]
    order = next((part for part in _orders(text)), None)
    if order is not None:
        return KindGuess("act", (order[:40],))
    found: dict[Kind, dict[str, float]] = {kind: {} for kind in KINDS}
    for sentence in sentences:
        for kind, cue, weight in _cues(sentence):
            found[kind].setdefault(cue, weight)
    if "?" in text:
        found["answer"]["a question mark"] = _QUESTION_MARK
    if _FORMULA.search(request) and (found["validate"] or "check" in text):
        found["validate"]["a formula"] = _FORMULA_CHECKED
    weights = {kind: sum(cues.values()) for kind, cues in found.items()}
    best = max(KINDS, key=lambda kind: weights[kind])
    return KindGuess(best, tuple(found[best])) if weights[best] else KindGuess("implement", ())


def parts_of(text: str) -> list[str]:
    """The sentences of `text`, split also where one turns round ("it works, but …")."""
    return [part for part in _PART.split(text) if part and part.strip()]


def _cues(sentence: str) -> Iterator[tuple[Kind, str, float]]:
    """What speaks for which kind in a sentence: demands and questions by place, turns anywhere."""
    for place, clause in enumerate(_CLAUSE.split(sentence)):
        if REFUSED.match(clause.strip()):
            continue
        plain = _plain(clause)
        for kind, pattern in DEMANDS:
            match = pattern.match(plain)
            if match and not (place and _NOUN.match(plain[match.end() :])):
                yield kind, match[0], _DEMAND_LATER if place else _DEMAND_FIRST
        if not place and (match := _question(plain, sentence)):
            yield "answer", match[0], _QUESTION_WORD
    wanted = REFUSED.sub(" ", sentence)
    for cue in CUES:
        if match := cue.pattern.search(wanted):
            yield cue.kind, f"… {match[0][:40].strip()}", cue.weight


def _question(plain: str, sentence: str) -> re.Match[str] | None:
    """The word that makes a question of a sentence ("what is missing:" is none)."""
    if sentence.endswith(":"):
        return None
    perhaps = PERHAPS_ASKING if "?" in sentence else HASTY
    return ASKING.match(plain) or perhaps.match(plain)


def _plain(clause: str) -> str:
    polite = POLITE.match(clause)
    return clause[polite.end() if polite else 0 :].strip()


def _orders(text: str) -> Iterator[str]:
    """The parts of `text` that give an order now; what a rule or a program does is none."""
    for period in _PERIOD.split(text):
        if NO_ACT.search(period):
            continue
        for part in _SENTENCE.split(period):
            if any(act.match(_plain(part)) for act in ACTS):
                yield part
