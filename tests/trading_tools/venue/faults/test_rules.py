"""Rules and clocks that change while the venue runs."""

from __future__ import annotations

from typing import Any

from tests.support.faulty import accepted, let_pass, over, playing
from tests.support.venues import Wire
from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.rules import ClockStep, NewRules


async def filters(wire: Wire) -> dict[str, Any]:
    """The filters of BTCUSDT by type."""
    _, info, _ = await wire.send("GET", "/api/v3/exchangeInfo", "symbol=BTCUSDT")
    return {each["filterType"]: each for each in info["symbols"][0]["filters"]}


async def test_the_tick_becomes_coarser_and_the_old_one_is_refused() -> None:
    async with playing(NewRules("tick", Act(nth=2), tick_times=10)) as wire:
        assert (await filters(wire))["PRICE_FILTER"]["tickSize"] == "0.01000000"
        assert (await wire.order(price="50000.01"))[0] == 200
        status, body, _ = await wire.order(price="50000.01")
        assert (status, body["msg"]) == (400, "Filter failure: PRICE_FILTER")
        assert (await filters(wire))["PRICE_FILTER"]["tickSize"] == "0.10000000"
        assert (await wire.order(price="50000.1"))[0] == 200
        _, opened, _ = await wire.signed("GET", "/api/v3/openOrders")
        assert [row["price"] for row in opened] == ["50000.01000000", "50000.10000000"]


async def test_the_smallest_worth_rises_and_smaller_orders_are_refused() -> None:
    async with playing(NewRules("worth", Act(nth=2), notional_times=10)) as wire:
        assert (await wire.order(quantity="0.0002"))[0] == 200
        status, body, _ = await wire.order(quantity="0.0002")
        assert (status, body["msg"]) == (400, "Filter failure: NOTIONAL")
        assert (await filters(wire))["NOTIONAL"]["minNotional"] == "50.00000000"
        assert (await wire.order(quantity="0.001"))[0] == 200


async def test_the_market_goes_on_under_new_rules() -> None:
    async with playing(NewRules("both", Act(), tick_times=10, notional_times=1000)) as wire:
        await wire.order(quantity="1")
        place = wire.venue
        assert place.market is not None
        at = place.clock()
        trades = len(place.recent["BTCUSDT"])
        for _ in range(40):
            at += 250
            place.market.advance_to(at)
        assert len(place.recent["BTCUSDT"]) > trades
        assert len(place.exchange.books["BTCUSDT"].bids.depth(20)) >= 15


async def test_the_clock_steps_and_comes_back() -> None:
    async with playing(ClockStep("step", Act(nth=2), step_ms=-1_500, for_s=60)) as wire:
        assert (await wire.order())[0] == 200
        ahead = {"timestamp": wire.venue.clock()}
        status, body, _ = await wire.order(**ahead)
        assert (status, body["code"]) == (400, -1021)
        assert wire.venue.clock() < ahead["timestamp"]
        _, told, _ = await wire.send("GET", "/api/v3/time")
        assert told["serverTime"] < ahead["timestamp"]
        assert (await wire.order(timestamp=told["serverTime"]))[0] == 200
        let_pass(60)
        await over(wire)
        assert wire.venue.clock() > ahead["timestamp"]
        assert (await wire.order())[0] == 200
        assert len(accepted(wire)) == 3
