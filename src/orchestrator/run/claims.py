"""Figures and citations in what an agent says, and whether anything recorded supports them.

A figure is *supported* when the same number, at the precision it is stated with, occurs in the
request or in a tool's result. Numbers that a call was given by the model itself do not count as
that call's result, so that an `echo 0.42` proves nothing. By which words a number shows that it
claims something is `claim_words`; which texts of a run are evidence is decided by the caller.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from typing import Literal

from orchestrator.run.claim_words import (
    ANSWERING,
    CHOOSING,
    CLAIMING,
    COUNTED,
    DOWNWARD,
    HEDGED,
    MEASURED,
    NOT_FIGURES,
    PERIOD,
    STATED,
)
from orchestrator.run.numerals import (
    EXACT,
    LONGEST_DIGITS,
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
_PERCENT_KEY = re.compile(
    r"(?:pct|percent\w{0,8})[\"']?\s{0,3}[:=]\s{0,3}[\"']?[-−+]?$", re.IGNORECASE
)
_ESCAPES = re.compile(r"\\[nrt]")
_ANY_DIGITS = re.compile(
    rf"(?<!\d)(?:\d{{1,{LONGEST_DIGITS}}}(?:\.\d{{1,{LONGEST_DIGITS}}})?|\.\d{{1,{LONGEST_DIGITS}}})"
)
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
    """

    text: str
    value: Decimal
    half: Decimal
    scale: Scale
    sign: Literal["", "+", "-"]
    downward: bool
    claims: bool
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
class Number:
    """A recorded number: as it is written, and what it is worth where it is written as a part."""

    written: Decimal
    worth: Decimal


def numbers(text: str) -> frozenset[Number]:
    """Every number in a text, whatever it stands for.

    Digits with commas between them may be one number or a list, so they are read as both.
    """
    found: set[Number] = set()
    text = _ESCAPES.sub("  ", text)
    for match in NUMERAL.finditer(text):
        value = value_of(match)
        if value is None:
            continue
        plain = value
        if match["magnitude"]:
            # "10M" may be ten million or ten megabytes
            found.add(_as_number(match, plain, text))
            plain = plain.scaleb(magnitude_of(match), context=EXACT)
        found.add(_as_number(match, plain, text))
        if "," in match["digits"]:
            found |= {Number(Decimal(part), Decimal(part)) for part in match["digits"].split(",")}
    return frozenset(found)


def typed(text: str) -> frozenset[Decimal]:
    """The numbers of a text, without sign, and their roundings to fewer decimals.

    A result that repeats one of these shows nothing that its caller did not know.
    """
    found: set[Decimal] = set()
    # Digits behind letters too: what a program is told in "\\x0.42" it may print as 0.42.
    loose = {Decimal(digits) for digits in _ANY_DIGITS.findall(text)}
    values = {abs(worth) for n in numbers(text) for worth in (n.written, n.worth)}
    for value in loose | values:
        found.add(value)
        for places in range(1, min(_decimals(value), 12)):
            unit = Decimal(1).scaleb(-places)
            found.add(value.quantize(unit, ROUND_HALF_EVEN, context=EXACT))
            found.add(value.quantize(unit, ROUND_HALF_UP, context=EXACT))
    return frozenset(found)


def is_telling(value: Decimal) -> bool:
    """Whether a number has digits enough that meeting it twice is hardly chance."""
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    return len(digits) >= (2 if value != value.to_integral_value() else 3)


