"""A served venue on a clock that tests set; its market stands still as long as the clock does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.support.venues import Clock, Wire, spot
from trading_tools.venue.binance.server import VenueServer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def wire(clock: Clock) -> AsyncIterator[Wire]:
    async with VenueServer(spot(clock=clock)) as server, aiohttp.ClientSession() as session:
        yield Wire(session, server)
