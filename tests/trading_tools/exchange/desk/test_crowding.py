"""Processes of one key that were told nothing of each other: never over a limit or a nonce."""

from __future__ import annotations

import asyncio
import multiprocessing
from pathlib import Path

import pytest

from tests.support.crowding import ask_on, crowd, stop
from tests.support.kraken_venue import QUIET, kraken
from tests.support.lives import Account
from tests.support.venues import spot
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.binance.limits import Rules
from trading_tools.venue.kraken.adapter import Kraken
from trading_tools.venue.wire.interference import Interference, Request
from trading_tools.venue.wire.messages import Reply
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
                args=(account, name, weight_a_s, orders_a_s, SECONDS),
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


class Nonces(Interference):
    """Counts what was answered, and of it what was refused for its nonce."""

    def __init__(self) -> None:
        self.answered = 0
        self.refused = 0

    async def after(self, request: Request, reply: Reply) -> Reply:
        self.answered += 1
        self.refused += b"EAPI:Invalid nonce" in reply.body
        return reply


@pytest.mark.slow
async def test_the_command_that_stops_a_bot_of_kraken_has_no_nonce_refused_nor_has_the_bot(
    tmp_path: Path,
) -> None:
    place, nonces = kraken(rules=QUIET), Nonces()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.crowding", "ccxt.pro"])
    async with VenueServer([Kraken(place)], interference=nonces) as server:
        key, secret = place.credentials.key, place.credentials.secret
        account = Account(server.port, key, secret, tmp_path, "kraken")
        bot = context.Process(target=ask_on, args=(account, 15.0), daemon=True)
        command = context.Process(target=stop, args=(account,), daemon=True)
        for process in (bot, command):
            await asyncio.to_thread(process.start)
        for process in (command, bot):
            await asyncio.to_thread(process.join)
    assert (command.exitcode, bot.exitcode) == (0, 0)
    assert nonces.answered > 100
    assert nonces.refused == 0
