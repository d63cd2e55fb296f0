"""Numbers as Bybit writes them: with the decimals of tick or step, or without trailing zeros."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from trading_tools.venue.core.instruments import ATOMS, Instrument, text_of

_DIGITS = 8


def decimals(unit: Decimal) -> int:
    """Decimals that a multiple of `unit` has."""
    exponent = unit.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


@lru_cache(maxsize=64)
def _cut(unit_atoms: int) -> int | None:
    """Where a text with eight decimals ends, of a multiple of so many atoms."""
    kept = decimals(Decimal(unit_atoms).scaleb(-_DIGITS))
    if kept == _DIGITS:
        return None
    return kept - _DIGITS if kept else -_DIGITS - 1


def price(each: Instrument, ticks: int) -> str:
    """A price: "60000.00"."""
    return each.price_text(ticks)[: _cut(each.tick_atoms)]


def size(each: Instrument, steps: int) -> str:
    """A size: "0.010000"."""
    return each.size_text(steps)[: _cut(each.step_atoms)]


def plain(amount: int) -> str:
    """Atoms without trailing zeros: "0.5", "0"."""
    text = text_of(amount).rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def rate(ppm: int) -> str:
    """A rate in millionths: "0.00055"."""
    return plain(ppm * ATOMS // 1_000_000)


def ratio(part: int, whole: int, digits: int) -> str:
    """A quotient of two amounts of the same unit, with so many decimals; "0" for nothing."""
    if not whole:
        return "0"
    return f"{Decimal(part) / Decimal(whole):.{digits}f}"


def average(quote: int, base: int) -> str:
    """The price at which `base` atoms cost `quote` atoms; empty where nothing was traded."""
    if not base:
        return ""
    return plain(quote * ATOMS // base)


def levels(each: Instrument, rows: list[tuple[int, int]]) -> list[list[str]]:
    """A book's levels."""
    return [[price(each, ticks), size(each, steps)] for ticks, steps in rows]
