"""A served venue on a clock that tests set; its market stands still as long as the clock does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.support.venues import Clock, Wire, serving, spot


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def wire(clock: Clock) -> AsyncIterator[Wire]:
    venue = spot(clock=clock)
    async with serving(venue) as server, aiohttp.ClientSession() as session:
        yield Wire(session, server, venue)
