"""Three times what a venue allows, by two processes with one key: never over a limit."""

from __future__ import annotations

import asyncio
import multiprocessing
from pathlib import Path

import pytest

from tests.support.crowding import crowd
from tests.support.lives import Account
from tests.support.venues import spot
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.binance.limits import Rules
from trading_tools.venue.wire.server import VenueServer

TRUE = Rules()
SECONDS = 75.0
"""Longer than the minute that weights are counted in."""


@pytest.mark.slow
async def test_two_processes_that_want_three_times_the_limits_are_never_refused(
    tmp_path: Path,
) -> None:
    place = spot(rules=TRUE)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.crowding", "ccxt.pro"])
    async with VenueServer([BinanceSpot(place)]) as server:
        key, secret = place.credentials.key, place.credentials.secret
        account = Account(server.port, key, secret, tmp_path)
        weight_a_s, orders_a_s = 3 * TRUE.weight_1m / 60 / 2, 3 * TRUE.orders_10s / 10 / 2
        crowds = [
            context.Process(
                target=crowd,
                args=(account, tmp_path, name, weight_a_s, orders_a_s, SECONDS),
                daemon=True,
            )
            for name in ("one", "two")
        ]
        for process in crowds:
            await asyncio.to_thread(process.start)
        for process in crowds:
            await asyncio.to_thread(process.join)
    assert [process.exitcode for process in crowds] == [0, 0]
    assert place.ledger.of("limit.hit") == []
    # And not by asking for little: most of what a limit allows is used all the time.
    assert len(place.ledger.of("order.accepted")) > 0.8 * TRUE.orders_10s * (SECONDS / 10 - 1)
