"""Each venue's limits as it publishes them, and the pacer that keeps them.

Figures are of November 2026 and of the lowest tier. Binance: `rateLimits` of exchangeInfo, spot
and USD-M. Bybit: "Rate Limit Rules". Kraken: "REST rate limits" and "Trading rate limits", Starter.
Coinbase: "Advanced Trade REST API rate limits". What an account is really allowed, its venue says
in replies; `headers` feeds that back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.rules import Counter, Rule, Scope, Window
from trading_tools.exchange.pacing.slots import Slots

RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "binance": (
        Window("weight-1m", "weight", 6_000, 60, Scope.ADDRESS),
        Window("requests-5m", "requests", 61_000, 300, Scope.ADDRESS),
        Window("orders-10s", "orders", 100, 10, Scope.KEY),
        Window("orders-1d", "orders", 200_000, 86_400, Scope.KEY),
        Window("connections-5m", "connections", 300, 300, Scope.ADDRESS),
    ),
    "binanceusdm": (
        Window("weight-1m", "weight", 2_400, 60, Scope.ADDRESS),
        Window("orders-10s", "orders", 300, 10, Scope.KEY),
        Window("orders-1m", "orders", 1_200, 60, Scope.KEY),
    ),
    "bybit": (
        Window("requests-5s", "requests", 600, 5, Scope.ADDRESS),
        Window("orders-1s", "orders", 10, 1, Scope.KEY, lanes=True),
        Window("connections-5m", "connections", 500, 300, Scope.ADDRESS),
    ),
    "kraken": (
        Window("public-1s", "public", 1, 1, Scope.ADDRESS),
        Counter("calls", "calls", 15, 0.33, Scope.KEY),
        Counter("engine", "engine", 60, 1, Scope.KEY, lanes=True),
    ),
    "coinbase": (
        Window("private-1s", "private", 30, 1, Scope.KEY),
        Window("public-1s", "public", 10, 1, Scope.ADDRESS),
    ),
}
"""By venue. Lanes: Bybit's are its order endpoints with their category, Kraken's the pairs."""


class UnknownLimits(ValueError):
    """This venue's limits are not known here."""


def pacer_for(
    venue: str,
    key: str = "",
    slots: Slots | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Pacer:
    """A pacer that keeps a venue's published limits.

    Raises:
        UnknownLimits: they are not known; the message names the venues whose are.
    """
    if venue not in RULES:
        raise UnknownLimits(
            f"the limits of {venue!r:.40} are not known: give a Pacer its rules, or take one of "
            f"{', '.join(RULES)}"
        )
    return Pacer(venue, RULES[venue], key, slots, clock)
