"""An account's stream that answers pings and tells nothing, while an order rests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.trading_tools.exchange.desk.conftest import Stall
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import Stage
from trading_tools.venue.core.orders import Kind, Side, Ticket


@pytest.mark.slow
async def test_a_fill_that_a_dead_stream_does_not_tell_is_found_and_the_stream_begun_anew(
    stall: Stall, resting: Callable[[str], Intent]
) -> None:
    async with stall.desk() as desk:
        order = await desk.submit(resting("rests"))
        assert order.stage is Stage.OPEN
        await asyncio.sleep(4)  # the stream has told it, and owes nothing
        stall.line.silent = "ws-api"
        opened = len(stall.line.opened_paths)
        seller = stall.place.exchange.accounts["market-taker"]
        ticket = Ticket("BTCUSDT", Side.SELL, Kind.LIMIT, 10_000_000, 5_000_000)
        stall.place.exchange.place(seller, ticket, stall.place.clock())
        async with asyncio.timeout(90):
            while not order.settled:
                await asyncio.sleep(0.1)
            stall.line.silent = None
            while not any("ws-api" in path for path in stall.line.opened_paths[opened:]):
                await asyncio.sleep(0.1)
    assert (order.stage, order.filled_size_base) == (Stage.FILLED, order.size_base)
