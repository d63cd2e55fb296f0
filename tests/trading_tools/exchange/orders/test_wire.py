"""Requests of the order port wait for their turn, obey what replies say, and pass a breaker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.trading_tools.exchange.orders.conftest import Shop, opened
from tests.trading_tools.exchange.orders.guards import guard
from tests.trading_tools.exchange.orders.test_every_venue import MADE, intent
from tests.trading_tools.exchange.orders.wanted import resting
from trading_tools.audit.trade import CancelResult, Outcome
from trading_tools.exchange.breaker import Breaker, BreakerRules, State
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.guard import Refused
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import NOT_SENT, Unanswered
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.rules import Cost, Priority, Scope, Window
from trading_tools.exchange.pacing.venues import pacer_for
from trading_tools.venue.wire.interference import Cut
from trading_tools.venue.wire.messages import Operation, Reply

DOWN = Reply(503, b'{"code":-1008,"msg":"Server is busy."}')

BUSY_BYBIT = Reply(200, b'{"retCode":10016,"retMsg":"Server error."}')


def stopped() -> Callable[[], float]:
    """A clock that stands still, so that what was used stays used."""
    return lambda: 1_000.0


async def test_an_order_a_query_and_a_cancel_count_what_the_venue_counts(shop: Shop) -> None:
    pacer = pacer_for("binance", clock=stopped())
    manager = shop.restarted(pacer=pacer)
    order = await manager.submit(resting())
    # The venue's own header has the weight of loading the markets too.
    used = pacer.used("weight-1m")
    assert (used > 20, pacer.used("orders-10s")) == (True, 1)
    await manager.venue.find("BTC/USDT", order.client_order_id, order.venue_order_id, 0)
    assert pacer.used("weight-1m") == used + 4
    await manager.cancel(order.client_order_id, "done")
    assert pacer.used("orders-10s") == 1
    assert not shop.client.enableRateLimit


async def test_an_order_by_a_way_that_is_not_known_may_be_there(shop: Shop) -> None:
    shop.client.options["portfolioMargin"] = True
    order = await shop.manager.submit(resting(), 0)
    assert order.stage is Stage.UNKNOWN


async def test_an_order_whose_turn_does_not_come_in_time_is_refused_and_not_written_down(
    shop: Shop,
) -> None:
    pacer = Pacer("binance", [Window("orders-10s", "orders", 1, 10, Scope.KEY)], clock=stopped())
    manager = shop.restarted(pacer=pacer, patience_s=0.05)
    first = await manager.submit(resting("first"))
    with pytest.raises(Refused, match=r"pacing: binance's limits left no room for 0.05 s"):
        await manager.submit(resting("second"))
    assert list(manager.records.orders) == [first.client_order_id]
    assert (await manager.cancel(first.client_order_id, "done")).stage is Stage.CANCELED


async def test_the_guard_looks_again_after_the_wait_for_a_turn(shop: Shop) -> None:
    pacer = Pacer("binance", [Window("weight-1m", "weight", 1, 0.2, Scope.ADDRESS, 0)])
    manager = shop.restarted(pacer=pacer)
    await pacer.acquire(Cost({"weight": 1}))
    sending = asyncio.create_task(manager.submit(resting()))
    while not pacer.waiting:
        await asyncio.sleep(0)
    (shop.folder / "stop").write_text("while it waited")
    with pytest.raises(Refused, match="kill-switch: it is thrown: while it waited"):
        await sending
    assert shop.asked(Operation.PLACE) == 0


async def test_orders_that_waited_for_their_turns_at_once_share_one_limit(shop: Shop) -> None:
    pacer = Pacer("binance", [Window("weight-1m", "weight", 1, 0.05, Scope.ADDRESS, 0)])
    narrow = guard(shop.folder, limits={"max_exposure_quote": Decimal(1_000)})
    manager = shop.restarted(pacer=pacer, guard=narrow)
    await pacer.acquire(Cost({"weight": 1}))
    wanted = [manager.submit(resting(str(number))) for number in range(3)]
    told = await asyncio.gather(*wanted, return_exceptions=True)
    assert [each.rule for each in told if isinstance(each, Refused)] == ["max-exposure"] * 2
    assert len(shop.accepted()) == 1


async def test_a_cancel_goes_before_an_order_that_waits_longer(shop: Shop) -> None:
    pacer = Pacer("binance", [Window("weight-1m", "weight", 2, 0.2, Scope.ADDRESS, 0)])
    manager = shop.restarted(pacer=pacer)
    order = await manager.submit(resting("open"))
    await pacer.acquire(Cost({"weight": 1}), Priority.CANCEL)
    sending = asyncio.create_task(manager.submit(resting("next")))
    while pacer.waiting < 1:
        await asyncio.sleep(0)
    cancelling = asyncio.create_task(manager.cancel(order.client_order_id, "first", 0))
    await asyncio.gather(sending, cancelling)
    received = [each.body["operation"] for each in shop.venue.ledger.of("request.received")]
    acts = [each for each in received if each in ("place", "cancel")]
    assert acts == ["place", "cancel", "place"]


@pytest.mark.parametrize(("status", "seconds"), [(429, 7), (418, 120)])
async def test_a_reply_that_says_slow_down_stops_all_requests_for_as_long_as_it_says(
    shop: Shop, status: int, seconds: int
) -> None:
    now = [1_000.0]
    pacer = pacer_for("binance", clock=lambda: now[0])
    manager = shop.restarted(pacer=pacer, patience_s=0.05)
    body = b'{"code":-1003,"msg":"Too many requests."}'
    shop.mishaps.before_it[Operation.PLACE] = [
        Reply(status, body, headers={"Retry-After": str(seconds)})
    ]
    order = await manager.submit(resting("slow"))
    assert order.stage is Stage.REJECTED
    now[0] += seconds - 1
    with pytest.raises(Refused, match="pacing"):
        await manager.submit(resting("too soon"))
    now[0] += 2
    assert (await manager.submit(resting("later"))).stage is Stage.OPEN


async def test_requests_under_way_at_once_are_each_judged_by_their_own_reply(shop: Shop) -> None:
    async def odd(number: int) -> Any:
        size = Decimal("5") if number % 2 else Decimal("0.001")
        return await shop.manager.submit(resting(str(number), size_base=size))

    orders = await asyncio.gather(*(odd(number) for number in range(12)))
    for number, order in enumerate(orders):
        assert order.stage is (Stage.REJECTED if number % 2 else Stage.OPEN)


def fragile(shop: Shop, now: list[float]) -> Breaker:
    return Breaker("binance", BreakerRules(failures=2, open_s=5), clock=lambda: now[0])


async def test_an_open_breaker_refuses_orders_and_lets_cancels_through(shop: Shop) -> None:
    now = [0.0]
    breaker = fragile(shop, now)
    manager = shop.restarted(breaker=breaker)
    order = await manager.submit(resting("before"))
    shop.mishaps.before_it[Operation.QUERY_ORDER] = [DOWN, DOWN]
    for _ in range(2):
        await manager.refresh(order.venue_order_id or "")
    assert breaker.state is State.OPEN
    with pytest.raises(Refused, match=r"breaker: .*binance keeps failing"):
        await manager.submit(resting("meanwhile"))
    assert len(manager.records.orders) == 1
    await manager.cancel(order.client_order_id, "risk", 0)
    assert shop.asked(Operation.CANCEL) == 1
    (told,) = [each for each in shop.audit.trail() if isinstance(each, CancelResult)]
    assert told.outcome is Outcome.ACCEPTED


async def test_a_query_and_never_an_order_is_the_probe_of_an_open_breaker(shop: Shop) -> None:
    now = [0.0]
    breaker = fragile(shop, now)
    manager = shop.restarted(breaker=breaker)
    shop.mishaps.after_it[Operation.PLACE] = [lambda reply: Cut()]
    shop.mishaps.before_it[Operation.QUERY_ORDER] = [DOWN]
    lost = await manager.submit(resting("lost"), resolve_within_s=0)
    assert (lost.stage, breaker.state) == (Stage.UNKNOWN, State.OPEN)
    now[0] = 6.0
    shop.mishaps.before_it[Operation.TIME] = [DOWN]
    with pytest.raises(Refused, match="breaker"):
        await manager.submit(resting("not yet"))
    assert (breaker.state, shop.asked(Operation.PLACE)) == (State.OPEN, 1)
    now[0] = 20.0
    assert (await manager.submit(resting("again"))).stage is Stage.OPEN
    assert breaker.state is State.CLOSED
    assert (await manager.reconcile(["BTC/USDT"])).clean
    assert len(shop.accepted()) == 2


async def test_an_order_whose_turn_was_before_the_breaker_opened_does_not_leave(shop: Shop) -> None:
    now = [0.0]
    breaker = fragile(shop, now)
    port = shop.restarted(breaker=breaker).venue
    await port.turn(resting())
    for _ in range(2):
        breaker.permit().failed()
    now[0] = 6.0
    assert (await port.submit(resting(), "o-late")).code == NOT_SENT
    assert shop.asked(Operation.PLACE) == 0


async def test_what_else_the_client_is_asked_after_an_order_is_data(shop: Shop) -> None:
    now = [0.0]
    breaker = fragile(shop, now)
    manager = shop.restarted(breaker=breaker)
    order = await manager.submit(resting())
    shop.mishaps.before_it[Operation.QUERY_ORDER] = [DOWN] * 2
    for _ in range(2):
        await manager.refresh(order.venue_order_id or "")
    now[0] = 6.0
    # Of an order it would be refused: it is the probe.
    await shop.client.fetch_order_book("BTC/USDT")
    assert breaker.state is State.CLOSED


async def test_what_a_venue_refuses_opens_no_breaker(shop: Shop) -> None:
    breaker = fragile(shop, [0.0])
    manager = shop.restarted(breaker=breaker)
    for number in range(4):
        await manager.submit(resting(str(number), size_base=Decimal("5")))
    assert breaker.state is State.CLOSED


async def test_krakens_deadline_is_set_after_the_wait_for_a_turn(audit: Any, tmp_path: Any) -> None:
    async with opened(audit, tmp_path, MADE["kraken"]()) as shop:
        shop.symbol = "BTC/USD"
        deadlines: list[float] = []
        real = shop.client.privatePostAddOrder

        async def told(params: dict[str, Any]) -> Any:
            deadlines.append(datetime.fromisoformat(params["deadline"]).timestamp())
            return await real(params)

        shop.client.privatePostAddOrder = told
        pacer = Pacer("kraken", [Window("engine", "engine", 1, 0.3, Scope.KEY, 0, lanes=True)])
        manager = shop.restarted(pacer=pacer)
        for number in range(2):
            await manager.submit(intent(shop, str(number), price_quote=Decimal(50_000 + number)))
        assert deadlines[1] - deadlines[0] >= 0.25
        assert len(shop.accepted()) == 2


async def test_a_kraken_request_that_got_no_turn_says_nothing_of_the_venue(
    audit: Any, tmp_path: Any
) -> None:
    async with opened(audit, tmp_path, MADE["kraken"]()) as shop:
        now, pacer = [0.0], Pacer("kraken", ())
        breaker = fragile(shop, now)
        venue = shop.restarted(pacer=pacer, breaker=breaker, patience_s=0.05).venue
        for _ in range(2):
            breaker.permit().failed()
        now[0] = 6.0
        await pacer.nonces.turn()
        with pytest.raises(Unanswered, match="answers others of this key"):
            await venue.open_orders("BTC/USD")
        await venue.time_ms()  # the probe, which is let out as if nothing had been
        assert breaker.state is State.CLOSED


async def test_what_bybit_is_asked_before_a_first_order_is_asked_once(
    audit: Any, tmp_path: Any
) -> None:
    async with opened(audit, tmp_path, MADE["bybit"]()) as shop:
        shop.client.options.pop("enableUnifiedAccount", None)
        before = shop.asked(Operation.SETTINGS)
        shop.mishaps.before_it[Operation.SETTINGS] = [BUSY_BYBIT]
        with pytest.raises(Refused, match="account: bybit did not say"):
            await shop.manager.submit(intent(shop, "too soon"))
        wanted = [intent(shop, f"{n}", price_quote=Decimal(50_000 + n)) for n in range(6)]
        orders = await asyncio.gather(*map(shop.manager.submit, wanted))
        assert {order.stage for order in orders} == {Stage.OPEN}
        assert shop.asked(Operation.SETTINGS) - before <= 4


async def test_an_order_that_was_let_out_does_not_leave_once_orders_are_stopped(shop: Shop) -> None:
    told: list[str] = []
    port = CcxtOrders(shop.client, Pacer("binance", ()), halted=lambda: told[0] if told else None)
    await port.turn(resting())
    told.append("this bot was told to end")
    judged = await port.submit(resting(), "one")
    assert (judged.outcome, judged.code) == (Outcome.REJECTED, NOT_SENT)
    assert "told to end" in str(judged.message)
    assert shop.asked(Operation.PLACE) == 0
