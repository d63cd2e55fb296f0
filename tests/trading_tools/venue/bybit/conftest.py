"""A served venue on a clock that tests set, and ccxt's clients on a running one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.support.bybit_venue import (
    MIDDLE,
    QUIET,
    SMALL,
    BybitWire,
    bybit,
    serving_bybit,
)
from tests.support.ccxt_clients import Both, rest_client
from tests.support.venues import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def wire(clock: Clock) -> AsyncIterator[BybitWire]:
    place = bybit(clock=clock, instruments=SMALL)
    async with serving_bybit(place) as server, aiohttp.ClientSession() as session:
        yield BybitWire(session, server, place)


@pytest.fixture(params=["sync", "async"])
async def ask(request: pytest.FixtureRequest) -> AsyncIterator[Both]:
    server = serving_bybit(bybit(rules=QUIET, instruments=MIDDLE))
    async with rest_client(request.param, server) as both:
        yield both
