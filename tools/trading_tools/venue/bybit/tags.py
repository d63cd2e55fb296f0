"""What an order is besides its type: the tag that it has in the core.

The first three are the order filters of requests; a position's own stops are told by theirs.
"""

from __future__ import annotations

from typing import Final

ORDER: Final = "Order"
STOP: Final = "StopOrder"
TPSL: Final = "tpslOrder"
TAKE_PROFIT: Final = "TakeProfit"
STOP_LOSS: Final = "StopLoss"
PARTIAL: Final = "Partial"
OWN_STOPS: Final = frozenset(
    half + tag for half in ("", PARTIAL) for tag in (TAKE_PROFIT, STOP_LOSS)
)
"""Stops that belong to a position, and end with it."""
