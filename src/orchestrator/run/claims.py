"""Figures and citations in what an agent says.

By which words a number shows that it claims something is `claim_words`; whether anything recorded
supports it is `recorded`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from orchestrator.run.claim_words import (
    ANSWERING,
    CHOOSING,
    CLAIMING,
    COUNTED,
    DECLARED_AFTER,
    DECLARED_BEFORE,
    DOWNWARD,
    GIVEN,
    GIVEN_AFTER,
    HEDGED,
    MEASURED,
    NOT_FIGURES,
    PERIOD,
    RESULTING,
    STATED,
    TESTED,
)
from orchestrator.run.numerals import (
    EXACT,
    NUMERAL,
    Scale,
    half_unit_of,
    magnitude_of,
    scale_of,
    sign_of,
    value_of,
)

CITATION = re.compile(r"\[r(\d{1,9})\]")

TRIVIAL = 20
"""A whole number up to this that counts things or stands alone is not worth listing."""

_BEFORE, _AFTER = 60, 40  # characters of a sentence that are looked at on each side of a number

_GOES_ON = re.compile(r"\w|[.,:]\d|-[A-Za-z]")
_DIGIT = re.compile(r"\d")
_CODE = re.compile(r"```(.*?)```|`([^`\n]*)`", re.DOTALL)
_LANGUAGE = re.compile(r"(?!text|txt|output|console|math|markdown|md\b)[A-Za-z]\w*[^\S\n]*\n")
_SUM = re.compile(r"[\d.)]\s*[-−+*/×÷^]\s*[\d.(].*[=≈]|≈")
_ASSIGNED = re.compile(r"^\s*\w{1,2}\*?\s=\s[-−]?[\d.]+\s*%?\s*$")
_SENTENCE = re.compile(r"\S.*?(?:(?<!e\.g)(?<!i\.e)(?<!approx)(?<!vs)(?<!ca)[.!?;](?=\s)|$)")
_CLAUSE = re.compile(r"[,;:()]|\b(?:but|and|while|because|so|whereas)\b")
_RANGE = re.compile(r"\s?(?:[-–—/]|to|or)\s?|\sand\s")
_LEAD = re.compile(r":\W*$")
_LISTED = re.compile(r"\s*(?:[-*+•|>]|\d{1,3}[.)]\s|\s\s)")
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as it stands in a text.

    `half` is half a unit of its last stated digit. `sign` is empty where none is stated; `downward`
    says that words of the sentence carry a minus. `claims`: it reads like a result, not a choice.
    `given`: it claims, but as something that a calculation was given. `ratio` is the worth, without
    sign, of what is written as a fraction of whole numbers, such as 65/2.
    """

    text: str
    value: Decimal
    half: Decimal
    scale: Scale
    sign: Literal["", "+", "-"]
    downward: bool
    claims: bool
    given: bool
    ratio: Fraction | None
    sentence: str


def cited_receipts(*texts: str) -> tuple[int, ...]:
    """The receipts that the texts cite, each once, in order of their first mention."""
    return tuple(dict.fromkeys(int(n) for text in texts for n in CITATION.findall(text)))


def figures(text: str) -> tuple[Figure, ...]:
    """The figures of `text`, in order.

    Code, versions, dates, line numbers, list numbers, ids and citations are none, neither are small
    numbers that merely count things.
    """
    return tuple(
        figure
        for line, context in _lines(_CODE.sub(_without_code, text))
        for figure in _figures_of_line(line, context)
    )


@dataclass(frozen=True, slots=True)
class _Tone:
    """What the words of a text say about its numbers."""

    hedged: bool
    claiming: bool
    downward: bool

    @classmethod
    def of(cls, text: str) -> _Tone:
        low = text.lower()
        found = (pattern.search(low) is not None for pattern in (HEDGED, CLAIMING, DOWNWARD))
        return cls(*found)


_tone = lru_cache(maxsize=8)(_Tone.of)


def _without_code(match: re.Match[str]) -> str:
    """Code is blanked, but for a number that stands alone and for sums."""
    if match[1] is None:
        return _sums_of(f" {match[2]} ", _SUM, _ASSIGNED)
    if _LANGUAGE.match(match[1]):
        return "\n" * match[1].count("\n")
    return "\n".join(_sums_of(line, _SUM) for line in match[1].split("\n"))


def _sums_of(line: str, *kept: re.Pattern[str]) -> str:
    plain = _is_figure_alone(line) or any(pattern.search(line) for pattern in kept)
    return line if plain else " " * len(line)


def _is_figure_alone(line: str) -> bool:
    return NUMERAL.fullmatch(line.strip()) is not None


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Each line with what else says what it is about: the line that leads in, a table's head."""
    lead, head = "", ""
    for line in text.split("\n"):
        if not line.strip():
            head = ""
            continue
        row = line.lstrip().startswith("|")
        listed = row or _LISTED.match(line) is not None
        yield line, f"{head} {lead if listed else ''}"
        head = (head or line[:500]) if row else ""
        if not listed:
            lead = line[-500:] if _LEAD.search(line[-20:]) else ""


