"""A served venue on a clock that tests set; its market stands still as long as the clock does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.support.kraken_venue import FEW, QUIET, Wire, kraken, serving
from tests.support.venues import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def wire(clock: Clock) -> AsyncIterator[Wire]:
    venue = kraken(clock=clock, rules=QUIET, instruments=FEW)
    async with serving(venue) as server, aiohttp.ClientSession() as session:
        yield Wire(session, server, venue)
