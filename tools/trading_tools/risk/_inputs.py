"""The checks on the inputs of the risk tools, and their decimal context.

The caller's own decimal context is never read or changed: every figure comes out the same.
"""

from collections.abc import Callable
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    InvalidOperation,
    Overflow,
    localcontext,
)
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from trading_tools.money import MoneyError, exact, plain
from trading_tools.risk.errors import RiskError

P = ParamSpec("P")
R = TypeVar("R")

PRECISION: Final = 50
"""Significant digits that results carry; sums of logarithms that cancel are worked with more."""


EVERY_DIGIT: Final = 1000
"""Enough for sums and products of a few inputs to be exact, so that a sign is never rounding's."""


def working(precision: int = PRECISION) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Run a function in a decimal context of its own with `precision` digits."""

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def inside(*args: P.args, **kwargs: P.kwargs) -> R:
            with localcontext(_context(precision)):
                return function(*args, **kwargs)

        return inside

    return wrap


def rounded(value: Decimal, digits: int = PRECISION) -> Decimal:
    """`value` to `digits` significant digits, half to even."""
    return _context(digits).plus(value)


def number(value: object, what: str) -> Decimal:
    """A finite exact number."""
    try:
        return exact(value, what)
    except MoneyError as error:
        raise RiskError(str(error)) from None


def probability(value: object, what: str) -> Decimal:
    """A number strictly between 0 and 1."""
    checked = number(value, what)
    if not 0 < checked < 1:
        hint = (
            f"; a percentage? write {plain(_context(PRECISION).divide(checked, Decimal(100)))}"
            if 1 < checked < 100
            else ""
        )
        raise RiskError(
            f"{what} is {plain(checked)}: it must lie strictly between 0 and 1, as a fraction{hint}"
        )
    return checked


def positive(value: object, what: str) -> Decimal:
    """A number above 0."""
    checked = number(value, what)
    if checked <= 0:
        raise RiskError(f"{what} is {plain(checked)}: it must be above 0")
    return checked


def not_negative(value: object, what: str) -> Decimal:
    """A number of at least 0."""
    checked = number(value, what)
    if checked < 0:
        raise RiskError(f"{what} is {plain(checked)}: it must not be below 0")
    return checked


def negative(value: object, what: str) -> Decimal:
    """A number below 0."""
    checked = number(value, what)
    if checked >= 0:
        raise RiskError(
            f"{what} is {plain(checked)}: it must be below 0, a loss carries its sign "
            "(-1 = the whole stake is lost)"
        )
    return checked


def _context(precision: int) -> Context:
    return Context(
        prec=precision,
        rounding=ROUND_HALF_EVEN,
        traps=[InvalidOperation, DivisionByZero, Overflow, FloatOperation],
    )
