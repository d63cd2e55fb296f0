"""A manager over a port to a stand-in, with a guard that is wide enough."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.trading_tools.exchange.orders.guards import BOOK, guard, market
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.orders.guard import Quote
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.readings import MarketLimits


async def at_once(seconds: float) -> None:
    """A pause that costs no time."""
    await asyncio.sleep(0)


def manager_of(
    port: Any,
    audit: TradeAudit,
    folder: Path,
    symbol: str,
    ask: str,
    markets: Mapping[str, MarketLimits] | None = None,
) -> OrderManager:
    """A manager for one market whose best ask is `ask`, with `markets` or steps of 0.01."""
    best = Decimal(ask)
    cent = Decimal("0.01")
    if markets is None:
        rules = {"tick_size": cent, "step_size": cent, "min_amount": cent, "min_notional": 0 * cent}
        markets = {symbol: market(symbol, **rules)}
    quote = Quote(((best * Decimal("0.99"), Decimal(900)),), ((best, Decimal(900)),), BOOK.at)
    guarded = guard(
        folder,
        limits={"max_position_base": {symbol: Decimal(1_000)}, "price_collar": Decimal("0.5")},
        markets=markets,
        quotes=lambda each: quote,
    )
    return OrderManager(port, audit, "test", guarded, sleep=at_once)
