"""The dead man's switch: orders are canceled once nobody has been connected for a while.

It watches private connections that subscribed to a `dcp` topic. Before the first of them has come
it does nothing. Source: "Disconnect Cancel All" in the documentation of the v5 API.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from trading_tools.venue.bybit.listing import INVERSE, LINEAR, OPTION, SPOT

PRODUCTS: Final = {
    "SPOT": ("dcp.spot", (SPOT,)),
    "DERIVATIVES": ("dcp.future", (LINEAR, INVERSE)),
    "OPTIONS": ("dcp.option", (OPTION,)),
}
"""A product's topic, and its categories."""
SHORTEST_S, LONGEST_S = 3, 300


class Armed(NamedTuple):
    """A window in seconds, and since when nobody is connected; None while somebody is."""

    window_s: int
    gone_ms: int | None = None


class Switch:
    """The switches of one account, by product."""

    def __init__(self) -> None:
        self.armed: dict[str, Armed] = {}

    def arm(self, product: str, window_s: int) -> None:
        """Set a product's window."""
        self.armed[product] = Armed(window_s)

    def heard(self, topics: set[str]) -> None:
        """Somebody is connected and has subscribed to these topics."""
        for product, armed in self.armed.items():
            if PRODUCTS[product][0] in topics:
                self.armed[product] = armed._replace(gone_ms=None)

    def left(self, topics: set[str], at: int) -> None:
        """The last connection with these topics has ended."""
        for product, armed in self.armed.items():
            if PRODUCTS[product][0] in topics:
                self.armed[product] = armed._replace(gone_ms=at)

    def due(self, at: int) -> list[str]:
        """Categories whose orders are to be canceled now; each once for each absence."""
        found: list[str] = []
        for product, armed in self.armed.items():
            if armed.gone_ms is not None and at - armed.gone_ms >= armed.window_s * 1_000:
                found += PRODUCTS[product][1]
                self.armed[product] = armed._replace(gone_ms=None)
        return found
