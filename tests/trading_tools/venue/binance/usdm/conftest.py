"""Served venues on a clock that tests set, one with a market and one whose market is a quote."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.support.usdm_venue import TWO, UsdmWire, quote, usdm
from tests.support.venues import Clock, serving


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def wire(clock: Clock) -> AsyncIterator[UsdmWire]:
    venue = usdm(clock=clock, instruments=TWO)
    async with serving(venue) as server, aiohttp.ClientSession() as session:
        yield UsdmWire(session, server, venue)


@pytest.fixture
async def still(clock: Clock) -> AsyncIterator[UsdmWire]:
    """The clock may go on for hours here: nobody trades but the test."""
    venue = usdm(clock=clock, market=False, instruments=TWO)
    quote(venue)
    async with serving(venue) as server, aiohttp.ClientSession() as session:
        yield UsdmWire(session, server, venue)
