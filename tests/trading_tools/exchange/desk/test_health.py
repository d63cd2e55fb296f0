"""What a desk says of how it stands, and what its log says of what it waits for."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.support.virtual_time import VirtualLoop, run_virtually
from tests.trading_tools.exchange.desk.conftest import Stall
from tests.trading_tools.exchange.desk.test_desk import Resting, until
from tests.trading_tools.exchange.desk.test_ledger_faults import unwritable
from trading_tools.audit.errors import LedgerUnavailable
from trading_tools.exchange.desk.health import DeskHealth, telling
from trading_tools.exchange.desk.readiness import Readiness
from trading_tools.exchange.orders.port import Unanswered
from trading_tools.venue.wire.interference import Cut
from trading_tools.venue.wire.messages import Operation

BARE = DeskHealth(
    venue="kraken",
    account="main",
    ready=False,
    not_ready=("it was told to end",),
    stopping=True,
    kill_switch=None,
    key_lost=False,
    streams=(),
    clock_offset_ms=None,
    clock_error_ms=None,
    paused_s=0.0,
    requests_waiting=0,
    limits=(),
    breaker="closed",
    breaker_requests=0,
    breaker_failures=0,
    open_orders=1,
    unknown_orders=2,
    unwritten=0,
)


async def test_a_desk_tells_its_streams_orders_clock_and_limits_as_json(
    stall: Stall, resting: Resting
) -> None:
    async with stall.desk() as desk:
        await desk.submit(resting("one"))
        stall.line.cut()
        await until(lambda: all(each.reconnects for each in desk.health().streams))
        await until(lambda: all(each.age_s is not None for each in desk.health().streams[1:]))
        health = desk.health()
        told = json.loads(json.dumps(health.as_json()))
        assert [each["name"] for each in told["streams"]] == ["account", "book BTC/USDT"]
        assert all(each["reconnects"] for each in told["streams"])
        assert (told["ready"], told["open_orders"], told["unknown_orders"]) == (True, 1, 0)
        assert abs(told["clock_offset_ms"]) <= told["clock_error_ms"]
        assert {each["name"]: each["used"] for each in told["limits"]}["orders-10s"] >= 1
        assert health.line().startswith("binance main: ready | orders: 1 open, 0 unknown | account")


async def test_every_reason_why_no_order_would_go_out_is_told(
    stall: Stall, resting: Resting
) -> None:
    async with stall.desk() as desk:
        (stall.folder / "stop").write_text("prices are wrong")
        health = desk.health()
        assert not health.ready
        assert health.kill_switch == "prices are wrong"
        assert "NOT ready: the kill switch is thrown: prices are wrong" in health.line()
        (stall.folder / "stop").unlink()
        assert desk.health().ready
        with unwritable(), pytest.raises(LedgerUnavailable):
            await desk.submit(resting("one"))
        assert any(each.startswith("the ledger: ") for each in desk.health().not_ready)
        stall.line.before_it[Operation.TIME] = [Cut()] * 99
        while desk.health().breaker == "closed":
            with pytest.raises(Unanswered):
                await desk.manager.venue.time_ms()
        assert "binance keeps failing, its breaker is open" in desk.health().not_ready
    assert "it was told to end" in desk.health().not_ready


def test_what_lasts_is_told_less_and_less_often_and_what_is_new_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    readiness = Readiness(lambda: now)
    said = []
    for second in range(400):
        now = float(second)
        caplog.clear()
        new = second in (100, 101)
        readiness.waits("the disk is full" if new else f"no reply; the next try is in {second} s")
        said += [(second, record.getMessage()) for record in caplog.records]
    assert [second for second, _ in said] == [0, 10, 30, 70, 100, 180, 340]
    assert said[4][1].startswith("not ready since 20")
    assert said[4][1].endswith(" UTC: the disk is full")
    readiness.reached()
    assert readiness.why is None
    assert caplog.messages[-1] == "ready after 399 s"


def test_the_log_has_a_line_a_minute_and_goes_on_where_one_cannot_be_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    readings: Iterator[DeskHealth | OSError] = iter([BARE, OSError("the disk is full"), BARE])

    def health() -> DeskHealth:
        found = next(readings)
        if isinstance(found, OSError):
            raise found
        return found

    async def main(loop: VirtualLoop) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(190):
                await telling(health)

    run_virtually(main)
    line = "kraken main: NOT ready: it was told to end | orders: 1 open, 2 unknown"
    assert caplog.messages == [line, "how the desk stands cannot be read: the disk is full", line]


def test_a_desk_that_is_ready_at_once_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    Readiness().reached()
    assert caplog.messages == []
