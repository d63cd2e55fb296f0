"""Laws of a plan: without faults it changes nothing, and the same acts give the same faults."""

from __future__ import annotations

from typing import Any

import aiohttp

from tests.support.venues import QUIET, Clock, Wire, spot
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.fault import Fault
from trading_tools.venue.faults.plan import Plan
from trading_tools.venue.faults.replies import Acted, Ending, Spoilt
from trading_tools.venue.wire.interference import Interference
from trading_tools.venue.wire.messages import Trouble
from trading_tools.venue.wire.server import VenueServer


async def lived(interference: Interference) -> tuple[list[Any], list[str]]:
    """What a client was told that does always the same, and the venue's ledger."""
    clock = Clock()
    venue = spot(clock=clock, rules=QUIET)
    async with (
        VenueServer([BinanceSpot(venue)], interference=interference) as server,
        aiohttp.ClientSession() as session,
    ):
        wire = Wire(session, server, venue)
        told: list[Any] = []
        for number in range(12):
            clock.now += 250
            try:
                told.append((await wire.order(newClientOrderId=f"o{number}"))[:2])
            except aiohttp.ClientError as error:
                told.append(type(error).__name__)
            told.append((await wire.signed("GET", "/api/v3/openOrders"))[:2])
            await wire.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
        return told, list(venue.ledger.lines())


async def test_a_plan_without_faults_changes_nothing() -> None:
    assert await lived(Plan((), 1)) == await lived(Interference())


async def test_a_fault_that_waits_changes_nothing_but_its_own_entry() -> None:
    plan = Plan((Spoilt("never", Act(nth=1_000), Ending.RESET),), 1)
    told, ledger = await lived(plan)
    calm, calm_ledger = await lived(Interference())
    assert told == calm
    assert len(ledger) == len(calm_ledger) + 1


async def test_same_seed_and_same_acts_give_the_same_faults() -> None:
    faults: tuple[Fault, ...] = (
        Spoilt("coin", Act(nth=2), Trouble.OVERLOADED, Acted.DICE, times=4),
        Spoilt("empty", Act(nth=3), Ending.EMPTY),
        Spoilt("reset", Act(nth=5), Ending.RESET),
    )
    first = await lived(Plan(faults, 5))
    assert first == await lived(Plan(faults, 5))
    assert first != await lived(Plan(faults, 6))


async def test_faults_of_one_plan_count_for_themselves() -> None:
    faults = (
        Spoilt("first", Act(nth=1), Trouble.OVERLOADED, Acted.NO),
        Spoilt("third", Act(nth=3), Trouble.BAD_GATEWAY, Acted.NO),
    )
    told, _ = await lived(Plan(faults, 1))
    assert [status for status, _ in told[0:8:2]] == [503, 200, 502, 200]
