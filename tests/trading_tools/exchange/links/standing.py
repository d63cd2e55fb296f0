"""A manager over a port to a stand-in, with a guard that is wide enough."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.trading_tools.exchange.orders.guards import BOOK, guard, market
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.orders.guard import Quote
from trading_tools.exchange.orders.manager import OrderManager


async def at_once(seconds: float) -> None:
    """A pause that costs no time."""
    await asyncio.sleep(0)


def manager_of(
    port: Any, audit: TradeAudit, folder: Path, symbol: str, ask: str, **facts: Any
) -> OrderManager:
    """A manager for one market whose best ask is `ask`; `facts` change the market's rules."""
    best = Decimal(ask)
    given: dict[str, Any] = {
        "tick_size": Decimal("0.01"),
        "step_size": Decimal("0.01"),
        "min_amount": Decimal("0.01"),
        "min_notional": Decimal(0),
        **facts,
    }
    quote = Quote(((best * Decimal("0.99"), Decimal(900)),), ((best, Decimal(900)),), BOOK.at)
    guarded = guard(
        folder,
        limits={"max_position_base": {symbol: Decimal(1_000)}, "price_collar": Decimal("0.9")},
        markets={symbol: market(symbol, **given)},
        quotes=lambda each: quote,
    )
    return OrderManager(port, audit, "test", guarded, sleep=at_once)
