"""Bots with an order guard: one that trusts, one with the kit's guard, one that only judges."""

from __future__ import annotations

import itertools
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from trading_tools.audit.trade import OrderIntent, OrderResult, OrderStage, Outcome
from trading_tools.exchange.orders.guard import Guard, GuardLimits, Quote
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.kill_switch import KillSwitch
from trading_tools.exchange.orders.records import Records
from trading_tools.exchange.readings import MarketLimits, Source

SYMBOL = "BTC/USDT"


class Side(Enum):
    BUY = "buy"
    SELL = "sell"


class Kind(Enum):
    MARKET = "market"
    LIMIT = "limit"


@dataclass
class Order:
    symbol: str
    side: Side
    size: Decimal
    price: Decimal | None = None
    order_type: Kind = Kind.LIMIT

    def __post_init__(self) -> None:
        if self.size <= 0 or (self.price is not None and self.price <= 0):
            raise ValueError("sizes and prices are above zero")


@dataclass
class Result:
    success: bool
    filled_size: Decimal = Decimal(0)
    avg_price: Decimal = Decimal(0)


class TrustingBot:
    """Looks, waits, sends, and counts afterwards what was filled."""

    def __init__(self, max_position: Decimal, max_daily_trades: int, max_exposure: Decimal) -> None:
        self.max_position = max_position
        self.max_daily_trades = max_daily_trades
        self.max_exposure = max_exposure
        self.trades = 0
        self.exposure = Decimal(0)

    async def place_order(self, order: Order) -> Result:
        worth = order.size * (order.price or Decimal(1))
        over = self.exposure + worth > self.max_exposure or order.size > self.max_position
        if over or self.trades >= self.max_daily_trades:
            return Result(False)
        result = await self._send_order(order)
        self.trades += 1
        self.exposure += result.filled_size * result.avg_price
        return result

    async def _send_order(self, order: Order) -> Result:
        raise NotImplementedError


def _market() -> MarketLimits:
    cent = Decimal("0.01")
    return MarketLimits(
        venue="check",
        symbol=SYMBOL,
        venue_symbol="BTCUSDT",
        kind="spot",
        status="active",
        price_unit="USDT",
        amount_unit="BTC",
        notional_unit="USDT",
        tick_size=cent,
        step_size=cent,
        price_decimals=2,
        amount_decimals=2,
        min_amount=cent,
        max_amount=Decimal(10**6),
        max_market_amount=Decimal(10**6),
        min_price=cent,
        max_price=Decimal(10**6),
        min_notional=Decimal(1),
        max_notional=Decimal(10**9),
        contract_size=None,
        missing={},
        order=None,
        source=Source(venue="check", fetched_at=datetime.now(UTC), age_s=0),
    )


class KitBot:
    """Sends what the kit's guard lets out, and writes each order down before it awaits anything."""

    def __init__(self, max_position: Decimal, max_daily_orders: int, max_exposure: Decimal) -> None:
        limits = GuardLimits(
            max_order_quote=max_exposure,
            max_position_base={SYMBOL: max_position},
            max_exposure_quote=max_exposure,
            max_orders_a_day=max_daily_orders,
            repeats=1000,
        )
        switch = KillSwitch(Path(tempfile.gettempdir()) / "thrown")
        self.records = Records()
        markets = {SYMBOL: _market()}
        self.guard = Guard(limits, markets, self.quote, switch, live=None, simulated=True)
        self.numbers = itertools.count()

    def quote(self, _symbol: str) -> Quote:
        bid, ask, much = Decimal("9.99"), Decimal("10.01"), Decimal(10**6)
        return Quote(((bid, much),), ((ask, much),), time.monotonic())

    async def submit(self, order: Intent) -> None:
        self.guard.check(order, self.records)
        name = str(next(self.numbers))
        self.records.apply(
            OrderIntent(
                name,
                order.symbol,
                order.side,
                order.order_type,
                order.size_base,
                order.price_quote,
                datetime.now(UTC),
            )
        )
        try:
            answer = await self._send_order(order)
        except TimeoutError:
            self.records.apply(OrderResult(name, Outcome.UNKNOWN, datetime.now(UTC)))
            raise
        self.records.apply(OrderResult(name, Outcome.ACCEPTED, datetime.now(UTC)))
        if answer.filled:
            now = datetime.now(UTC)
            self.records.apply(OrderStage(name, "filled", now, answer.filled, "stream"))

    async def _send_order(self, order: Intent) -> Any:
        raise NotImplementedError


class FloatGuard:
    """Judges plain arguments in floats, and is told of what went out."""

    def __init__(self, max_exposure: float = 1000.0) -> None:
        self.most = max_exposure
        self.out = 0.0

    def check(self, symbol: str, side: str, quantity: float, price: float | None = None) -> bool:
        return self.out + quantity * (price or 0) <= self.most

    def record_order(
        self, symbol: str, side: str, quantity: float, price: float | None = None
    ) -> None:
        self.out += quantity * (price or 0)
