"""Ids as Bybit has them: numbers of 19 digits for spot, UUIDs for contracts; made from the core's.

The same seed and the same acts give the same ids.
"""

from __future__ import annotations

import hashlib
import re

from trading_tools.venue.bybit.listing import SPOT

_FIRST_ORDER = 2_300_000_000_000_000_000
_FIRST_TRADE = 2_290_000_000_000_000_000
_INSTRUMENTS = 256
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_SPOT_ID = re.compile(r"[0-9]{19}", re.ASCII)


def _uuid(digits: str) -> str:
    parts = digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]
    return "-".join(parts)


def made(text: str) -> str:
    """A UUID that follows from a text."""
    return _uuid(hashlib.sha256(text.encode()).hexdigest())


class Ids:
    """The ids of one venue."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def order(self, category: str, number: int) -> str:
        """The id of an order with this number in the core."""
        if category == SPOT:
            return str(_FIRST_ORDER + number)
        head = hashlib.sha256(f"order {number}, seed {self._seed}".encode()).hexdigest()[:20]
        return _uuid(f"{head}{number:012x}")

    def number(self, category: str, order_id: str) -> int | None:
        """The core's number of an order id, or None for what is none."""
        if category == SPOT:
            found = int(order_id) - _FIRST_ORDER if _SPOT_ID.fullmatch(order_id) else -1
        else:
            found = int(order_id[-12:], 16) if _UUID.fullmatch(order_id) else -1
        return found if found >= 0 and self.order(category, found) == order_id else None

    def trade(self, category: str, symbol: str, index: int, number: int) -> str:
        """The id of a trade: its number in an instrument that is the `index`-th one listed."""
        if category == SPOT:
            return str(_FIRST_TRADE + number * _INSTRUMENTS + index)
        return made(f"trade {number} of {symbol}, seed {self._seed}")
