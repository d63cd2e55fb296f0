"""The kit's breaker and pacer, made as this bot uses them."""

from __future__ import annotations

from trading_tools.exchange.breaker import Breaker, BreakerRules
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.rules import Scope, Window


def breaker() -> Breaker:
    """Opens after three failures, for ten seconds."""
    return Breaker("binance", BreakerRules(failures=3, open_s=10))


def pacer() -> Pacer:
    """Ten requests in a second."""
    return Pacer("binance", [Window("requests", "requests", 10, 1, Scope.KEY)])
