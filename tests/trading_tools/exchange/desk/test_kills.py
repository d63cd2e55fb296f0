"""kill -9 anywhere: no order is lost and none is doubled, by the venue's ledger against ours.

Real processes, a real venue over sockets, real SIGKILLs.
"""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.support.lives import (
    NOTHING_CAME_OF_IT,
    SYMBOL,
    Account,
    Executioner,
    Lives,
    Moment,
    moments,
    settled,
    told_by_the_venue,
)
from tests.support.venues import FEW, QUIET, spot
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import verify
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.wire.server import VenueServer


async def die(folder: Path, chosen: list[Moment]) -> None:
    """Live and be killed at each of these moments; then compare the two ledgers."""
    place, executioner = spot(rules=QUIET, instruments=FEW), Executioner()
    async with VenueServer([BinanceSpot(place)], interference=executioner) as server:
        account = Account(server.port, place.credentials.key, place.credentials.secret, folder)
        lives = Lives(account, executioner)
        for moment in chosen:
            assert await lives.one(moment) == -signal.SIGKILL, moment
        desk = await settled(account)
        records, theirs = desk.manager.records, told_by_the_venue(place)
        ours = {
            name: order.filled_size_base
            for name, order in records.orders.items()
            if order.stage not in NOTHING_CAME_OF_IT
        }
        assert ours == theirs
        assert len(theirs) >= len(chosen) / 4
        assert place.account.open_orders() == []
        assert records.exposure_base(SYMBOL) == (records.position_base(SYMBOL),) * 2
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        assert verify(ledger).valid


async def test_an_order_is_neither_lost_nor_doubled_by_a_kill_around_it(tmp_path: Path) -> None:
    # After the first life's first order, and about the second one's first cancel.
    await die(tmp_path, [Moment("after", nth) for nth in (8, 12)])


@pytest.mark.slow
async def test_two_hundred_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    chosen = moments(200, seed=20261126)
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    # Two bots at two venues, because a life waits for its streams most of the time.
    await asyncio.gather(die(folders[0], chosen[:100]), die(folders[1], chosen[100:]))
