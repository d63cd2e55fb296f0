"""A served venue on a clock that tests set; its market stands still as long as the clock does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.support.coinbase_venue import QUIET, Wire, coinbase, serving
from tests.support.venues import Clock
from trading_tools.venue.coinbase.listing import PRODUCTS

TRADED = {"BTC", "ETH", "USD"}
"""Three products of these are listed here, and no test needs more."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def wire(clock: Clock) -> AsyncIterator[Wire]:
    few = {each: PRODUCTS[each] for each in PRODUCTS if {each.base, each.quote} <= TRADED}
    place = coinbase(clock=clock, rules=QUIET, instruments=few)
    async with serving(place) as server, aiohttp.ClientSession() as session:
        yield Wire(session, server, place)
