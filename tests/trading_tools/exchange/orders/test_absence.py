"""What the venue does not show: when that proves that an order never came into being."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.venues import Clock
from tests.trading_tools.exchange.orders.conftest import Shop, opened
from tests.trading_tools.exchange.orders.wanted import VenueOrders, name_of, resting
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import IllegalTransition, Stage
from trading_tools.exchange.orders.port import VenueOrder
from trading_tools.venue.wire.interference import Cut
from trading_tools.venue.wire.messages import Operation, Reply


async def test_while_nothing_is_known_all_of_it_counts_as_open(shop: Shop) -> None:
    shop.mishaps.after_it[Operation.PLACE] = [lambda reply: Cut()]
    shop.mishaps.before_it[Operation.QUERY_ORDER] = [Reply(500, b"")] * 1_000
    order = await shop.manager.submit(resting())
    assert order.stage is Stage.UNKNOWN
    assert shop.manager.records.exposure_base("BTC/USDT") == (Decimal("0.01"), Decimal(0))


@pytest.mark.parametrize(
    ("asked_after_ms", "proven"),
    [([14_000, 11_000], False), ([16_000, 9_000], False), ([16_000, 10_000], True)],
)
async def test_an_absence_proves_nothing_until_the_window_has_passed_and_it_is_seen_again(
    audit: TradeAudit, tmp_path: Path, asked_after_ms: list[int], proven: bool
) -> None:
    clock = Clock()
    async with opened(audit, tmp_path, clock=clock) as shop:
        manager = shop.restarted(now=clock.utc)
        shop.mishaps.before_it[Operation.PLACE] = [Cut()]
        order = await manager.submit(resting())
        for later_ms in asked_after_ms:
            clock.now += later_ms
            await manager.reconcile([])
        assert order.stage is (Stage.VOID if proven else Stage.UNKNOWN)
        assert shop.asked(Operation.PLACE) == 1


async def test_an_absence_proves_nothing_where_our_clock_alone_says_that_the_window_has_passed(
    audit: TradeAudit, tmp_path: Path
) -> None:
    clock, ahead = Clock(), [timedelta()]
    async with opened(audit, tmp_path, clock=clock) as shop:
        manager = shop.restarted(now=lambda: clock.utc() + ahead[0])
        shop.mishaps.before_it[Operation.PLACE] = [Cut()]
        order = await manager.submit(resting())
        for hours in (1, 2):
            ahead[0] = timedelta(hours=hours)
            await manager.reconcile([])
        assert order.stage is Stage.UNKNOWN


async def test_an_absence_proves_nothing_sooner_where_our_clock_was_set_right_in_between(
    audit: TradeAudit, tmp_path: Path
) -> None:
    clock, ahead = Clock(), [timedelta(hours=-1)]
    async with opened(audit, tmp_path, clock=clock) as shop:
        manager = shop.restarted(now=lambda: clock.utc() + ahead[0])
        shop.mishaps.before_it[Operation.PLACE] = [Cut()]
        order = await manager.submit(resting())
        ahead[0] = timedelta()
        for later_ms in (1_000, 11_000):
            clock.now += later_ms
            await manager.reconcile([])
        assert order.stage is Stage.UNKNOWN


async def test_an_absence_is_proven_as_soon_where_our_clock_was_set_back_in_between(
    audit: TradeAudit, tmp_path: Path
) -> None:
    clock, ahead = Clock(), [timedelta(hours=1)]
    async with opened(audit, tmp_path, clock=clock) as shop:
        manager = shop.restarted(now=lambda: clock.utc() + ahead[0])
        shop.mishaps.before_it[Operation.PLACE] = [Cut()]
        order = await manager.submit(resting())
        ahead[0] = timedelta()
        for later_ms in (1_000, 16_000, 10_000):
            clock.now += later_ms
            await manager.reconcile([])
        assert order.stage is Stage.VOID


async def test_an_order_on_its_way_is_not_asked_after(audit: TradeAudit, tmp_path: Path) -> None:
    clock = Clock()
    async with opened(audit, tmp_path, clock=clock) as shop:
        manager = shop.restarted(now=clock.utc)
        clock.now += 60_000
        on_its_way, may_go = asyncio.Event(), asyncio.Event()

        class Slow(VenueOrders):
            async def submit(self, intent: Intent, name: str) -> Any:
                on_its_way.set()
                await may_go.wait()
                return await self.real.submit(intent, name)

        slow = Slow(manager.venue)
        manager.venue = slow
        submitting = asyncio.create_task(manager.submit(resting()))
        await on_its_way.wait()
        reconciling = asyncio.create_task(manager.reconcile([]))
        # Longer than an honest query takes: the venue's clock is asked over a socket in between.
        for _ in range(20):
            await slow.time_ms()
        assert slow.asked == 0
        may_go.set()
        order = await submitting
        await reconciling
        assert order.stage is Stage.OPEN


async def test_an_order_that_appears_after_it_was_proven_absent_is_a_fault_that_is_told(
    audit: TradeAudit, tmp_path: Path
) -> None:
    clock = Clock()
    async with opened(audit, tmp_path, clock=clock) as shop:
        manager = shop.restarted(now=clock.utc)
        shop.mishaps.before_it[Operation.PLACE] = [Cut()]
        order = await manager.submit(resting())
        for later_ms in (16_000, 10_000):
            clock.now += later_ms
            await manager.reconcile([])
        shown = VenueOrder(
            "7", order.client_order_id, "BTC/USDT", "buy", Stage.OPEN, Decimal("0.01"), Decimal(0)
        )
        with pytest.raises(IllegalTransition, match="cannot go from void to open"):
            manager.on_order(shown)
        # The audit has no entry of it that a next process could not read.
        assert shop.restarted(now=clock.utc).records.orders == manager.records.orders


async def test_a_submit_whose_end_cannot_be_written_down_is_not_proven_absent_too_soon(
    audit: TradeAudit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()

    def full(**entry: Any) -> None:
        raise OSError("no space left on the device")

    async with opened(audit, tmp_path, clock=clock) as shop:
        manager = shop.restarted(now=clock.utc)
        clock.now += 60_000
        shop.mishaps.after_it[Operation.PLACE] = [lambda reply: Cut(hang=True)]
        task = asyncio.create_task(manager.submit(resting()))
        async with asyncio.timeout(30):
            while not shop.accepted():
                await asyncio.sleep(0)
        with monkeypatch.context() as patch:
            patch.setattr(audit, "order_result", full)
            task.cancel()
            with pytest.raises(OSError, match="no space left"):
                await task
        order = manager.records.orders[name_of("one")]
        nothing = VenueOrders(manager.venue)
        manager.venue = nothing
        await manager.reconcile([])
        assert order.stage is Stage.INTENDED
        assert nothing.asked == 1