@dataclass(frozen=True)
class Evidence:
    """The numbers that may support a figure."""

    values: frozenset[Number]

    @classmethod
    def gather(
        cls, given: Iterable[str], results: Iterable[tuple[Collection[Decimal], str]]
    ) -> Evidence:
        """From texts that count whole, and from (what was `typed`, result) of calls."""
        values: set[Number] = set()
        for text in given:
            values |= numbers(text)
        for own, result in results:
            values |= {n for n in numbers(result) if abs(n.written) not in own}
        return cls(frozenset(values))

    def supports(self, figure: Figure) -> bool:
        """Whether some recorded number is `figure`, rounded as it is stated.

        A minus that words carry may be missing in the figure, or in the record.
        """
        values = self._sorted[figure.scale]
        value = figure.value.copy_negate() if figure.sign == "-" else figure.value
        signs = (value, value.copy_negate()) if figure.downward else (value,)
        return any(_has(values, one, figure.half) for one in signs)

    @cached_property
    def _sorted(self) -> dict[Scale, list[Decimal]]:
        written = {number.written for number in self.values}
        worth = {number.worth for number in self.values}
        return {
            "plain": sorted(written | worth),
            "percent": sorted(written | {n.scaleb(2, context=EXACT) for n in written | worth}),
            "bps": sorted(written | {n.scaleb(4, context=EXACT) for n in written | worth}),
        }


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


@dataclass(frozen=True, slots=True)
class _Tone:
    """What the words of a text say about its numbers."""

    hedged: bool
    claiming: bool
    downward: bool

    @classmethod
    def of(cls, text: str) -> _Tone:
        found = (pattern.search(text) is not None for pattern in (HEDGED, CLAIMING, DOWNWARD))
        return cls(*found)


_tone = lru_cache(maxsize=8)(_Tone.of)


def _has(values: list[Decimal], value: Decimal, half: Decimal) -> bool:
    at = bisect_left(values, EXACT.subtract(value, half))
    return at < len(values) and values[at] <= EXACT.add(value, half)


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
    for place, (match, value) in enumerate(found):
        scale = scale_of(match) or _inherited(plain, found, place)
        before = sentence[max(0, match.start() - _BEFORE) : match.start()]
        after = sentence[match.end() : match.end() + _AFTER]
        claims = not hedged and _claims(match, scale, before, after, claiming=claiming, bare=bare)
        if not claims and _is_trivial(match, value, scale):
            continue
        exponent = magnitude_of(match)
        yield Figure(
            text=match[0].strip(),
            value=value.scaleb(exponent, context=EXACT),
            half=half_unit_of(match, value, before).scaleb(exponent, context=EXACT),
            scale=scale or "plain",
            sign=sign_of(match),
            downward=own.downward or around.downward,
            claims=claims,
            sentence=shown,
        )


def _claims(
    match: re.Match[str],
    scale: Scale | None,
    before: str,
    after: str,
    *,
    claiming: bool,
    bare: bool,
) -> bool:
    """Whether a number that is not hedged claims a calculation, a measurement or market data."""
    whole = "." not in match["digits"] and not match["power"]
    marked = bool(scale or match["currency"] or match["money"])
    small = whole and not marked and _small(match)
    if claiming:
        return bare or not small or _small_claims(match, before, after)
    if bare or (not small and ANSWERING.search(before)):
        return True
    clause = _CLAUSE.split(before)[-1]
    return marked and not CHOOSING.search(clause)


def _small_claims(match: re.Match[str], before: str, after: str) -> bool:
    """Whether a small whole number in a sentence that claims is one of its claims."""
    if match["unit"]:
        return not PERIOD.search(before)
    if MEASURED.match(after):
        return True
    return not COUNTED.match(after) and STATED.search(before) is not None


def _is_trivial(match: re.Match[str], value: Decimal, scale: Scale | None) -> bool:
    marked = scale or match["currency"] or match["money"] or match["unit"]
    return not marked and value == value.to_integral_value() and value <= TRIVIAL


def _small(match: re.Match[str]) -> bool:
    return len(match["digits"]) <= 2 and int(match["digits"]) <= TRIVIAL and not match["magnitude"]


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


def _as_number(match: re.Match[str], value: Decimal, text: str) -> Number:
    signed = value.copy_negate() if sign_of(match) == "-" else value
    part = 0
    if match["percent"] or _PERCENT_KEY.search(text, max(0, match.start() - 24), match.start()):
        part = -2
    elif match["bps"]:
        part = -4
    return Number(signed, signed.scaleb(part, context=EXACT))
