"""Exact decimal values: what may become one, rounding to a venue's step, plain text.

Money, prices, sizes and fractions are `Decimal`. A binary float is refused everywhere but at one
door, `from_json`, because JSON has no decimal type. What a size should be is `trading_tools.risk`.
"""

import math
import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

MAX_DIGITS: Final = 100
"""Digits a value may have, and powers of ten it may lie away from 1: far beyond any venue's."""

Direction = Literal["down", "up", "half_even"]
"""`down` is towards zero, `up` away from it, `half_even` to the nearest, ties to the even step."""

_NUMERAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")
_PRODUCT = Context(prec=2000, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])


class MoneyError(ValueError):
    """A value is not an exact finite decimal, or a step cannot be rounded to."""


def exact(value: object, what: str = "value") -> Decimal:
    """`value` as a finite Decimal, without any change of its worth.

    Takes `Decimal`, `int` and plain ASCII numerals ("0.10", "1e-8"); `what` names it in the error.

    Raises:
        MoneyError: a float (its digits are not what was written), bool, NaN, infinity, other text
            or type, or more than `MAX_DIGITS` digits.
    """
    if isinstance(value, bool):
        raise MoneyError(f"{what} is the bool {value}: give a number")
    if isinstance(value, float):
        raise MoneyError(
            f"{what} is the float {value!r}, which is not exact: give Decimal('{value!r}') or text"
        )
    if isinstance(value, str):
        return _bounded(_parse(value, what), what)
    if isinstance(value, int):
        if value.bit_length() > 4 * MAX_DIGITS:
            raise MoneyError(f"{what} has more than {MAX_DIGITS} digits: no price or size has")
        return _bounded(Decimal(value), what)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise MoneyError(f"{what} is {value}: give a finite number")
        return _bounded(value, what)
    raise MoneyError(
        f"{what} is {value!r:.80} ({type(value).__name__}): give a Decimal, int or text"
    )


def from_json(value: object, what: str = "value") -> Decimal:
    """A number or numeric text from a JSON document as the Decimal its author wrote.

    A float stands for its shortest decimal text, so that the JSON number 0.1 is `Decimal("0.1")`.

    Raises:
        MoneyError: as `exact`, and for the NaN and Infinity that Python's JSON reader lets through.
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            raise MoneyError(f"{what} is {value}: give a finite number")
        return exact(float.__repr__(value), what)
    return exact(value, what)


def whole_steps(value: Decimal, step: Decimal, direction: Direction) -> int:
    """How many whole steps `value` is, rounded in `direction`; exact for any operands.

    Raises:
        MoneyError: `step` is not positive, or either is not finite.
    """
    if not (step.is_finite() and step > 0):
        raise MoneyError(f"step is {step}: a step must be above 0")
    if not value.is_finite():
        raise MoneyError(f"value is {value}: give a finite number")
    top, bottom = value.as_integer_ratio()
    step_top, step_bottom = step.as_integer_ratio()
    whole, rest = divmod(abs(top) * step_bottom, bottom * step_top)
    if rest and _ROUND_AWAY[direction](whole, 2 * rest - bottom * step_top):
        whole += 1
    return whole if top >= 0 else -whole


def quantise(value: Decimal, step: Decimal, direction: Direction) -> Decimal:
    """`value` as a multiple of `step` (0.01, 0.5, 25, 1e-8 …), rounded in `direction`.

    Raises:
        MoneyError: `step` is not positive, or either is not finite.
    """
    return exact_product(Decimal(whole_steps(value, step, direction)), step)


def exact_product(*factors: Decimal) -> Decimal:
    """The product with every digit kept, whatever the caller's decimal context."""
    product = Decimal(1)
    for factor in factors:
        product = _PRODUCT.multiply(product, factor)
    return product


def plain(value: Decimal) -> str:
    """`value` without exponent, trailing zeros or a signed zero: what a venue's parser takes."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


PlainDecimal = Annotated[Decimal, PlainSerializer(plain, return_type=str, when_used="json")]
"""A Decimal field of a result: JSON has it as plain text."""

JsonDecimal = Annotated[
    Decimal,
    BeforeValidator(lambda value: from_json(value)),
    WithJsonSchema({"type": ["number", "string"], "format": "decimal"}),
    PlainSerializer(plain, return_type=str, when_used="json"),
]
"""A Decimal argument from JSON: a number or numeric text, read by `from_json`."""


def _parse(text: str, what: str) -> Decimal:
    if not _NUMERAL.fullmatch(text):
        raise MoneyError(
            f"{what} is {text!r:.80}: give a plain decimal number such as 1234.5 (finite, with no "
            "separators, unit or percent sign)"
        )
    return Decimal(text)


def _bounded(value: Decimal, what: str) -> Decimal:
    if not value:
        return Decimal(0)
    if len(value.as_tuple().digits) > MAX_DIGITS or abs(value.adjusted()) > MAX_DIGITS:
        raise MoneyError(
            f"{what} is {value!s:.40}: beyond {MAX_DIGITS} digits or powers of ten, as no price is"
        )
    return value


_ROUND_AWAY: Final[Mapping[Direction, Callable[[int, int], bool]]] = MappingProxyType(
    {
        "down": lambda whole, past_half: False,
        "up": lambda whole, past_half: True,
        "half_even": lambda whole, past_half: past_half > 0 or (past_half == 0 and whole % 2 == 1),
    }
)
