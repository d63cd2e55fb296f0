"""Exact decimals as the binary floats that some libraries and JSON bodies are made of."""

from __future__ import annotations

from decimal import Decimal

from trading_tools.money import MoneyError, plain


def as_float(value: Decimal, what: str) -> float:
    """The float whose text is `value` itself.

    Raises:
        MoneyError: its text would be another number, or one in powers of ten, which a venue may not
            read.
    """
    binary = float(value)
    text = repr(binary)
    if "e" in text or "n" in text or Decimal(text) != value:
        raise MoneyError(f"{what} {plain(value)} cannot be sent exactly as a float")
    return binary
