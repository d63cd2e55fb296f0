"""The order manager against a venue over real sockets: nothing is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.venues import Clock
from tests.trading_tools.exchange.orders.conftest import Shop, opened
from tests.trading_tools.exchange.orders.guards import guard, market
from tests.trading_tools.exchange.orders.wanted import VenueOrders, name_of, resting, taking
from trading_tools.audit.order_ends import CancelIntent
from trading_tools.audit.trade import Decision, OrderIntent, OrderResult, Outcome, TradeAudit
from trading_tools.exchange.orders.guard import Refused
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.judging import Judged
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.manager import AnotherManager, OtherIntent
from trading_tools.exchange.orders.port import VenueOrder
from trading_tools.venue.binance.troubles import trouble as said
from trading_tools.venue.core.orders import Kind, Side, Ticket
from trading_tools.venue.wire.interference import Cut
from trading_tools.venue.wire.messages import Operation, Reply, Trouble


async def test_an_order_is_written_down_before_it_is_sent_and_answered_after(shop: Shop) -> None:
    order = await shop.manager.submit(resting())
    assert order.stage is Stage.OPEN
    assert shop.accepted() == [name_of("one")]
    intent, result = shop.audit.trail()[:2]
    assert isinstance(intent, OrderIntent)
    assert (intent.bid_quote, intent.ask_quote) == (Decimal(59_999), Decimal(60_001))
    assert (intent.mid_quote, intent.book_age_ms) == (Decimal(60_000), 0)
    assert (intent.key, intent.time_in_force, intent.reduce_only) == ("one", "GTC", False)
    assert isinstance(result, OrderResult)
    assert result.outcome is Outcome.ACCEPTED


async def test_the_same_key_is_the_same_order_also_after_a_restart(shop: Shop) -> None:
    first = await shop.manager.submit(resting())
    again = await asyncio.gather(*(shop.manager.submit(resting()) for _ in range(5)))
    after = await shop.restarted().submit(resting())
    assert len(shop.accepted()) == 1
    assert {order.venue_order_id for order in (first, *again, after)} == {first.venue_order_id}


async def test_the_key_of_another_order_is_refused(shop: Shop) -> None:
    await shop.manager.submit(resting())
    for other in (
        {"size_base": Decimal("0.02")},
        {"time_in_force": "IOC"},
        {"time_in_force": "PO"},
        {"reduce_only": True},
    ):
        (part,) = other
        for manager in (shop.manager, shop.restarted()):
            with pytest.raises(OtherIntent, match=f"'one' is that of another order .{part} "):
                await manager.submit(resting(**other))


async def test_an_order_that_an_older_version_wrote_down_is_still_the_same_one(shop: Shop) -> None:
    event = shop.audit.order_intent(
        client_order_id=name_of("one"),
        symbol="BTC/USDT",
        side="buy",
        order_type="limit",
        size_base=Decimal("0.01"),
        price_quote=Decimal(50_000),
        at=datetime.now(UTC),
    )
    assert event.body["time_in_force"] is None
    order = await shop.restarted().submit(resting(time_in_force="PO"), resolve_within_s=0)
    assert order.client_order_id == name_of("one")
    assert shop.asked(Operation.PLACE) == 0


async def test_a_rejection_by_a_known_code_is_one(shop: Shop) -> None:
    order = await shop.manager.submit(resting(size_base=Decimal("5")))
    assert order.stage is Stage.REJECTED
    assert order.reason == "-2010 Account has insufficient balance for requested action."
    assert order.open_size_base == 0


async def test_what_the_guard_refuses_is_neither_sent_nor_an_order_and_is_told(shop: Shop) -> None:
    (shop.folder / "stop").write_text("a person said so")
    with pytest.raises(Refused, match="kill-switch: it is thrown: a person said so"):
        await shop.manager.submit(resting())
    assert shop.asked(Operation.PLACE) == 0
    (refusal,) = shop.audit.trail()
    assert isinstance(refusal, Decision)
    assert refusal.data["size_base"] == Decimal("0.01")
    assert shop.restarted().records.orders == {}


async def test_orders_that_are_sent_at_once_share_one_limit(shop: Shop) -> None:
    narrow = guard(shop.folder, limits={"max_exposure_quote": Decimal(2_000)})
    manager = shop.restarted(guard=narrow)
    told = await asyncio.gather(
        *(manager.submit(resting(str(number))) for number in range(10)), return_exceptions=True
    )
    assert sum(isinstance(each, Refused) for each in told) == 7
    assert len(shop.accepted()) == 3


async def test_an_order_that_ccxt_refuses_itself_was_not_sent(shop: Shop) -> None:
    coarse = market(step_size=Decimal("0.0000001"), min_amount=Decimal(0), min_notional=Decimal(0))
    manager = shop.restarted(guard=guard(shop.folder, markets={"BTC/USDT": coarse}))
    order = await manager.submit(resting(size_base=Decimal("0.0000001")))
    assert order.stage is Stage.REJECTED
    assert "minimum amount precision" in (order.reason or "")
    assert shop.asked(Operation.PLACE) == 0


def lost(reply: Reply) -> Cut:
    return Cut()


def empty(reply: Reply) -> Reply:
    return Reply(200, b"")


def half(reply: Reply) -> Cut:
    return Cut(reply, len(reply.body) // 2)


def gateway(reply: Reply) -> Reply:
    return Reply(502, b"<html>502 Bad Gateway</html>", "text/html")


def busy(reply: Reply) -> Reply:
    return Reply(503, b'{"code":-1008,"msg":"Unknown error, please check your request"}')


def timeout(reply: Reply) -> Reply:
    return Reply(400, b'{"code":-1007,"msg":"Timeout waiting for response from backend server."}')


@pytest.mark.parametrize("mishap", [lost, empty, half, gateway, busy, timeout])
async def test_an_acknowledgement_that_is_lost_in_any_way_is_found_by_a_query(
    shop: Shop, mishap: Any
) -> None:
    shop.mishaps.after_it[Operation.PLACE] = [mishap]
    order = await shop.manager.submit(resting())
    assert order.stage is Stage.OPEN
    assert shop.asked(Operation.PLACE) == 1
    assert shop.accepted() == [name_of("one")]


async def test_fills_are_counted_once_from_wherever_they_come(shop: Shop) -> None:
    order = await shop.manager.submit(taking())
    await shop.manager.reconcile(["BTC/USDT"])
    for fill in await shop.manager.venue.fills("BTC/USDT", 0):
        assert shop.manager.on_fill(fill)
    again = shop.restarted()
    await again.reconcile(["BTC/USDT"])
    assert order.stage is Stage.FILLED
    assert again.records.orders == shop.manager.records.orders
    assert again.records.position_base("BTC/USDT") == Decimal("0.00999")
    assert again.records.orders[order.client_order_id].settled


async def test_fills_are_found_though_our_clock_is_ahead_of_the_venues(
    audit: TradeAudit, tmp_path: Path
) -> None:
    clock = Clock()
    async with opened(audit, tmp_path, clock=clock) as shop:
        manager = shop.restarted(now=lambda: clock.utc() + timedelta(seconds=50))
        order = await manager.submit(taking())
        await manager.reconcile(["BTC/USDT"])
        assert order.settled
        assert len(order.fills) > 0


async def test_a_fill_that_overtakes_the_reply_to_its_order_counts(shop: Shop) -> None:
    at_the_venue, may_reply = asyncio.Event(), asyncio.Event()
    real = shop.manager.venue.submit

    class Slow(VenueOrders):
        async def submit(self, intent: Intent, name: str) -> Any:
            told = await real(intent, name)
            at_the_venue.set()
            await may_reply.wait()
            return told

    shop.manager.venue = Slow(shop.manager.venue)
    task = asyncio.create_task(shop.manager.submit(taking()))
    await at_the_venue.wait()
    fills = await shop.manager.venue.fills("BTC/USDT", 0)
    assert fills
    assert not any(shop.manager.on_fill(fill) for fill in fills)
    may_reply.set()
    order = await task
    assert order.filled_size_base == Decimal("0.01")
    assert shop.restarted().records.position_base("BTC/USDT") == Decimal("0.00999")


async def test_a_view_that_is_older_than_the_end_of_an_order_changes_nothing(shop: Shop) -> None:
    order = await shop.manager.submit(taking())
    await shop.manager.reconcile(["BTC/USDT"])
    number, size = order.venue_order_id or "", order.size_base
    old = VenueOrder(
        number, order.client_order_id, "BTC/USDT", "buy", Stage.OPEN, size, Decimal("0.004")
    )
    assert shop.manager.on_order(old)
    assert (order.stage, order.filled_size_base) == (Stage.FILLED, size)


async def test_a_cancel_that_a_fill_has_overtaken_ends_as_a_fill(shop: Shop) -> None:
    order = await shop.manager.submit(resting())
    real = shop.venue.exchange.accounts["drill"].order(int(order.venue_order_id or 0))
    assert real is not None
    seller = shop.venue.exchange.accounts["market-taker"]
    ticket = Ticket("BTCUSDT", Side.SELL, Kind.LIMIT, 10_000_000, 5_000_000)
    shop.venue.exchange.place(seller, ticket, shop.venue.clock())
    ended = await shop.manager.cancel(order.client_order_id, "no longer wanted")
    assert ended.stage is Stage.FILLED
    assert ended.filled_size_base == Decimal("0.01")


async def test_a_cancel_whose_answer_is_lost_is_found_out(shop: Shop) -> None:
    order = await shop.manager.submit(resting())
    shop.mishaps.after_it[Operation.CANCEL] = [lost]
    ended = await shop.manager.cancel(order.client_order_id, "no longer wanted")
    assert ended.stage is Stage.CANCELED
    assert shop.manager.records.exposure_base("BTC/USDT") == (Decimal(0), Decimal(0))


async def test_a_submit_that_is_cancelled_is_unknown_and_found_again(shop: Shop) -> None:
    shop.mishaps.after_it[Operation.PLACE] = [lambda reply: Cut(hang=True)]
    task = asyncio.create_task(shop.manager.submit(resting()))
    async with asyncio.timeout(30):
        while not shop.accepted():
            await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert shop.manager.records.orders[name_of("one")].stage is Stage.UNKNOWN
    found = await shop.restarted().reconcile(["BTC/USDT"])
    assert found.clean
    assert shop.manager.records.orders[name_of("one")].stage is Stage.OPEN


async def test_of_two_managers_that_send_the_same_intent_at_once_one_sends(shop: Shop) -> None:
    first, second = shop.manager, shop.restarted()
    told = await asyncio.gather(
        first.submit(resting()), second.submit(resting()), return_exceptions=True
    )
    assert sum(isinstance(each, AnotherManager) for each in told) == 1
    assert shop.accepted() == [name_of("one")]
    for number, manager in enumerate((first, second)):
        with pytest.raises(AnotherManager, match="was not sent: another process writes orders"):
            await manager.submit(resting(f"later {number}"))
    assert shop.accepted() == [name_of("one")]
    await shop.restarted().submit(resting("alone again"))
    assert len(shop.accepted()) == 2


async def test_decisions_of_others_in_the_same_audit_stop_no_order(shop: Shop) -> None:
    shop.audit.decision("sell nothing", "the strategy said so")
    await shop.manager.submit(resting())
    assert len(shop.accepted()) == 1


async def test_what_others_do_with_the_account_is_found_and_not_taken_for_ours(shop: Shop) -> None:
    await shop.client.create_order("BTC/USDT", "limit", "buy", 0.01, 50_000)
    await shop.client.create_order("BTC/USDT", "market", "buy", 0.01)
    found = await shop.manager.reconcile(["BTC/USDT"])
    assert len(found.strange_orders) == 1
    assert found.strange_fills
    assert not found.clean
    assert shop.manager.lost_intents(found.strange_orders) == []


async def test_a_fill_of_others_in_a_long_time_without_stream_is_found_though_ours_are_settled(
    audit: TradeAudit, tmp_path: Path
) -> None:
    clock = Clock()
    async with opened(audit, tmp_path, clock=clock) as shop:
        manager = shop.restarted(now=clock.utc)
        assert (await manager.reconcile(["BTC/USDT"])).clean
        clock.now += 120_000
        await shop.client.create_order("BTC/USDT", "market", "buy", 0.01)
        clock.now += 480_000
        assert (await manager.reconcile(["BTC/USDT"])).strange_fills
        clock.now += 480_000
        assert (await manager.reconcile(["BTC/USDT"])).clean


async def test_orders_of_an_audit_that_was_lost_are_known_as_such(
    shop: Shop, audit: TradeAudit
) -> None:
    await shop.manager.submit(resting())
    shop.audit = TradeAudit(audit._ledger, "another")
    manager = shop.restarted()
    found = await manager.reconcile(["BTC/USDT"])
    assert [each.client_order_id for each in manager.lost_intents(found.strange_orders)] == [
        name_of("one")
    ]


@pytest.mark.parametrize("trouble", [Trouble.RATE_LIMITED, Trouble.BAD_CLOCK, Trouble.BANNED])
async def test_a_refusal_before_the_order_is_looked_at_is_a_rejection(
    shop: Shop, trouble: Trouble
) -> None:
    shop.mishaps.before_it[Operation.PLACE] = [said(trouble, 0, 60)]
    order = await shop.manager.submit(resting())
    assert order.stage is Stage.REJECTED
    assert shop.accepted() == []


async def test_an_older_view_of_an_order_that_was_taken_and_then_refused_is_no_news(
    shop: Shop,
) -> None:
    order = await shop.manager.submit(resting())
    (shown,) = await shop.manager.venue.open_orders("BTC/USDT")
    shop.manager.on_order(replace(shown, stage=Stage.REJECTED))
    assert shop.manager.on_order(shown)
    assert order.stage is Stage.REJECTED


async def test_a_bot_that_compares_all_the_time_writes_little(
    audit: TradeAudit, tmp_path: Path
) -> None:
    clock = Clock()
    async with opened(audit, tmp_path, clock=clock) as shop:
        manager = shop.restarted(now=clock.utc)
        for _ in range(12):
            clock.now += 60_000
            await manager.reconcile(["BTC/USDT"])
        assert len(audit.trail()) == 2


async def test_what_others_did_while_nothing_of_ours_ran_is_told_after_a_restart(
    audit: TradeAudit, tmp_path: Path
) -> None:
    clock = Clock()
    async with opened(audit, tmp_path, clock=clock) as shop:
        assert (await shop.restarted(now=clock.utc).reconcile(["BTC/USDT"])).clean
        clock.now += 120_000
        await shop.client.create_order("BTC/USDT", "market", "buy", 0.01)
        clock.now += 600_000
        after = shop.restarted(now=clock.utc)
        assert (await after.reconcile(["BTC/USDT"])).strange_fills
        # Coins that others bought are not ours to sell.
        assert after.records.position_base("BTC/USDT") == 0


async def test_a_clock_that_is_ahead_hides_no_fill_though_the_venue_did_not_tell_its_own(
    audit: TradeAudit, tmp_path: Path
) -> None:
    clock = Clock()
    async with opened(audit, tmp_path, clock=clock) as shop:
        manager = shop.restarted(now=lambda: clock.utc() + timedelta(hours=1))
        shop.mishaps.before_it[Operation.TIME] = [Reply(500, b"")]
        assert (await manager.reconcile(["BTC/USDT"])).clean
        clock.now += 120_000
        await shop.client.create_order("BTC/USDT", "market", "buy", 0.01)
        assert (await manager.reconcile(["BTC/USDT"])).strange_fills


async def test_the_cancels_of_a_kill_do_not_wait_for_a_ledger_that_another_program_holds(
    shop: Shop,
) -> None:
    names = {(await shop.manager.submit(resting(key))).client_order_id for key in ("one", "two")}
    other = sqlite3.connect(shop.folder / "ledger.sqlite", isolation_level=None)
    real, asked = shop.manager.venue, set()

    class LettingGo(VenueOrders):
        async def cancel(self, symbol: str, name: str, number: str | None) -> Judged:
            told = await real.cancel(symbol, name, number)
            asked.add(name)
            if asked == names:
                other.execute("ROLLBACK")
            return told

    shop.manager.venue = LettingGo(real)
    other.execute("BEGIN IMMEDIATE")
    await shop.manager.cancel_open("stop")
    assert asked == names
    written = [each for each in shop.audit.trail() if isinstance(each, CancelIntent)]
    assert {each.client_order_id for each in written} == names
    other.close()
