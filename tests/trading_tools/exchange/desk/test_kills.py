"""kill -9 anywhere: no order is lost and none is doubled, by the venue's ledger against ours.

Real processes, a real venue over sockets, real SIGKILLs.
"""

from __future__ import annotations

import asyncio
import itertools
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.lives import (
    NOTHING_CAME_OF_IT,
    PERPETUAL,
    SYMBOL,
    Account,
    Executioner,
    Lives,
    Moment,
    moments,
    settled,
    told_by_the_venue,
)
from tests.support.usdm_venue import usdm
from tests.support.venues import FEW, QUIET, spot
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import verify
from trading_tools.exchange.orders.life import Stage
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.binance.usdm.adapter import BinanceUsdm
from trading_tools.venue.core.accounts import Account as VenueAccount
from trading_tools.venue.core.exchange import Exchange
from trading_tools.venue.core.orders import Kind, Order, Report, Side, Status, Ticket
from trading_tools.venue.wire.server import VenueServer
from trading_tools.venue.wire.venue import Venue


def set_off_every_other_stop(exchange: Exchange) -> None:
    """Let others trade at its price a moment after it was accepted."""
    turns = itertools.cycle((True, False))

    def trade(stop: Order) -> None:
        one = exchange.instruments[stop.ticket.symbol]
        size = 5 * 10**8 // one.step_atoms
        for name, side in (("buyer", Side.BUY), ("seller", Side.SELL)):
            account = exchange.accounts.get(name) or exchange.open_account(
                VenueAccount(name, background=True), {one.base: 10**18, one.quote: 10**20}
            )
            wanted = Ticket(one.symbol, side, Kind.LIMIT, size, stop.ticket.stop)
            exchange.place(account, wanted, stop.created_ms)

    def heard(report: Report) -> None:
        if report.event == "NEW" and report.status is Status.WAITING and next(turns):
            asyncio.get_running_loop().call_later(0.02, trade, report.order)

    exchange.on_report.append(heard)


async def die(
    folder: Path, chosen: list[Moment], served: Venue | None = None, **settings: Any
) -> dict[Stage, int]:
    """Live and be killed at each of these moments; then compare the two ledgers.

    Returns how many stops came to which end.
    """
    venue, executioner = served or BinanceSpot(spot(rules=QUIET, instruments=FEW)), Executioner()
    place = venue.place
    set_off_every_other_stop(place.exchange)
    async with VenueServer([venue], interference=executioner) as server:
        key = venue.credentials
        account = Account(server.port, key.key, key.secret, folder, venue.name, **settings)
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
        symbol = account.symbol
        assert records.exposure_base(symbol) == (records.position_base(symbol),) * 2
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        assert verify(ledger).valid
    return Counter(each.stage for each in records.orders.values() if each.stop_price_quote)


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


@pytest.mark.slow
@pytest.mark.parametrize("symbol", [SYMBOL, PERPETUAL])
async def test_kills_between_a_stops_intent_its_answer_its_trigger_and_its_fill(
    symbol: str, tmp_path: Path
) -> None:
    there = BinanceSpot(spot(rules=QUIET, instruments=FEW))
    venue = there if symbol == SYMBOL else BinanceUsdm(usdm())
    chosen = [
        Moment(when, nth, 0.02) for when in ("before", "after", "later") for nth in range(12, 32)
    ]
    ends = await die(tmp_path, chosen, venue, symbol=symbol, stops=True)
    assert ends[Stage.FILLED] > 0
    assert ends[Stage.CANCELED] > 0
