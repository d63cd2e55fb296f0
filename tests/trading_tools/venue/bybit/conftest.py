"""A served venue on a clock that tests set, and ccxt's clients on a running one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from tests.support.bybit_venue import (
    MIDDLE,
    QUIET,
    SMALL,
    Both,
    BybitWire,
    bybit,
    bybit_in_a_thread,
    keys,
    serving_bybit,
)
from tests.support.venues import Clock, point_at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def wire(clock: Clock) -> AsyncIterator[BybitWire]:
    place = bybit(clock=clock, instruments=SMALL)
    async with serving_bybit(place) as server, aiohttp.ClientSession() as session:
        yield BybitWire(session, server, place)


@pytest.fixture
def sync_client() -> Iterator[Both]:
    import ccxt

    place = bybit(rules=QUIET, instruments=MIDDLE)
    with bybit_in_a_thread(place) as port:
        yield Both(place, point_at(ccxt.bybit(keys(place)), port), blocking=True)


@pytest.fixture
async def async_client() -> AsyncIterator[Both]:
    import ccxt.async_support

    place = bybit(rules=QUIET, instruments=MIDDLE)
    async with serving_bybit(place) as server:
        client = point_at(ccxt.async_support.bybit(keys(place)), server.port)
        try:
            yield Both(place, client, blocking=False)
        finally:
            await client.close()


@pytest.fixture(params=["sync_client", "async_client"])
def ask(request: pytest.FixtureRequest) -> Both:
    found: Both = request.getfixturevalue(request.param)
    return found