def _figures_of_line(line: str, context: str) -> Iterator[Figure]:
    if not _DIGIT.search(line):
        return
    plain = NOT_FIGURES.sub(lambda match: " " * len(match[0]), line)
    for match in _SENTENCE.finditer(line):
        yield from _figures(match[0], plain[match.start() : match.end()], context)


def _figures(sentence: str, plain: str, context: str) -> Iterator[Figure]:
    found = [
        (match, value)
        for match in NUMERAL.finditer(plain)
        if not _GOES_ON.match(plain, match.end()) and (value := value_of(match)) is not None
    ]
    if not found:
        return
    shown = " ".join(sentence[:400].split())[:160]
    around = _tone(context)
    own = _Tone.of(sentence)
    hedged, claiming = own.hedged or around.hedged, own.claiming or around.claiming
    bare = not _WORD.search(NUMERAL.sub(" ", sentence))
    bottom: re.Match[str] | None = None
    for place, (match, value) in enumerate(found):
        if match is bottom:
            continue
        bottom = _bottom(sentence, plain, found, place)
        last = bottom or match
        scale = scale_of(last) or _inherited(plain, found, place)
        before = sentence[max(0, match.start() - _BEFORE) : match.start()]
        after = sentence[last.end() : last.end() + _AFTER]
        small = _small(match, scale) and (bottom is None or _small(bottom, scale))
        declared = DECLARED_AFTER.match(after) or DECLARED_BEFORE.search(before)
        claims = (
            not hedged
            and not declared
            and _claims(match, scale, before, after, claiming=claiming, bare=bare, small=small)
        )
        if not claims and (small if bottom else _is_trivial(match, value, scale)):
            continue
        ratio = Fraction(int(match["digits"]), int(bottom["digits"])) if bottom else None
        exponent = magnitude_of(match)
        if ratio:
            value = Decimal(ratio.numerator) / ratio.denominator
        yield Figure(
            text=plain[match.start() : last.end()].strip(),
            value=value.scaleb(exponent, context=EXACT),
            half=half_unit_of(match, value, before).scaleb(exponent, context=EXACT),
            scale=scale or "plain",
            sign=sign_of(match),
            downward=own.downward or around.downward,
            claims=claims,
            given=claims and _is_given(before, after),
            ratio=ratio,
            sentence=shown,
        )


def _bottom(
    sentence: str, plain: str, found: list[tuple[re.Match[str], Decimal]], place: int
) -> re.Match[str] | None:
    """The number below the line of a fraction; "3/3 tests" counts and is none."""
    match = found[place][0]
    if (
        place + 1 == len(found)
        or not match["digits"].isdigit()
        or match.end() != match.end("digits")
    ):
        return None
    below = found[place + 1][0]
    if plain[match.end() : below.start("digits")] != "/" or not below["digits"].isdigit():
        return None
    if match["currency"] or below["power"] or below["magnitude"] or not found[place + 1][1]:
        return None
    chain = "/" in (plain[match.start() - 1 : match.start()], plain[below.end() : below.end() + 1])
    return None if chain or MEASURED.match(sentence[below.end() :]) else below


def _claims(
    match: re.Match[str],
    scale: Scale | None,
    before: str,
    after: str,
    *,
    claiming: bool,
    bare: bool,
    small: bool,
) -> bool:
    """Whether a number that is not hedged claims a calculation, a measurement or market data."""
    marked = bool(scale or match["currency"] or match["money"])
    if claiming:
        return bare or not small or _small_claims(match, before, after)
    if bare or (not small and ANSWERING.search(before)):
        return True
    clause = _CLAUSE.split(before)[-1]
    return marked and not CHOOSING.search(clause.lower())


def _small_claims(match: re.Match[str], before: str, after: str) -> bool:
    """Whether a small whole number in a sentence that claims is one of its claims."""
    if match["unit"]:
        return not PERIOD.search(before)
    if MEASURED.match(after):
        return True
    return not COUNTED.match(after) and STATED.search(before) is not None


def _is_given(before: str, after: str) -> bool:
    clause = _CLAUSE.split(before)[-1]
    if TESTED.search(clause) or GIVEN_AFTER.match(after):
        return True
    return GIVEN.search(clause) is not None and not RESULTING.search(clause)


def _is_trivial(match: re.Match[str], value: Decimal, scale: Scale | None) -> bool:
    marked = scale or match["currency"] or match["money"] or match["unit"]
    return not marked and value == value.to_integral_value() and value <= TRIVIAL


def _small(match: re.Match[str], scale: Scale | None) -> bool:
    """Whether it is a small whole number without a mark of what it measures."""
    if scale or match["currency"] or match["money"] or match["power"] or match["magnitude"]:
        return False
    return (
        match["digits"].isdigit() and len(match["digits"]) <= 2 and int(match["digits"]) <= TRIVIAL
    )


def _inherited(plain: str, found: list[tuple[re.Match[str], Decimal]], place: int) -> Scale | None:
    """The unit of a range stands behind its last number."""
    match = found[place][0]
    if place + 1 == len(found) or match["money"] or match["unit"] or match["currency"]:
        return None
    following = found[place + 1][0]
    between = plain[match.end() : following.start()]
    if len(between) > 6 or not _RANGE.fullmatch(between):
        return None
    pair = between.strip() != "and" or "between" in plain[: match.start()][-12:].lower()
    return scale_of(following) if pair else None
