"""An order that is replaced has one successor, for what it has not filled, also after a crash."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.trading_tools.exchange.orders.conftest import Shop
from tests.trading_tools.exchange.orders.guards import guard
from tests.trading_tools.exchange.orders.test_crashes import Killed, Mortal
from tests.trading_tools.exchange.orders.wanted import name_of, resting
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.orders.guard import Refused
from trading_tools.exchange.orders.life import UNSURE, Stage
from trading_tools.exchange.orders.manager import OrderManager, OtherIntent
from trading_tools.venue.core.orders import Kind, Side, Ticket
from trading_tools.venue.wire.interference import Cut
from trading_tools.venue.wire.messages import Operation, Reply

BETTER = resting("better", price_quote=Decimal("50001"))


def fill(shop: Shop, name: str, share: int) -> None:
    """Let somebody sell into an order until so many percent of it are filled."""
    number = shop.manager.records.orders[name].venue_order_id
    real = shop.venue.account.order(int(number or 0))
    assert real is not None
    book = shop.venue.exchange.books[real.ticket.symbol].own(Side.BUY)
    ahead = 0
    for _, bid in book.walk():
        if bid is real:
            break
        ahead += bid.remaining
    size = ahead + real.remaining * share // 100
    seller = shop.venue.exchange.accounts["market-taker"]
    sale = Ticket(real.ticket.symbol, Side.SELL, Kind.LIMIT, size, real.ticket.price)
    shop.venue.exchange.place(seller, sale, shop.venue.clock())


async def test_a_successor_is_for_what_the_first_has_not_filled(shop: Shop) -> None:
    first = await shop.manager.submit(resting())
    fill(shop, first.client_order_id, 40)
    second = await shop.manager.replace(first.client_order_id, BETTER, "closer")
    assert (first.stage, first.filled_size_base) == (Stage.CANCELED, Decimal("0.004"))
    assert (second.stage, second.size_base) == (Stage.OPEN, Decimal("0.006"))
    assert second.price_quote == 50_001


async def test_one_that_was_filled_before_its_cancel_has_no_successor(shop: Shop) -> None:
    first = await shop.manager.submit(resting())
    fill(shop, first.client_order_id, 100)
    told = await shop.manager.replace(first.client_order_id, BETTER, "closer")
    assert told is first
    assert first.stage is Stage.FILLED
    assert len(shop.accepted()) == 1


async def test_one_that_is_not_known_to_have_ended_has_no_successor_yet(shop: Shop) -> None:
    first = await shop.manager.submit(resting())
    shop.mishaps.before_it[Operation.CANCEL] = [Cut()]
    shop.mishaps.before_it[Operation.QUERY_ORDER] = [Reply(500, b"")] * 20
    told = await shop.manager.replace(first.client_order_id, BETTER, "closer")
    assert told is first
    assert (first.stage, len(shop.accepted())) == (Stage.OPEN, 1)
    shop.mishaps.before_it.clear()
    second = await shop.manager.replace(first.client_order_id, BETTER, "closer")
    assert (first.stage, second.stage) == (Stage.CANCELED, Stage.OPEN)


async def test_a_larger_or_smaller_size_is_that_of_both_together(shop: Shop) -> None:
    first = await shop.manager.submit(resting())
    fill(shop, first.client_order_id, 50)
    smaller = resting("smaller", size_base=Decimal("0.004"))
    assert await shop.manager.replace(first.client_order_id, smaller, "less") is first
    assert first.filled_size_base == Decimal("0.005")
    assert len(shop.accepted()) == 1


async def test_what_is_wanted_in_all_is_kept_however_often_it_is_replaced(shop: Shop) -> None:
    order = await shop.manager.submit(resting())
    for number in range(3):
        fill(shop, order.client_order_id, 50)
        nearer = resting(f"nearer {number}", price_quote=Decimal(50_001 + number))
        order = await shop.manager.replace(order.client_order_id, nearer, "closer")
    orders = shop.manager.records.orders.values()
    assert sum(each.filled_size_base + each.open_size_base for each in orders) == Decimal("0.01")
    assert len(orders) == 4


async def test_asked_again_it_is_the_same_successor(shop: Shop) -> None:
    first = await shop.manager.submit(resting())
    fill(shop, first.client_order_id, 40)
    asked = (shop.manager.replace(first.client_order_id, BETTER, "closer") for _ in range(4))
    told = await asyncio.gather(*asked)
    after = shop.restarted()
    told.append(await after.replace(first.client_order_id, BETTER, "closer"))
    assert {each.client_order_id for each in told} == {name_of("better")}
    assert len(shop.accepted()) == 2


async def test_an_order_has_one_successor(shop: Shop) -> None:
    first = await shop.manager.submit(resting())
    await shop.manager.replace(first.client_order_id, BETTER, "closer")
    with pytest.raises(OtherIntent, match=r"is replaced by .* and by no other"):
        await shop.manager.replace(first.client_order_id, resting("third"), "closer still")
    taken = await shop.manager.submit(resting("fourth"))
    with pytest.raises(OtherIntent, match="'better' is that of another order"):
        await shop.manager.replace(taken.client_order_id, BETTER, "twice")
    other = replace(resting("fifth"), symbol="ETH/USDT")
    with pytest.raises(ValueError, match="cannot replace"):
        await shop.manager.replace(taken.client_order_id, other, "odd")


async def test_a_thrown_kill_switch_lets_the_first_end_and_no_successor_out(shop: Shop) -> None:
    first = await shop.manager.submit(resting())
    (shop.folder / "stop").write_text("enough")
    with pytest.raises(Refused, match="kill-switch"):
        await shop.manager.replace(first.client_order_id, BETTER, "closer")
    assert first.stage is Stage.CANCELED
    assert len(shop.accepted()) == 1


async def test_wherever_the_process_ends_no_more_than_what_is_wanted_is_bought(
    shop: Shop,
) -> None:
    ledger: Ledger = shop.audit._ledger
    for last in range(200):
        accepted = len(shop.accepted())
        audit = TradeAudit(ledger, f"life {last}")
        mortal = Mortal(last)
        venue = shop.restarted().venue

        def manager_of(audit_: Any, venue_: Any, account: str = f"life {last}") -> OrderManager:
            return OrderManager(venue_, audit_, account, guard(shop.folder), sleep=_at_once)

        try:
            await work(manager_of(mortal.before(audit), mortal.before(venue)), shop)
            survived = True
        except Killed:
            survived = False
        after = manager_of(audit, venue)
        await work(after, shop)
        orders = list(after.records.orders.values())
        open_sizes = sum(order.open_size_base for order in orders)
        filled = sum(order.filled_size_base for order in orders)
        assert filled + open_sizes <= Decimal("0.01"), last
        assert len(shop.accepted()) - accepted <= 2
        unsure = [order for order in orders if order.stage in UNSURE]
        if not unsure:
            assert filled + open_sizes == Decimal("0.01"), last
        for order in orders:
            await after.cancel(order.client_order_id, "tidy")
        if survived:
            assert last > 20, "the work has more points than these"
            return
    pytest.fail("the work never came to its end")


async def work(manager: OrderManager, shop: Shop) -> None:
    """Rest, be filled in part, and go closer to the market."""
    first = await manager.submit(resting())
    shop.manager = manager
    if first.stage is Stage.OPEN and not first.filled_size_base:
        fill(shop, first.client_order_id, 40)
    await manager.replace(first.client_order_id, BETTER, "closer")


async def _at_once(seconds: float) -> None:
    return None
