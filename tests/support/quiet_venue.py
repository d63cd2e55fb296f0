"""A simulator whose market stands still, so that the same acts always have the same results."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.venues import served_in_a_thread, spot
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.instruments import ATOMS
from trading_tools.venue.core.orders import Kind, Side, Ticket
from trading_tools.venue.wire.server import VenueServer


@contextmanager
def quiet_simulator() -> Iterator[str]:
    """The address of a Binance spot venue with one bid and one ask for BTC/USDT, at 60,000."""
    place = spot(market=False)
    maker = place.exchange.open_account(
        Account("maker", background=True), {"BTC": 100 * ATOMS, "USDT": 10**8 * ATOMS}
    )
    for side, price in ((Side.BUY, 59_990), (Side.SELL, 60_010)):
        ticket = Ticket("BTCUSDT", side, Kind.LIMIT, 5 * 10**5, price * 100)
        place.exchange.place(maker, ticket, place.clock())
    with served_in_a_thread(VenueServer([BinanceSpot(place)])) as port:
        yield f"http://127.0.0.1:{port}"
