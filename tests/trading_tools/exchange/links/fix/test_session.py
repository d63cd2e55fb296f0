"""The FIX session over TCP: gaps, losses, silences, and numbers that do not fit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.trading_tools.exchange.links.fix.conftest import Desk, resting, taking
from trading_tools.exchange.links.fix.link import FixLink, LinkDown
from trading_tools.exchange.links.fix.session import FixSettings, Phase, Session
from trading_tools.exchange.links.fix.store import FixStore, StoreInUse
from trading_tools.exchange.orders.guard import Refused
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import Unanswered


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0)


async def test_logon_gives_the_heartbeat_interval_and_logout_ends_in_order(desk: Desk) -> None:
    async with desk.linked() as link:
        await link.until_ready(30)
        assert desk.acceptor.beat_s == "30"
    assert [kind for kind, _ in desk.acceptor.heard] == ["A", "1", "5"]


async def test_sequence_numbers_go_on_over_connections_and_processes(desk: Desk) -> None:
    for _ in range(3):
        async with desk.linked() as link:
            await link.until_ready(30)
    assert (desk.acceptor.next_in, link.store.next_in) == (10, 10)


async def test_a_venue_that_wants_it_begins_at_number_one_with_each_logon(desk: Desk) -> None:
    for _ in range(2):
        async with desk.linked(reset=True) as link:
            await link.until_ready(30)
    assert (desk.acceptor.next_in, link.store.next_in) == (4, 4)


async def test_an_unwanted_reset_of_the_venue_stops_the_session_for_a_person(desk: Desk) -> None:
    async with desk.linked() as link:
        await link.until_ready(30)
    desk.acceptor.next_out = 1
    async with desk.linked() as link:
        with pytest.raises(LinkDown, match="MsgSeqNum 1 of the venue is too low, 4 was next"):
            await link.until_ready(30)


async def test_a_number_that_is_too_low_on_the_way_stops_it_too(desk: Desk) -> None:
    async with desk.trading() as (manager, orders):
        desk.acceptor.mishaps.lower_by = 2
        order = await manager.submit(resting(), resolve_within_s=0)
        assert order.stage is Stage.UNKNOWN
        assert orders._link.failure is not None
        assert "too low" in orders._link.failure


async def test_a_logon_that_the_venue_refuses_for_its_number_is_told(desk: Desk) -> None:
    async with desk.linked() as link:
        await link.until_ready(30)
    (desk.folder / "fix.sqlite").unlink()
    async with desk.linked() as link:
        with pytest.raises(LinkDown, match="MsgSeqNum too low, expecting 4"):
            await link.until_ready(30)
    assert desk.acceptor.connections == 2


async def test_a_logon_that_is_refused_for_now_is_tried_again(desk: Desk) -> None:
    desk.acceptor.mishaps.refuse_logon = "outside of trading hours"
    async with desk.linked() as link:
        while desk.acceptor.connections < 3:
            await asyncio.sleep(0)
        desk.acceptor.mishaps.refuse_logon = None
        await link.until_ready(30)


@pytest.mark.parametrize("kind", ["5", "3"], ids=["logout", "reject"])
async def test_a_logon_that_is_refused_for_its_credentials_is_not_tried_again(
    desk: Desk, kind: str
) -> None:
    desk.acceptor.mishaps.refuse_logon = "Invalid username or password"
    desk.acceptor.mishaps.refuse_logon_by = kind
    async with desk.linked() as link:
        with pytest.raises(LinkDown, match="Invalid username or password"):
            await link.until_ready(30)
        assert link.failure is not None
    assert desk.acceptor.connections == 1


@pytest.mark.parametrize(
    "wrong",
    [{"password": ""}, {"password": "c0ffee\x01"}, {"password": "c0ffee€"}, {"heartbeat_s": 0}],
    ids=str,
)
def test_settings_that_no_logon_can_carry_are_refused_and_not_shown(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is empty, or holds|give at least 1 s") as refused:
        FixSettings("127.0.0.1", 1, "US", "VENUE", **wrong)
    assert "c0ffee" not in str(refused.value)


async def test_reports_that_are_lost_or_garbled_are_asked_for_again(desk: Desk) -> None:
    async with desk.trading() as (manager, orders):
        order = await manager.submit(resting(size_base=Decimal("0.03")))
        seq = desk.acceptor.next_out
        desk.acceptor.mishaps.lose = {seq}
        desk.acceptor.mishaps.garble = {seq + 1}
        for _ in range(3):
            desk.acceptor.trade(order.client_order_id, "0.01")
        found = await manager.reconcile(["BTC/USDT"])
        assert found.clean
        assert (order.stage, order.settled, len(order.fills)) == (Stage.FILLED, True, 3)
    assert orders._link.garbled == 1


async def test_a_fill_while_we_were_away_is_there_when_we_are_back(desk: Desk) -> None:
    async with desk.trading() as (manager, _):
        order = await manager.submit(resting())
    desk.acceptor.trade(order.client_order_id, "0.004")
    async with desk.trading() as (manager, _):
        found = await manager.reconcile(["BTC/USDT"])
        (order,) = manager.records.orders.values()
        assert found.clean
        assert (order.stage, order.filled_size_base) == (Stage.OPEN, Decimal("0.004"))


async def test_a_resend_that_leaves_out_the_logon_itself_is_enough(desk: Desk) -> None:
    async with desk.trading() as (manager, orders):
        order = await manager.submit(resting())
        desk.acceptor.mishaps.resends_orders_only = True
        desk.acceptor.cut()
        desk.acceptor.trade(order.client_order_id, "0.004")
        await until(lambda: desk.acceptor.connections == 2)
        await orders._link.until_ready(30)
        assert (await manager.reconcile(["BTC/USDT"])).clean
        assert order.filled_size_base == Decimal("0.004")


async def test_what_came_after_a_gap_is_taken_in_its_order_and_a_second_gap_is_found(
    desk: Desk,
) -> None:
    async with desk.trading() as (manager, orders):
        desk.acceptor.mishaps.resends_orders_only = True
        order = await manager.submit(resting(size_base=Decimal("0.06")))
        seq = desk.acceptor.next_out
        desk.acceptor.mishaps.lose = {seq, seq + 2, seq + 4}
        heard: list[str | None] = []
        orders._link.always(lambda message: heard.append(message.get(14)))
        for _ in range(6):
            desk.acceptor.trade(order.client_order_id, "0.01")
        assert (await manager.reconcile(["BTC/USDT"])).clean
        assert heard[:6] == ["0.01", "0.02", "0.03", "0.04", "0.05", "0.06"]
        assert order.settled


async def test_a_venue_that_falls_silent_is_left_and_found_again(desk: Desk) -> None:
    ahead = timedelta(0)
    async with desk.linked(now=lambda: datetime.now(UTC) + ahead) as link:
        await link.until_ready(30)
        desk.acceptor.mishaps.silent = True
        ahead = timedelta(seconds=37)
        await desk.acceptor.until_heard(3)
        ahead = timedelta(seconds=80)
        while link.ready:
            await asyncio.sleep(0)
        desk.acceptor.mishaps.silent = False
        await link.until_ready(30)
    assert desk.acceptor.connections == 2


async def test_a_session_that_is_cut_again_and_again_logs_on_less_and_less_often(
    tmp_path: Path, desk: Desk
) -> None:
    at = datetime(2026, 11, 27, 12, tzinfo=UTC)
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        if seconds != 0.5:  # the clock's ticks
            pauses.append(seconds)
        await asyncio.sleep(0.002)

    with FixStore(tmp_path / "fix.sqlite", "US-VENUE") as store:
        async with FixLink(desk.settings(), store, lambda: at, pause) as link:
            for number in range(1, 8):
                await link.until_ready(30)
                if number == 7:
                    at += timedelta(seconds=20)
                desk.acceptor.cut()
                async with asyncio.timeout(30):
                    while len(pauses) < number:
                        await asyncio.sleep(0.002)
    assert pauses[5] > 4 > 2 * max(pauses[0], pauses[6])


async def test_a_venue_that_is_not_there_is_said(desk: Desk) -> None:
    desk.acceptor.port = 1
    async with desk.linked() as link:
        await until(lambda: link._last is not None)
        with pytest.raises(LinkDown, match=r"the FIX session is off \(ConnectionRefusedError"):
            await link.until_ready(0)


async def test_a_venue_that_hangs_up_on_the_logon_is_said(desk: Desk) -> None:
    """As jspurefix does where MsgSeqNum is too low."""
    desk.acceptor.mishaps.hang_up = True
    async with desk.linked() as link:
        await until(lambda: link.connects > 1)
        with pytest.raises(LinkDown, match="cut without a word while logging on"):
            await link.until_ready(0)


async def test_after_a_break_the_orders_are_compared_without_being_asked_to(desk: Desk) -> None:
    async with desk.trading() as (manager, orders):
        order = await manager.submit(resting())
        compared = asyncio.Event()
        tries: list[int] = []

        async def recover() -> None:
            tries.append(1)
            if len(tries) == 1:
                raise Unanswered("the venue does not say")
            assert (await manager.reconcile(["BTC/USDT"])).clean
            compared.set()

        orders._link.recover = recover
        desk.acceptor.cut()
        desk.acceptor.trade(order.client_order_id, "0.01")
        async with asyncio.timeout(30):
            await compared.wait()
        assert (order.stage, order.settled) == (Stage.FILLED, True)


async def test_a_link_that_has_given_up_compares_no_more(desk: Desk) -> None:
    async with desk.linked() as link:
        await link.until_ready(30)
        tries: list[int] = []

        async def recover() -> None:
            tries.append(1)
            raise Unanswered("the venue does not say")

        link.recover = recover
        desk.acceptor.cut()
        await until(lambda: bool(tries))
        desk.acceptor.mishaps.refuse_logon = "Invalid username or password"
        desk.acceptor.cut()
        await until(lambda: link.failure is not None)
        given_up_at = len(tries)
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(tries) == given_up_at


async def test_numbers_that_hold_nothing_are_filled_over(desk: Desk) -> None:
    async with desk.trading() as (manager, _):
        desk.acceptor.skip(5)
        order = await manager.submit(taking())
        assert (await manager.reconcile(["BTC/USDT"])).clean
        assert order.stage is Stage.FILLED


async def test_an_answer_that_a_fill_lies_over_is_taken_all_the_same(desk: Desk) -> None:
    async with desk.trading(answer_s=1.0) as (_, orders):
        desk.acceptor.skip(1)
        assert await orders.time_ms() > 0
        assert desk.acceptor.heard[-1][0] == "2"


async def test_an_order_that_never_arrived_is_filled_over_and_not_sent_again(desk: Desk) -> None:
    async with desk.trading() as (manager, orders):
        desk.acceptor.mishaps.cut_at = 0
        order = await manager.submit(resting(), resolve_within_s=0)
        assert order.stage is Stage.UNKNOWN
        await orders._link.until_ready(30)
        assert await orders.find("BTC/USDT", order.client_order_id, None, 0) is None
        assert (await manager.submit(resting(), resolve_within_s=0)).stage is Stage.UNKNOWN
    assert desk.acceptor.accepted == []
    assert [kind for kind, _ in desk.acceptor.heard].count("D") == 1


async def test_a_cancel_that_never_arrived_is_sent_again_as_a_possible_duplicate(
    desk: Desk,
) -> None:
    async with desk.trading() as (manager, _):
        order = await manager.submit(resting())
        desk.acceptor.mishaps.cut_at = desk.acceptor.points
        ended = await manager.cancel(order.client_order_id, "done")
        assert ended.stage is Stage.CANCELED
    assert [again for kind, again in desk.acceptor.heard if kind == "F"] == [False, True]


async def test_what_is_not_fix_is_passed_over(desk: Desk) -> None:
    async with desk.trading() as (manager, _):
        assert desk.acceptor._writer is not None
        desk.acceptor._writer.write(b"garbage\x018=FIX.4.4\x019=999\x0135=8\x01")
        order = await manager.submit(resting())
        assert order.stage is Stage.OPEN


async def test_an_answer_to_a_test_request_carries_its_name(desk: Desk) -> None:
    async with desk.linked() as link:
        await link.until_ready(30)
        with link.listening() as heard:
            desk.acceptor.send("1", [(112, "are you there")])
            await link.round_trip(5)
        assert heard.qsize() == 1
    assert b"35=0" in desk.acceptor.bytes_heard
    assert b"\x01112=are you there\x01" in desk.acceptor.bytes_heard


def test_a_silent_venue_is_asked_and_then_given_up(tmp_path: Path, desk: Desk) -> None:
    now = datetime(2026, 11, 26, 12, tzinfo=UTC)
    with FixStore(tmp_path / "s.sqlite", "US-VENUE") as store:
        session = Session(desk.settings(), store)
        session.open(now)
        session.phase = Phase.READY
        quiet = [session.tick(now + timedelta(seconds=s)) for s in (29, 30, 37, 60, 73)]
    kinds = [[data.split(b"\x0135=")[1][:1] for data in step.send] for step in quiet]
    assert kinds == [[], [b"0"], [b"1"], [], []]
    assert [step.over for step in quiet[:4]] == [None] * 4
    assert quiet[4].over == "nothing was heard for 73 s"


def test_a_clock_that_is_set_back_stops_no_heartbeat(tmp_path: Path, desk: Desk) -> None:
    start = datetime(2026, 11, 27, 12, tzinfo=UTC)
    with FixStore(tmp_path / "s.sqlite", "US-VENUE") as store:
        session = Session(desk.settings(heartbeat_s=10), store)
        session.open(start)
        session.phase = Phase.READY
        back = start - timedelta(hours=1)
        sent = [session.tick(back + timedelta(seconds=at)).send for at in (0, 11)]
        assert [len(each) for each in sent] == [0, 1]
        assert session.tick(back + timedelta(seconds=25)).over == "nothing was heard for 25 s"


def test_a_store_serves_one_process_and_one_session(tmp_path: Path) -> None:
    path = tmp_path / "fix.sqlite"
    with FixStore(path, "US-VENUE"):
        with pytest.raises(StoreInUse, match="is open in another process"):
            FixStore(path, "US-VENUE")
    with pytest.raises(StoreInUse, match="is the store of US-VENUE, not of US-OTHER"):
        FixStore(path, "US-OTHER")


async def test_a_store_that_cannot_be_written_ends_the_session_and_nothing_is_sent(
    desk: Desk,
) -> None:
    async with desk.trading() as (_, orders):
        heard = len(desk.acceptor.heard)
        orders._link.store._db.execute("PRAGMA query_only=ON")
        judged = await orders.submit(resting(), "o-1")
        assert judged.code == "not sent"
        assert "the FIX store cannot be used: attempt to write a readonly" in str(judged.message)
        orders._link.store._db.execute("PRAGMA query_only=OFF")
    assert "D" not in [kind for kind, _ in desk.acceptor.heard[heard:]]


async def test_while_the_session_is_down_no_intent_is_written_down(desk: Desk) -> None:
    async with desk.trading(answer_s=0.2) as (manager, orders):
        desk.acceptor.mishaps.refuse_logon = "closed"
        desk.acceptor.cut()
        while orders._link.ready:
            await asyncio.sleep(0)
        with pytest.raises(Refused, match="session"):
            await manager.submit(resting())
        assert manager.records.orders == {}


async def test_nothing_is_sent_or_kept_while_the_session_is_down(desk: Desk) -> None:
    with FixStore(desk.folder / "fix.sqlite", "US-VENUE") as store:
        link = FixLink(desk.settings(), store)
        with pytest.raises(LinkDown, match="the FIX session is off"):
            link.send("D", [(11, "x")], "x")
        assert (store.next_out, store.order("x")) == (1, None)
