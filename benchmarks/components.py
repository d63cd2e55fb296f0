"""Sound components for the benchmark of conformance checks, most of them the kit's own."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from trading_tools.exchange.breaker import Breaker, BreakerRules
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.rules import Scope, Window
from trading_tools.money import exact
from trading_tools.risk.kelly import Bet, clipped, full_fraction
from trading_tools.risk.sizing import Market, Position, position_size


def pacer() -> Pacer:
    """Ten requests in a second."""
    return Pacer("bench", [Window("requests", "requests", 10, 1, Scope.KEY)])


def breaker() -> Breaker:
    """Opens after three failures, for ten seconds."""
    return Breaker("bench", BreakerRules(failures=3, open_s=10))


def kelly(p: Decimal, win_return: Decimal, loss_return: Decimal = Decimal(-1)) -> Decimal:
    """The kit's own, between 0 and 1."""
    return clipped(full_fraction(Bet(p, win_return, loss_return)))


def size(bankroll: Decimal, fraction: Decimal, price: Decimal, step: Decimal) -> Position:
    """The kit's own."""
    market = Market(price=price, step_size=step)
    return position_size(bankroll_quote=bankroll, fraction=fraction, market=market)


def delay(attempt: int) -> float:
    """Grows to a minute, with jitter."""
    return random.uniform(0.5, 1) * min(60.0, 2.0 ** min(attempt, 10))


@dataclass(frozen=True)
class Order:
    """What the guard is given."""

    side: Literal["buy", "sell"]
    size: Decimal
    price: Decimal

    def __post_init__(self) -> None:
        if exact(self.size, "size") <= 0 or exact(self.price, "price") <= 0:
            raise ValueError("sizes and prices are above 0")


class Guard:
    """Reserves what it lets out, and gives it back never."""

    def __init__(self, max_exposure: Decimal) -> None:
        self._most = max_exposure
        self._out = Decimal(0)
        self._numbers = itertools.count()

    def check(self, order: Order) -> bool:
        """Whether an order may go out; it counts from then on."""
        worth = order.size * order.price
        if self._out + worth > self._most:
            return False
        self._out += worth
        return True

    def record(self, order: Any) -> None:
        """An order went out."""
        del order
        next(self._numbers)
