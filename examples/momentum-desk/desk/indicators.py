"""Indicators over closed candles, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal


def simple_average(values: Sequence[Decimal], length: int) -> Decimal:
    """The mean of the last `length` values."""
    if not 0 < length <= len(values):
        raise ValueError(f"length {length} of {len(values)} values")
    return sum(values[-length:], Decimal(0)) / length


def true_range(high: Decimal, low: Decimal, previous_close: Decimal) -> Decimal:
    """The bar's range with the gap to the previous close."""
    return max(high - low, abs(high - previous_close), abs(low - previous_close))
