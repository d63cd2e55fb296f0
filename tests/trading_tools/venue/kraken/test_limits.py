"""The counters that fall with time, and what comes after a refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.support.kraken_venue import FEW, Wire, kraken, serving
from tests.support.venues import Clock
from trading_tools.venue.kraken.limits import AMEND, CANCEL, EDIT, Rules, by_age


@pytest.fixture
async def strict(clock: Clock) -> AsyncIterator[Wire]:
    """A venue with Kraken's limits."""
    venue = kraken(clock=clock, instruments=FEW)
    async with serving(venue) as server, aiohttp.ClientSession() as session:
        yield Wire(session, server, venue)


def kinds(wire: Wire) -> set[str]:
    return {entry.body["limit"] for entry in wire.venue.ledger.of("limit.hit")}


async def test_private_calls_fill_a_counter_of_twenty_that_falls_by_one_in_two_seconds(
    strict: Wire, clock: Clock
) -> None:
    for _ in range(20):
        assert isinstance(await strict.private("Balance"), dict)
    assert await strict.private("Balance") == "EAPI:Rate limit exceeded"
    clock.now += 2_000
    assert isinstance(await strict.private("Balance"), dict)
    assert await strict.private("Balance") == "EAPI:Rate limit exceeded"
    assert kinds(strict) == {"EAPI:Rate limit exceeded"}


async def test_history_counts_two_and_an_order_nothing(strict: Wire) -> None:
    for _ in range(10):
        assert isinstance(await strict.private("TradesHistory"), dict)
    assert await strict.private("TradesHistory") == "EAPI:Rate limit exceeded"
    assert "txid" in await strict.order()


async def test_who_goes_on_is_locked_out_for_a_quarter_of_an_hour(
    strict: Wire, clock: Clock
) -> None:
    told = [await strict.private("Balance") for _ in range(42)]
    assert told[20:-2] == ["EAPI:Rate limit exceeded"] * 20
    assert told[-2:] == ["EGeneral:Temporary lockout"] * 2
    clock.now += 899_000
    assert await strict.private("Balance") == "EGeneral:Temporary lockout"
    clock.now += 1_000
    assert isinstance(await strict.private("Balance"), dict)


async def test_public_calls_have_a_counter_of_their_own(strict: Wire, clock: Clock) -> None:
    for _ in range(15):
        assert isinstance(await strict.public("Time"), dict)
    assert await strict.public("Time") == "EGeneral:Too many requests"
    assert isinstance(await strict.private("Balance"), dict)
    clock.now += 1_000
    assert isinstance(await strict.public("Time"), dict)


async def test_young_orders_that_are_canceled_use_the_pairs_counter_up(
    strict: Wire, clock: Clock
) -> None:
    for _ in range(13):
        placed = await strict.order()
        assert await strict.private("CancelOrder", txid=placed["txid"][0]) == {"count": 1}
    for _ in range(9):
        placed = await strict.order()
        if placed == "EOrder:Rate limit exceeded":
            break
    assert placed == "EOrder:Rate limit exceeded"
    assert "txid" in await strict.order(pair="ETHUSD", price="2000")
    assert isinstance(await strict.private("CancelAll"), dict)
    clock.now += 60_000
    assert "txid" in await strict.order()


@pytest.mark.parametrize(
    ("costs", "seconds", "cost"),
    [
        (CANCEL, 0, 8),
        (CANCEL, 5, 6),
        (CANCEL, 299, 1),
        (CANCEL, 300, 0),
        (EDIT, 4, 6),
        (EDIT, 90, 0),
        (AMEND, 4, 3),
        (AMEND, 15, 0),
    ],
)
def test_a_change_costs_the_more_the_younger_the_order_is(
    costs: tuple[tuple[int, int], ...], seconds: int, cost: int
) -> None:
    assert by_age(costs, 1_000 * seconds) == cost


async def test_a_hundred_and_fifty_connections_in_ten_minutes_are_let_in(clock: Clock) -> None:
    venue = kraken(clock=clock, rules=Rules(connections_10m=3), instruments=FEW)
    async with serving(venue) as server, aiohttp.ClientSession() as session:
        url = f"{server.base_url}/ws.kraken.com/v2"
        for _ in range(3):
            async with session.ws_connect(url):
                pass
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await session.ws_connect(url)
        assert refusal.value.status == 429
        clock.now += 600_001
        async with session.ws_connect(url):
            pass
