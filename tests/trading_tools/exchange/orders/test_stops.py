"""Stops that wait at each venue for their price: sent, found, triggered, filled and ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.trading_tools.exchange.orders.conftest import Shop, opened
from tests.trading_tools.exchange.orders.test_every_venue import MADE, MARKETS
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import Stage
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.orders import Kind, Side, Ticket

HELD = Decimal("0.01")
LIMIT_ONLY = frozenset({"coinbase"})


@pytest.fixture(params=MARKETS, ids=" ".join)
async def each(
    request: pytest.FixtureRequest, audit: TradeAudit, tmp_path: Path
) -> AsyncIterator[Shop]:
    name, symbol = request.param
    async with opened(audit, tmp_path, MADE[name]()) as shop:
        shop.symbol = symbol
        bought = Intent("entry", symbol, "buy", Decimal("0.02"), Decimal(62_000))
        await shop.manager.submit(bought)
        await shop.manager.reconcile([symbol])
        yield shop


def stop(shop: Shop, key: str = "stop", **changes: Any) -> Intent:
    """A sale of what is held once the market trades at 55,000; at a market price where it can."""
    market = shop.client.id not in LIMIT_ONLY
    given: dict[str, Any] = {
        "order_type": "market" if market else "limit",
        "price_quote": None if market else Decimal(50_000),
        "reduce_only": True,
        "stop_price_quote": Decimal(55_000),
        **changes,
    }
    return Intent(key, shop.symbol, "sell", HELD, **given)


def fall(shop: Shop, to: Decimal = Decimal(54_000)) -> None:
    """Let others sell down to a price at which somebody bids for much."""
    exchange, at = shop.venue.exchange, shop.venue.clock()
    instrument = next(
        each
        for each in exchange.instruments.values()
        if each.base == "BTC" and (each.contract is not None) is (":" in shop.symbol)
    )
    fortune = {instrument.base: 10**18, instrument.quote: 10**20}
    bidder = exchange.open_account(Account("bidder", background=True), fortune)
    seller = exchange.open_account(Account("seller", background=True), fortune)
    ticks, much = int(to / instrument.tick_size), 10**8 // instrument.step_atoms * 40
    exchange.place(bidder, Ticket(instrument.symbol, Side.BUY, Kind.LIMIT, much, ticks), at)
    exchange.place(seller, Ticket(instrument.symbol, Side.SELL, Kind.LIMIT, much // 2, ticks), at)


async def test_a_stop_waits_and_is_cancelled(each: Shop) -> None:
    order = await each.manager.submit(stop(each))
    assert order.stage is Stage.WAITING
    found = await each.manager.reconcile([each.symbol])
    assert found.clean
    assert order.stage is Stage.WAITING
    ended = await each.manager.cancel(order.client_order_id, "no longer wanted")
    assert ended.stage is Stage.CANCELED
    assert each.venue.account.open_orders() == []
    assert (await each.manager.reconcile([each.symbol])).clean


async def test_a_stop_that_is_triggered_fills_and_its_fills_are_its_intents(each: Shop) -> None:
    order = await each.manager.submit(stop(each))
    fall(each)
    found = await each.manager.reconcile([each.symbol])
    assert found.clean, found
    assert (order.stage, order.filled_size_base, order.settled) == (Stage.FILLED, HELD, True)
