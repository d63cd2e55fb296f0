"""Stops that wait at each venue for their price: sent, found, triggered, filled and ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.trading_tools.exchange.orders.conftest import Shop, opened
from tests.trading_tools.exchange.orders.guards import guard
from tests.trading_tools.exchange.orders.test_every_venue import MADE, MARKETS
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.orders.client_ids import client_order_id
from trading_tools.exchange.orders.guard import Quote, Refused
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.ways import ALGO
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import Kind, Side, Ticket
from trading_tools.venue.wire.interference import Cut
from trading_tools.venue.wire.messages import Operation, Reply

pytestmark = pytest.mark.slow

HELD = Decimal("0.01")
LIMIT_ONLY = frozenset({"coinbase"})


@pytest.fixture(params=MARKETS, ids=" ".join)
async def each(
    request: pytest.FixtureRequest, audit: TradeAudit, tmp_path: Path
) -> AsyncIterator[Shop]:
    async with holding(audit, tmp_path, *request.param) as shop:
        yield shop


@asynccontextmanager
async def holding(audit: TradeAudit, folder: Path, name: str, symbol: str) -> AsyncIterator[Shop]:
    """A venue where prices stand still, and 0.02 BTC are held."""
    async with opened(audit, folder, MADE[name](market=False)) as shop:
        shop.symbol = symbol
        quote(shop)
        await shop.manager.submit(Intent("entry", symbol, "buy", HELD * 2, Decimal(62_000)))
        await shop.manager.reconcile([symbol])
        yield shop


def instrument_of(shop: Shop) -> Instrument:
    """The market at the venue itself."""
    contract = ":" in shop.symbol
    listed = shop.venue.exchange.instruments.values()
    quoted = shop.symbol.partition("/")[2].partition(":")[0]
    return next(
        one
        for one in listed
        if (one.base, one.quote) == ("BTC", quoted) and (one.contract is not None) is contract
    )


def others(shop: Shop, name: str, side: Side, price: int, size: int = 1) -> None:
    """Somebody's limit order, of so many BTC."""
    exchange, one = shop.venue.exchange, instrument_of(shop)
    fortune = {one.base: 10**18, one.quote: 10**20}
    account = exchange.accounts.get(name) or exchange.open_account(
        Account(name, background=True), fortune
    )
    ticks, steps = int(price / one.tick_size), size * 10**8 // one.step_atoms
    wanted = Ticket(one.symbol, side, Kind.LIMIT, steps, ticks)
    exchange.place(account, wanted, shop.venue.clock())


def quote(shop: Shop) -> None:
    """A bid and an ask around 60,000."""
    others(shop, "bidder", Side.BUY, 59_999)
    others(shop, "asker", Side.SELL, 60_001)


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


def fall(shop: Shop, to: int = 54_000) -> None:
    """Let others sell down to a price at which somebody bids for more."""
    others(shop, "buyer", Side.BUY, to, 5)
    others(shop, "seller", Side.SELL, to, 3)


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


async def test_a_stop_whose_acknowledgement_is_lost_is_found_by_its_name_also_when_it_has_filled(
    each: Shop,
) -> None:
    each.mishaps.after_it[Operation.PLACE] = [lambda reply: Cut()]
    order = await each.manager.submit(stop(each))
    assert order.stage is Stage.WAITING
    await each.manager.cancel(order.client_order_id, "moved")
    each.mishaps.after_it[Operation.PLACE] = [lambda reply: Cut()]
    deaf = [Operation.QUERY_ORDER, Operation.OPEN_ORDERS, Operation.ORDER_HISTORY]
    each.mishaps.before_it = {operation: [Cut()] * 50 for operation in deaf}
    again = await each.manager.submit(stop(each, "again"), resolve_within_s=0)
    assert again.stage is Stage.UNKNOWN
    each.mishaps.before_it.clear()
    fall(each)
    assert (await each.manager.reconcile([each.symbol])).clean
    assert (again.stage, again.settled) == (Stage.FILLED, True)
    names = [client_order_id(each.client.id, "drill", key) for key in ("stop", "again")]
    assert each.accepted()[1:] == names


async def test_a_stop_is_cancelled_by_its_name_alone(each: Shop) -> None:
    each.mishaps.after_it[Operation.PLACE] = [lambda reply: Cut()]
    deaf = [Operation.QUERY_ORDER, Operation.OPEN_ORDERS, Operation.ORDER_HISTORY]
    each.mishaps.before_it = {operation: [Cut()] * 50 for operation in deaf}
    order = await each.manager.submit(stop(each), resolve_within_s=0)
    assert (order.stage, order.venue_order_id) == (Stage.UNKNOWN, None)
    each.mishaps.before_it.clear()
    ended = await each.manager.cancel(order.client_order_id, "not known")
    assert ended.stage is Stage.CANCELED
    assert each.venue.account.open_orders() == []


