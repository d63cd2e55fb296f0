"""Orders by ib_async against a stand-in for TWS over its socket protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.tws import ACCOUNT, Tws
from tests.trading_tools.exchange.orders.guards import BOOK, guard, market
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import Outcome, TradeAudit
from trading_tools.exchange.links.ib.orders import IbOrders
from trading_tools.exchange.orders.guard import Quote, Refused
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.port import PartlyRead, Unanswered

SYMBOL = "AAPL/USD"
LIMITS = {"max_position_base": {SYMBOL: Decimal(1_000)}}
QUOTE = Quote(((Decimal(99), Decimal(500)),), ((Decimal(100), Decimal(500)),), BOOK.at)


def stock() -> Any:
    from ib_async import Stock

    contract = Stock("AAPL", "SMART", "USD")
    contract.conId = 265598
    return contract


def resting(key: str = "rest", **changes: Any) -> Intent:
    given = {"size_base": Decimal(10), "price_quote": Decimal("90.5"), **changes}
    return Intent(key, SYMBOL, "buy", **given)


def taking(key: str = "take") -> Intent:
    return resting(key, price_quote=Decimal(101))


async def at_once(seconds: float) -> None:
    await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that the running tasks will bring about."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)


class Desk:
    """A TWS, and one process after another that trades by it."""

    def __init__(self, tws: Tws, audit: TradeAudit, folder: Path) -> None:
        self.tws = tws
        self.audit = audit
        self.folder = folder
        self.ports: list[IbOrders] = []

    def port(self, **changes: Any) -> IbOrders:
        given: dict[str, Any] = {"answer_s": 1.0, "day": UTC, "account": ACCOUNT, **changes}
        made = IbOrders({SYMBOL: stock()}, self.tws.port, 7, **given)
        self.ports.append(made)
        return made

    def manager(self, port: IbOrders, **changes: Any) -> OrderManager:
        guarded = guard(
            self.folder,
            limits=LIMITS,
            markets={SYMBOL: market(SYMBOL)},
            quotes=lambda symbol: QUOTE,
        )

        return OrderManager(port, self.audit, "test", guarded, sleep=at_once, **changes)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        async with Tws() as tws:
            made = Desk(tws, TradeAudit(ledger, "trades"), tmp_path)
            try:
                yield made
            finally:
                for port in made.ports:
                    await port.close()


async def test_orders_rest_fill_and_are_cancelled(desk: Desk) -> None:
    manager = desk.manager(desk.port())
    order = await manager.submit(resting())
    assert (order.stage, order.venue_order_id) == (Stage.OPEN, "9000")
    filled = await manager.submit(taking())
    assert (await manager.cancel(order.client_order_id, "done")).stage is Stage.CANCELED
    assert (await manager.reconcile([SYMBOL])).clean
    assert (filled.stage, filled.settled) == (Stage.FILLED, True)
    assert manager.records.position_base(SYMBOL) == 10


async def test_a_tws_of_an_older_version_is_understood(desk: Desk) -> None:
    desk.tws.version = 176
    manager = desk.manager(desk.port())
    order = await manager.submit(resting())
    filled = await manager.submit(taking())
    assert (await manager.cancel(order.client_order_id, "done")).stage is Stage.CANCELED
    assert (await manager.reconcile([SYMBOL])).clean
    assert (filled.stage, filled.settled) == (Stage.FILLED, True)


async def test_what_tws_tells_reaches_the_manager_as_it_comes(desk: Desk) -> None:
    port = desk.port()
    manager = desk.manager(port)
    port.watch(manager.on_order, manager.on_fill)
    order = await manager.submit(resting())
    desk.tws.trade(desk.tws.orders[0], 4, 90.5)
    await port.time_ms()
    assert (order.stage, len(order.fills)) == (Stage.OPEN, 1)
    assert order.filled_size_base == 4
    desk.tws.trade(desk.tws.orders[0], 6, 90.5)
    await port.time_ms()
    assert (order.stage, order.settled, len(order.fills)) == (Stage.FILLED, True, 2)


async def test_the_client_order_id_travels_as_the_order_reference(desk: Desk) -> None:
    order = await desk.manager(desk.port()).submit(resting())
    (told,) = desk.tws.placed
    assert told[16:20] == ["BUY", "10.0", "LMT", "90.5"]
    assert told[26] == order.client_order_id


@pytest.mark.parametrize("mishap", ["cut_before", "cut_after", "silent"])
async def test_what_a_lost_connection_leaves_open_is_asked_and_not_sent_again(
    desk: Desk, mishap: str
) -> None:
    port = desk.port(answer_s=0.3)
    manager = desk.manager(port)
    await manager.reconcile([SYMBOL])
    setattr(desk.tws.mishaps, mishap, True)
    order = await manager.submit(resting(), resolve_within_s=0)
    desk.tws.mishaps.silent = False
    await manager.reconcile([SYMBOL])
    reached = mishap != "cut_before"
    assert order.stage is (Stage.OPEN if reached else Stage.UNKNOWN)
    await manager.submit(resting(), resolve_within_s=0)
    assert len(desk.tws.placed) == 1
    assert len(desk.tws.orders) == reached


@pytest.mark.parametrize("code", [1101, 1102])
async def test_while_tws_has_lost_its_broker_nothing_is_sent_and_no_list_believed(
    desk: Desk, code: int
) -> None:
    port = desk.port()
    manager = desk.manager(port)
    await manager.reconcile([SYMBOL])
    compared = asyncio.Event()

    async def recover() -> None:
        assert (await manager.reconcile([SYMBOL])).clean
        compared.set()

    port.upkeep.recover = recover
    desk.tws.say(1100, "Connectivity between IB and Trader Workstation has been lost.")
    await until(lambda: port.upkeep.cut_off is not None)
    with pytest.raises(Refused, match="Trader Workstation has been lost"):
        await manager.submit(resting())
    with pytest.raises(Unanswered, match="TWS has no connection of its own"):
        await port.open_orders(SYMBOL)
    assert desk.tws.placed == []
    desk.tws.say(code, "Connectivity between IB and Trader Workstation has been restored.")
    async with asyncio.timeout(30):
        await compared.wait()
    assert (await manager.submit(resting())).stage is Stage.OPEN


async def test_after_a_break_the_fills_are_compared_without_being_asked_to(desk: Desk) -> None:
    port = desk.port(sleep=at_once)
    manager = desk.manager(port)
    order = await manager.submit(resting())
    tries: list[int] = []

    async def recover() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise Unanswered("not yet")
        await manager.reconcile([SYMBOL])

    port.upkeep.recover = recover
    desk.tws.cut()
    desk.tws.trade(desk.tws.orders[0], 10.0)
    await until(lambda: order.settled)
    assert (order.stage, len(tries)) == (Stage.FILLED, 2)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(201, Outcome.REJECTED), (110, Outcome.REJECTED), (103, Outcome.UNKNOWN)],
)
async def test_a_code_says_whether_an_order_came_of_it(
    desk: Desk, code: int, outcome: Outcome
) -> None:
    desk.tws.mishaps.refuse_with = (code, "Order rejected - reason:")
    judged = await desk.port().submit(resting(), "o-1")
    assert (judged.outcome, judged.code) == (outcome, str(code))


async def test_a_code_that_says_nothing_of_the_order_leaves_it_unknown(desk: Desk) -> None:
    desk.tws.mishaps.refuse_with = (322, "Error processing request")
    judged = await desk.port(answer_s=0.3).submit(resting(), "o-1")
    assert judged.outcome is Outcome.UNKNOWN


async def test_a_warning_is_no_rejection(desk: Desk) -> None:
    desk.tws.mishaps.warn_with = (399, "Your order will not be placed at the exchange until")
    judged = await desk.port().submit(resting(), "o-1")
    assert judged.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (10349, "Order TIF was set to DAY based on order preset."),
        (10311, "This order will be directly routed to ISLAND."),
        (399, "Your order will not be placed at the exchange until"),
    ],
)
async def test_a_code_that_ib_async_takes_for_the_end_of_an_order_is_none(
    desk: Desk, code: int, text: str
) -> None:
    port = desk.port()
    manager = desk.manager(port)
    port.watch(manager.on_order, manager.on_fill)
    order = await manager.submit(resting())
    desk.tws.say(code, text, about=desk.tws.orders[0].order_id)
    await port.time_ms()
    assert order.stage is Stage.OPEN
    desk.tws.trade(desk.tws.orders[0], 10, 90.5)
    await port.time_ms()
    assert (order.stage, order.settled) == (Stage.FILLED, True)


async def test_a_cancel_that_tws_refuses_ends_nothing(desk: Desk) -> None:
    port = desk.port()
    manager = desk.manager(port)
    port.watch(manager.on_order, manager.on_fill)
    order = await manager.submit(resting())
    desk.tws.mishaps.refuse_cancel_with = (161, "Cancel attempted when order is not in a state")
    judged = await port.cancel(SYMBOL, order.client_order_id, None)
    assert (judged.outcome, judged.code) == (Outcome.REJECTED, "161")
    assert order.stage is Stage.OPEN


async def test_an_order_that_the_exchange_cancels_at_once_is_found_cancelled(desk: Desk) -> None:
    manager = desk.manager(desk.port())
    order = await manager.submit(resting(time_in_force="IOC"))
    await manager.reconcile([SYMBOL])
    assert (order.stage, order.filled_size_base) == (Stage.CANCELED, Decimal(0))


async def test_a_successor_finds_what_happened_while_nobody_was_there(desk: Desk) -> None:
    before = desk.port()
    name = (await desk.manager(before).submit(resting())).client_order_id
    await before.close()
    desk.tws.trade(desk.tws.orders[0], 4, 90.5)
    manager = desk.manager(desk.port())
    assert (await manager.reconcile([SYMBOL])).clean
    order = manager.records.orders[name]
    assert (order.stage, order.filled_size_base) == (Stage.OPEN, Decimal(4))
    assert (await manager.cancel(name, "done")).stage is Stage.CANCELED
    assert order.filled_size_base == 4


async def test_a_cancel_that_comes_too_late_finds_the_fill(desk: Desk) -> None:
    manager = desk.manager(desk.port())
    order = await manager.submit(resting())
    desk.tws.trade(desk.tws.orders[0], 10, 90.5)
    ended = await manager.cancel(order.client_order_id, "done")
    assert (ended.stage, ended.filled_size_base) == (Stage.FILLED, Decimal(10))


async def test_an_order_of_another_client_cannot_be_cancelled_and_it_is_said(desk: Desk) -> None:
    other = desk.port()
    await other.submit(resting(), "o-1")
    await other.close()
    desk.tws.orders[0].client_id = 3
    judged = await desk.port().cancel(SYMBOL, "o-1", None)
    assert (judged.outcome, judged.code) == (Outcome.REJECTED, "10147")


async def test_a_correction_of_a_trade_takes_its_place(desk: Desk) -> None:
    port = desk.port()
    await port.submit(taking(), "o-1")
    (done,) = desk.tws.executions
    desk.tws.executions.append(
        type(done)(done.held, done.exec_id[:-2] + "02", "10.0", "99.0", done.at)
    )
    (fill,) = await port.fills(SYMBOL, 0)
    assert fill.price_quote == 99


async def test_a_time_without_a_zone_is_that_of_tws(desk: Desk) -> None:
    port = desk.port(day=ZoneInfo("Pacific/Kiritimati"))  # 14 hours ahead, where nobody else is
    await port.submit(taking(), "o-1")
    (done,) = desk.tws.executions
    at = done.at.replace(microsecond=0)
    done.at, desk.tws.zone = at.astimezone(ZoneInfo("Pacific/Kiritimati")), ""
    (fill,) = await port.fills(SYMBOL, 0)
    assert fill.at_ms == at.timestamp() * 1000


async def test_an_execution_that_cannot_be_read_keeps_no_other_from_being_told(desk: Desk) -> None:
    port = desk.port()
    await port.submit(taking(), "o-1")
    (done,) = desk.tws.executions
    desk.tws.executions.append(type(done)(done.held, "x9.01", "nan", "99.0", done.at))
    with pytest.raises(PartlyRead, match="1 of ib's rows: an execution") as partly:
        await port.fills(SYMBOL, 0)
    assert [fill.price_quote for fill in partly.value.rows] == [100]


async def test_absence_is_no_answer_once_the_day_of_tws_has_turned(desk: Desk) -> None:
    port = desk.port()
    now = datetime.now(UTC)
    today = int(now.timestamp() * 1000)
    yesterday = int((now - timedelta(days=1)).timestamp() * 1000)
    assert await port.find(SYMBOL, "o-none", None, today) is None
    with pytest.raises(Unanswered, match="TWS lists the orders of the day alone"):
        await port.find(SYMBOL, "o-none", None, yesterday)


async def test_an_order_that_never_reached_tws_is_proven_absent_on_its_day(desk: Desk) -> None:
    times = [datetime(2026, 11, 27, 15, tzinfo=UTC)]
    desk.tws.clock = lambda: times[0]
    manager = desk.manager(desk.port(now=desk.tws.clock), now=desk.tws.clock)
    await manager.reconcile([SYMBOL])
    desk.tws.mishaps.cut_before = True
    order = await manager.submit(resting(), resolve_within_s=0)
    for seconds in (75, 15):
        assert order.stage is Stage.UNKNOWN
        times[0] += timedelta(seconds=seconds)
        await manager.reconcile([SYMBOL])
    assert (order.stage, desk.tws.orders) == (Stage.VOID, [])


async def test_what_ib_async_cannot_read_is_no_absence(desk: Desk) -> None:
    port = desk.port()
    await port.submit(resting(), "o-1")
    desk.tws.orders[0].price = "ten"
    with pytest.raises(Unanswered, match="TWS sent what ib_async cannot read"):
        await port.find(SYMBOL, "o-1", None, int(datetime.now(UTC).timestamp() * 1000))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"time_in_force": "PO"}, "TWS has no post-only orders"),
        ({"price_quote": Decimal("0.00001")}, "price_quote 0.00001 cannot be sent exactly"),
        ({"size_base": Decimal("1.00000000000000001")}, "cannot be sent exactly"),
    ],
)
async def test_what_cannot_be_said_to_tws_is_not_sent(
    desk: Desk, changes: dict[str, Any], why: str
) -> None:
    judged = await desk.port().submit(resting(**changes), "o-1")
    assert (judged.outcome, judged.code) == (Outcome.REJECTED, "not sent")
    assert why in str(judged.message)
    assert desk.tws.placed == []


async def test_a_client_id_that_another_connection_has_is_said(desk: Desk) -> None:
    desk.tws.mishaps.client_in_use = True
    with pytest.raises(Unanswered, match=r"the client id is already in use\. \(326\)"):
        await desk.port(answer_s=0.2).time_ms()


async def test_a_tws_that_is_not_there_is_said(desk: Desk) -> None:
    port = desk.port()
    port._at = ("127.0.0.1", 1, 7)
    judged = await port.submit(resting(), "o-1")
    assert (judged.outcome, judged.code) == (Outcome.REJECTED, "not sent")
    assert "TWS at 127.0.0.1:1 does not answer" in str(judged.message)
