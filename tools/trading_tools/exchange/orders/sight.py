"""What of a book an order was let out by, as its intent records it."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class Sight(NamedTuple):
    """The best levels, and how many milliseconds before they were read."""

    bid_quote: Decimal
    ask_quote: Decimal
    age_ms: int

    @property
    def mid_quote(self) -> Decimal:
        """Halfway between them."""
        return (self.bid_quote + self.ask_quote) / 2
