"""A served venue on a clock that tests set; its market stands still as long as the clock does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.support.usdm_venue import UsdmWire, usdm
from tests.support.venues import Clock, serving


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def wire(clock: Clock) -> AsyncIterator[UsdmWire]:
    venue = usdm(clock=clock)
    async with serving(venue) as server, aiohttp.ClientSession() as session:
        yield UsdmWire(session, server, venue)
