"""Numbers on record: what a text holds, what its caller wrote itself, and what supports a figure.

Numbers that a call was given by the model itself do not count as that call's result, so that an
`echo 0.42` proves nothing. They do count where the result shows that it computed them: it writes
such a number to more decimals than its caller ever did (0.400000 for 0.40), and holds other numbers
that nobody typed. What a figure is, is `claims`; which texts of a run are evidence is decided by
the caller.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import cached_property

from orchestrator.run.claims import Figure
from orchestrator.run.numerals import (
    EXACT,
    LONGEST_DIGITS,
    NUMERAL,
    Scale,
    magnitude_of,
    sign_of,
    value_of,
)

_PERCENT_KEY = re.compile(
    r"(?:pct|percent\w{0,8})[\"']?\s{0,3}[:=]\s{0,3}[\"']?[-−+]?$", re.IGNORECASE
)
_ESCAPES = re.compile(r"\\[nrt]")
_ANY_DIGITS = re.compile(
    rf"(?<!\d)(?:\d{{1,{LONGEST_DIGITS}}}(?:\.\d{{1,{LONGEST_DIGITS}}})?|\.\d{{1,{LONGEST_DIGITS}}})"
)
_WHOLE = rf"\d{{1,{LONGEST_DIGITS}}}"
_RATIO = re.compile(rf"(?<![\w./])(?<![\w)][-−+])([-−+]?)({_WHOLE})/({_WHOLE})(?![\w/]|[.,]\d)")
_PAIR = re.compile(rf"(?<!\d)(?=({_WHOLE})\s?[/,]\s?({_WHOLE}))")  # 5/12, and F(5, 12)

_STATEMENT = re.compile(r"[;\n]")
_PRINTING = re.compile(r"\b(?:echo|printf|(?:print|println|log|puts|write)\s?\()")
_WRAPPING = re.compile(r"(?:\bformat|\bfloat|\bstr|\bround|\bDecimal)\(")
_INNER = re.compile(r"\([^()]*\)")

_NEVER = 10**6  # decimals that no output has: a number that its caller had printed is no result
_FEWEST, _MOST = 3, 12  # significant digits by which a decimal is taken for a fraction


@dataclass(frozen=True, slots=True)
class Number:
    """A recorded number: as it is written, and what it is worth where it is written as a part.

    `places` are the decimals it is written with.
    """

    written: Decimal
    worth: Decimal
    places: int


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
            parts = map(Decimal, match["digits"].split(","))
            found |= {Number(part, part, _decimals(part)) for part in parts}
    return frozenset(found)


def ratios(text: str) -> frozenset[Fraction]:
    """The worth of every fraction "a/b" of whole numbers in a text."""
    return frozenset(
        Fraction(int(top), int(bottom)) * (-1 if sign in ("-", "−") else 1)
        for sign, top, bottom in _RATIO.findall(text)
        if int(bottom)
    )


@dataclass(frozen=True)
class Typed:
    """What the caller of a tool wrote itself.

    `decimals` holds each number without sign, and its roundings to fewer decimals, with the most
    decimals that it was written with; `ratios` the fractions; `inputs` the numbers that were not
    merely printed.
    """

    decimals: Mapping[Decimal, int] = field(default_factory=dict)
    ratios: frozenset[Fraction] = frozenset()
    inputs: frozenset[Number] = frozenset()

    def __or__(self, other: Typed) -> Typed:
        decimals = dict(self.decimals)
        for value, places in other.decimals.items():
            decimals[value] = max(places, decimals.get(value, 0))
        return Typed(decimals, self.ratios | other.ratios, self.inputs | other.inputs)

    def telling(self) -> Typed:
        """Without the numbers that stand everywhere."""
        told = {value: n for value, n in self.decimals.items() if is_telling(value)}
        return Typed(told, self.ratios, self.inputs)

    def computed(self, result: str) -> Iterable[Number]:
        """The numbers of a result that show more than the caller knew."""
        found = numbers(result)
        new = [number for number in found if abs(number.written) not in self.decimals]
        yield from new
        if any(is_telling(abs(number.written)) for number in new):
            for number in found:
                if number.places > self.decimals.get(abs(number.written), _NEVER):
                    yield number


def typed(text: str) -> Typed:
    """What a caller wrote by this text. A result that repeats it shows nothing new."""
    decimals: dict[Decimal, int] = {}
    for value in _values(text):
        _note(decimals, value, _decimals(value))
    for statement in _STATEMENT.split(text):
        if printing := _PRINTING.search(statement):
            for value in _values(_printed(printing[0], statement[printing.end() :])):
                _note(decimals, value, _NEVER)
    inputs = frozenset(n for n in numbers(text) if decimals.get(abs(n.written)) != _NEVER)
    pairs = (
        Fraction(int(top), int(bottom)) * sign
        for top, bottom in _PAIR.findall(text)
        for sign in (1, -1)
        if int(bottom)
    )
    return Typed(decimals, frozenset(pairs), inputs)


def is_telling(value: Decimal) -> bool:
    """Whether a number has digits enough that meeting it twice is hardly chance."""
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    return len(digits) >= (2 if value != value.to_integral_value() else 3)


@dataclass(frozen=True)
class Evidence:
    """The numbers, and fractions of whole numbers, that may support a figure."""

    values: frozenset[Number]
    ratios: frozenset[Fraction] = frozenset()

    @classmethod
    def gather(cls, given: Iterable[str], results: Iterable[tuple[Typed, str]]) -> Evidence:
        """From texts that count whole, and from (what was `typed`, result) of calls."""
        values: set[Number] = set()
        parts: set[Fraction] = set()
        for text in given:
            values |= numbers(text)
            parts |= ratios(text)
        for own, result in results:
            values.update(own.computed(result))
            parts |= ratios(result) - own.ratios
        return cls(frozenset(values), frozenset(parts))

    @classmethod
    def of_inputs(cls, calls: Iterable[Typed]) -> Evidence:
        """From what calls were given, for figures that are said to be no more than that."""
        values: set[Number] = set()
        for own in calls:
            values |= own.inputs
        return cls(frozenset(values))

    def supports(self, figure: Figure) -> bool:
        """Whether some recorded number is `figure`, rounded as it is stated.

        A fraction is supported by the same one, or by its decimal of three digits or more. A minus
        that words carry may be missing in the figure, or in the record.
        """
        values = self._sorted[figure.scale]
        sign = -1 if figure.sign == "-" else 1
        signs = (sign, -sign) if figure.downward else (sign,)
        if figure.ratio is None:
            return any(_has(values, figure.value * sign, figure.half) for sign in signs)
        return any(
            figure.ratio * sign in self.ratios or _has_ratio(values, figure.ratio * sign)
            for sign in signs
        )

    @cached_property
    def _sorted(self) -> dict[Scale, list[Decimal]]:
        written = {number.written for number in self.values}
        worth = {number.worth for number in self.values}
        return {
            "plain": sorted(written | worth),
            "percent": sorted(written | {n.scaleb(2, context=EXACT) for n in written | worth}),
            "bps": sorted(written | {n.scaleb(4, context=EXACT) for n in written | worth}),
        }


def _has(values: list[Decimal], value: Decimal, half: Decimal) -> bool:
    at = bisect_left(values, EXACT.subtract(value, half))
    return at < len(values) and values[at] <= EXACT.add(value, half)


def _has_ratio(values: list[Decimal], ratio: Fraction) -> bool:
    """Whether one of `values` is `ratio`: exactly, or rounded to enough digits."""
    for digits in range(_FEWEST, _MOST + 1):
        rounded = Context(prec=digits).divide(Decimal(ratio.numerator), Decimal(ratio.denominator))
        told = len(rounded.normalize(EXACT).as_tuple().digits) >= _FEWEST
        if (told or Fraction(rounded) == ratio) and _has(values, rounded, Decimal(0)):
            return True
    return _has(values, rounded, abs(rounded).scaleb(1 - _MOST))


def _printed(word: str, rest: str) -> str:
    """What a statement prints as it stands: all after echo, but no arguments of calls in print."""
    if not word.endswith("("):
        return rest
    rest = _WRAPPING.sub(" ", rest)
    for _ in range(8):
        shorter = _INNER.sub(" ", rest)
        if shorter == rest:
            break
        rest = shorter
    return rest


def _values(text: str) -> list[Decimal]:
    # Digits behind letters too: what a program is told in "\\x0.42" it may print as 0.42.
    loose = [Decimal(digits) for digits in set(_ANY_DIGITS.findall(text))]
    return loose + [abs(worth) for n in numbers(text) for worth in (n.written, n.worth)]


def _note(decimals: dict[Decimal, int], value: Decimal, written: int) -> None:
    """Notes a typed value and its roundings."""
    places = range(1, min(_decimals(value), 12))
    units = [Decimal(1).scaleb(-n) for n in places]
    for rounding in (ROUND_HALF_EVEN, ROUND_HALF_UP):
        for unit in units:
            rounded = value.quantize(unit, rounding, context=EXACT)
            decimals[rounded] = max(written, decimals.get(rounded, 0))
    decimals[value] = max(written, decimals.get(value, 0))


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _as_number(match: re.Match[str], value: Decimal, text: str) -> Number:
    signed = value.copy_negate() if sign_of(match) == "-" else value
    part = 0
    if match["percent"] or _PERCENT_KEY.search(text, max(0, match.start() - 24), match.start()):
        part = -2
    elif match["bps"]:
        part = -4
    return Number(signed, signed.scaleb(part, context=EXACT), _decimals(value))
