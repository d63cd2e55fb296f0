"""The one module that sends orders: a desk of the kit, whose guard holds the limits."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import ccxt.pro

from trading_tools.exchange.desk.desk import Desk
from trading_tools.exchange.desk.opening import open_desk
from trading_tools.exchange.orders.guard import GuardLimits
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.records import OrderRecord

SYMBOL = "BTC/USDT"
LIMITS = GuardLimits(
    max_order_quote=Decimal(500),
    max_position_base={SYMBOL: Decimal("0.002")},
    max_exposure_quote=Decimal(5_000),
    max_orders_a_day=20_000,
    price_collar=Decimal("0.02"),
    repeats=60,
)


@dataclass(frozen=True)
class Gateway:
    """What the bot has of its account."""

    desk: Desk

    async def send(self, wanted: Intent) -> OrderRecord:
        """Raises `NOT_NOW`: the guard, a limit or the venue refused it, or nobody answered."""
        return await self.desk.submit(wanted)


@asynccontextmanager
async def open_gateway() -> AsyncIterator[Gateway]:
    """A gateway that is ready; it opens only where BOT_LIVE holds the live token."""

    def client() -> Any:
        key, secret = os.environ["BINANCE_API_KEY"], os.environ["BINANCE_API_SECRET"]
        return ccxt.pro.binance({"apiKey": key, "secret": secret, "timeout": 4_000})

    live = os.environ.get("BOT_LIVE")
    async with open_desk(client, [SYMBOL], Path.cwd(), LIMITS, live=live) as desk:
        yield Gateway(desk)
