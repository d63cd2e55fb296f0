"""A market's book as orders are judged by it.

What of it a record keeps is `sight`; whether it is sound, and fresh enough, the guard says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading_tools.exchange.readings import OrderBook

Levels = Sequence[tuple[Decimal, Decimal]]


@dataclass(frozen=True)
class Quote:
    """A market's book as it was at `at`, in seconds of the guard's clock; best levels first."""

    bids: Levels
    asks: Levels
    at: float

    @classmethod
    def of(cls, book: OrderBook, clock: Callable[[], float] = time.monotonic) -> Quote:
        """The quote of a book that was read just now, or some seconds ago as its source says."""
        return cls(book.bids, book.asks, clock() - book.source.age_s)

    @property
    def two_sided(self) -> bool:
        """Whether there are bids and asks."""
        return bool(self.bids and self.asks)

    @property
    def mid(self) -> Decimal:
        """Halfway between the best bid and the best ask."""
        return (self.bids[0][0] + self.asks[0][0]) / 2
