"""Orders over FIX against an acceptor over TCP: outcomes, queries, replacements."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.trading_tools.exchange.links.fix.conftest import Desk, resting, taking
from trading_tools.audit.trade import Outcome
from trading_tools.exchange.links.fix import words
from trading_tools.exchange.links.fix.message import Message
from trading_tools.exchange.orders.life import Stage


async def test_an_order_rests_is_cancelled_and_another_one_fills(desk: Desk) -> None:
    async with desk.trading() as (manager, _):
        order = await manager.submit(resting())
        assert (order.stage, order.venue_order_id) == (Stage.OPEN, "v1")
        assert (await manager.cancel(order.client_order_id, "done")).stage is Stage.CANCELED
        filled = await manager.submit(taking())
        found = await manager.reconcile(["BTC/USDT"])
        assert found.clean
        assert (filled.stage, filled.settled) == (Stage.FILLED, True)
        assert manager.records.position_base("BTC/USDT") == Decimal("0.01")


@pytest.mark.parametrize(
    ("symbol", "code"),
    [("ETH/USDT", "order reject 1"), ("BTC/USD", "session reject 5")],
)
async def test_a_refusal_is_a_rejection_with_its_code(desk: Desk, symbol: str, code: str) -> None:
    async with desk.trading() as (manager, _):
        order = await manager.submit(resting(symbol=symbol))
        assert (order.stage, order.reason) == (Stage.REJECTED, code)


def told(kind: str, *fields: tuple[int, str]) -> Message:
    return Message(kind, fields)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (told("8", (150, "8"), (39, "8"), (103, "3")), Outcome.REJECTED),
        (told("8", (150, "8"), (39, "8"), (103, "6")), Outcome.UNKNOWN),
        (told("j", (380, "2")), Outcome.REJECTED),
        (told("j", (380, "4")), Outcome.UNKNOWN),
        (told("j", (380, "0")), Outcome.UNKNOWN),
        (told("3", (373, "1")), Outcome.REJECTED),
        (told("9", (102, "0")), Outcome.REJECTED),
        (told("8", (150, "0"), (39, "0")), Outcome.ACCEPTED),
        (told("8", (150, "A"), (39, "A")), None),
        (told("8", (150, "6"), (39, "6")), None),
        (told("8", (150, "I"), (39, "0")), None),
    ],
)
def test_what_an_answer_means_for_a_request(answer: Message, outcome: Outcome | None) -> None:
    judged = words.judged(answer)
    assert (None if judged is None else judged.outcome) is outcome


async def test_a_market_without_a_name_at_the_venue_is_not_sent(desk: Desk) -> None:
    async with desk.trading() as (_, orders):
        judged = await orders.submit(resting(symbol="SOL/USDT"), "o-1")
    assert (judged.outcome, judged.code) == (Outcome.REJECTED, "not sent")
    assert "D" not in [kind for kind, _ in desk.acceptor.heard]


async def test_a_post_only_order_that_would_take_ends_without_a_trade(desk: Desk) -> None:
    async with desk.trading() as (manager, _):
        order = await manager.submit(taking(time_in_force="PO"))
        assert (await manager.reconcile(["BTC/USDT"])).clean
        assert (order.stage, order.filled_size_base) == (Stage.CANCELED, Decimal(0))


async def test_a_cancel_that_comes_too_late_finds_the_fill(desk: Desk) -> None:
    async with desk.trading() as (manager, orders):
        order = await manager.submit(resting())
        desk.acceptor.trade(order.client_order_id, "0.01")
        judged = await orders.cancel("BTC/USDT", order.client_order_id, None)
        assert (judged.outcome, judged.code) == (Outcome.REJECTED, "cancel reject 0")
        assert (await manager.cancel(order.client_order_id, "done")).stage is Stage.FILLED


async def test_reports_reach_the_manager_as_they_come(desk: Desk) -> None:
    async with desk.trading() as (manager, orders):
        orders.watch(manager.on_order, manager.on_fill)
        order = await manager.submit(resting())
        desk.acceptor.trade(order.client_order_id, "0.004")
        await orders.time_ms()
        assert (order.stage, order.filled_size_base) == (Stage.OPEN, Decimal("0.004"))
        desk.acceptor.trade(order.client_order_id, "0.006")
        await orders.time_ms()
        assert (order.stage, order.settled, len(order.fills)) == (Stage.FILLED, True, 2)


async def test_open_orders_of_others_are_listed_as_strange(desk: Desk) -> None:
    async with desk.trading() as (manager, orders):
        for number in range(3):
            await orders.submit(resting(), f"someone-{number}")
        ours = await manager.submit(resting())
        found = await manager.reconcile(["BTC/USDT"])
        assert [each.client_order_id for each in found.strange_orders] == [
            "someone-0",
            "someone-1",
            "someone-2",
        ]
        assert ours.stage is Stage.OPEN


async def test_a_replaced_order_stays_the_same_order(desk: Desk) -> None:
    async with desk.trading() as (manager, orders):
        order = await manager.submit(resting(size_base=Decimal("0.03")))
        name = order.client_order_id
        judged = await orders.replace(name, Decimal("0.02"), Decimal(49_000))
        assert judged.outcome is Outcome.ACCEPTED
        shown = await orders.find("BTC/USDT", name, None, 0)
        assert shown is not None
        assert (shown.client_order_id, shown.size_base) == (name, Decimal("0.02"))
        desk.acceptor.trade(f"{name}.1", "0.005")
        assert (await manager.cancel(name, "done")).stage is Stage.CANCELED
        assert (await manager.reconcile(["BTC/USDT"])).clean
        assert (order.filled_size_base, order.settled) == (Decimal("0.005"), True)
    assert desk.acceptor.accepted == [name]
    request = desk.acceptor.bytes_heard.split(b"\x0135=F\x01")[1]
    assert b"\x0138=0.02\x01" in request  # OrderQty is CumQty and LeavesQty, not what once was


async def test_a_replacement_may_not_ask_for_more_than_the_guard_let_out(desk: Desk) -> None:
    async with desk.trading() as (manager, orders):
        name = (await manager.submit(resting())).client_order_id
        with pytest.raises(ValueError, match=r"a replacement of 0\.01 at 50000 may only be small"):
            await orders.replace(name, Decimal("0.02"), Decimal(50_000))
        with pytest.raises(ValueError, match="50001 would trade more readily than 50000"):
            await orders.replace(name, Decimal("0.01"), Decimal(50_001))


async def test_an_execution_that_is_told_again_counts_once(desk: Desk) -> None:
    async with desk.trading() as (manager, orders):
        orders.watch(manager.on_order, manager.on_fill)
        order = await manager.submit(taking())
        trade = next(pairs for _, pairs in desk.acceptor.sent.values() if (150, "F") in pairs)
        desk.acceptor.send("8", [*trade, (97, "Y")])
        assert (await manager.reconcile(["BTC/USDT"])).clean
        assert (order.filled_size_base, len(order.fills)) == (Decimal("0.01"), 1)


async def test_a_trade_that_the_venue_takes_back_is_no_fill_and_is_shown(desk: Desk) -> None:
    async with desk.trading() as (manager, orders):
        await manager.submit(taking())
        trade = next(pairs for _, pairs in desk.acceptor.sent.values() if (150, "F") in pairs)
        bust = [(tag, "H" if tag == 150 else value) for tag, value in trade if tag != 17]
        desk.acceptor.send("8", [*bust, (17, "bust"), (19, dict(trade)[17])])
        assert await orders.fills("BTC/USDT", 0) == []
        assert [each[19] for each in orders.corrections] == [dict(trade)[17]]


async def test_an_order_that_another_store_sent_is_asked_after_by_name(desk: Desk) -> None:
    async with desk.trading() as (manager, _):
        name = (await manager.submit(resting())).client_order_id
    (desk.folder / "fix.sqlite").unlink()
    desk.acceptor.next_in = desk.acceptor.next_out = 1
    async with desk.trading() as (_, orders):
        shown = await orders.find("BTC/USDT", name, None, 0)
        assert shown is not None
        assert shown.stage is Stage.OPEN
        judged = await orders.cancel("BTC/USDT", name, None)
        assert (judged.outcome, judged.code) == (Outcome.REJECTED, "not sent")


async def test_a_report_that_cannot_be_read_keeps_no_other_from_being_counted(desk: Desk) -> None:
    async with desk.trading() as (manager, _):
        bought = await manager.submit(taking())
        told = [(37, "x"), (11, "theirs"), (17, "e-x"), (150, "F"), (39, "2"), (32, "much")]
        desk.acceptor.send("8", told)
        found = await manager.reconcile(["BTC/USDT"])
    assert bought.settled
    assert manager.records.position_base("BTC/USDT") == bought.size_base
    (unread,) = found.unread
    assert unread.startswith("1 of fix's rows: a trade that cannot be read")