async def test_a_cancel_that_its_trigger_overtakes_is_asked_for_again(each: Shop) -> None:
    """What the stop has become rests at its limit, above the market that it fell through."""
    wanted = stop(each, order_type="limit", price_quote=Decimal(54_900))
    order = await each.manager.submit(wanted)
    fall(each)
    for _ in range(2):
        await each.manager.cancel(order.client_order_id, "too late", resolve_within_s=1)
    assert (order.stage, order.filled_size_base) == (Stage.CANCELED, Decimal(0))
    assert each.venue.account.open_orders() == []
    assert (await each.manager.reconcile([each.symbol])).clean


async def test_the_kill_switch_ends_a_stop_whether_it_waits_or_was_triggered(each: Shop) -> None:
    limit = stop(each, "first", order_type="limit", price_quote=Decimal(54_900))
    first = await each.manager.submit(limit)
    fall(each)
    second = Intent(
        "second", each.symbol, "sell", HELD / 2, Decimal(40_000),
        reduce_only=True, stop_price_quote=Decimal(50_000),
    )  # fmt: skip
    other = await each.manager.submit(second)
    for _ in range(3):
        await each.manager.cancel_open("killed")
        await each.manager.reconcile([each.symbol])
    assert (first.stage, other.stage) == (Stage.CANCELED, Stage.CANCELED)
    assert each.venue.account.open_orders() == []


@pytest.mark.parametrize("each", [("coinbase", "BTC/USD")], indirect=True)
async def test_a_venue_that_has_no_such_stop_is_sent_nothing(each: Shop) -> None:
    wanted = stop(each, order_type="market", price_quote=None)
    with pytest.raises(Refused, match="stop: coinbase has no stop that becomes a market order"):
        await each.manager.submit(wanted)
    assert len(each.accepted()) == 1


async def test_a_trigger_that_the_market_has_passed_is_refused_by_the_venue(each: Shop) -> None:
    higher = Quote(((Decimal(70_000), HELD),), ((Decimal(70_001), HELD),), 100.0)
    manager = each.restarted(guard=guard(each.folder, quotes=lambda symbol: higher))
    prices = {"price_quote": Decimal(64_000), "stop_price_quote": Decimal(65_000)}
    late = stop(each, "late", order_type="limit", **prices)
    order = await manager.submit(late)
    # Bybit's spot market is told no direction: it waits for the price from wherever it is.
    by_price_alone = (each.client.id, each.symbol) == ("bybit", "BTC/USDT")
    assert order.stage is (Stage.WAITING if by_price_alone else Stage.REJECTED)
    assert (await manager.reconcile([each.symbol])).clean


async def test_a_symbol_that_takes_no_such_order_is_sent_none(
    audit: TradeAudit, tmp_path: Path
) -> None:
    async with opened(audit, tmp_path) as shop:
        await shop.manager.submit(Intent("in", shop.symbol, "buy", HELD * 2, Decimal(62_000)))
        await shop.manager.reconcile([shop.symbol])
        shop.client.markets[shop.symbol]["info"]["orderTypes"].remove("STOP_LOSS")
        with pytest.raises(Refused, match="binance takes no STOP_LOSS in BTC/USDT: send it with"):
            await shop.manager.submit(stop(shop))
        order = await shop.manager.submit(
            stop(shop, order_type="limit", price_quote=Decimal(54_000))
        )
        assert order.stage is Stage.WAITING


@pytest.mark.parametrize("each", [("binanceusdm", "BTC/USDT:USDT")], indirect=True)
async def test_what_a_stop_has_become_is_ours_also_under_a_name_of_the_venues_own(
    each: Shop,
) -> None:
    order = await each.manager.submit(stop(each, order_type="limit", price_quote=Decimal(54_900)))
    fall(each)
    name = order.client_order_id.encode()

    def renamed(reply: Reply) -> Reply:
        return replace(reply, body=reply.body.replace(b'rId":"' + name, b'rId":"x'))

    asked = (Operation.QUERY_ORDER, Operation.OPEN_ORDERS)
    each.mishaps.after_it = {operation: [renamed] * 9 for operation in asked}
    found = await each.manager.reconcile([each.symbol])
    assert found.clean, found
    assert order.stage is Stage.OPEN
    assert not str(order.venue_order_id).startswith(ALGO)
    assert (await each.manager.cancel(order.client_order_id, "done")).stage is Stage.CANCELED
