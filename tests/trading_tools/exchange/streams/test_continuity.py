"""Books of which updates are lost, come twice or late: ccxt's unmodified clients, local venues."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Literal

import pytest

from tests.support import coinbase_venue, kraken_venue
from tests.support.bybit_venue import SMALL, bybit
from tests.support.usdm_venue import TWO, usdm
from tests.support.venues import QUIET, keys, point_at, spot
from trading_tools.exchange.streams import ccxt_streams
from trading_tools.exchange.streams.delivery import Delivery
from trading_tools.exchange.streams.stream import Patience, Stream
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.binance.usdm.adapter import BinanceUsdm
from trading_tools.venue.bybit.adapter import Bybit
from trading_tools.venue.coinbase.adapter import Coinbase
from trading_tools.venue.kraken.adapter import Kraken
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.interference import Interference
from trading_tools.venue.wire.messages import Message, Told
from trading_tools.venue.wire.server import VenueServer

QUICK = Patience(settle_s=0.3, first_s=0.05)
VENUES: dict[str, tuple[Callable[[], Any], str]] = {
    "binance": (lambda: BinanceSpot(spot(rules=QUIET)), "BTC/USDT"),
    "binanceusdm": (lambda: BinanceUsdm(usdm(instruments=TWO)), "BTC/USDT:USDT"),
    "bybit": (lambda: Bybit(bybit(instruments=SMALL)), "BTC/USDT"),
    "coinbase": (lambda: Coinbase(coinbase_venue.coinbase()), "BTC/USD"),
    "kraken": (lambda: Kraken(kraken_venue.kraken(instruments=kraken_venue.FEW)), "BTC/USD"),
}


class Line(Interference):
    """Does something to every fourth update of a book."""

    def __init__(self, does: Literal["lose", "repeat"]) -> None:
        self.does: Literal["lose", "repeat"] | None = does
        self.done = 0
        self._seen = 0

    def outgoing(self, connection: Connection, message: Message) -> Iterable[Message]:
        self._seen += message.told is Told.BOOK
        if message.told is not Told.BOOK or self.does is None or self._seen % 4:
            return (message,)
        self.done += 1
        return () if self.does == "lose" else (message, message)


async def watched(name: str, line: Line, enough: Callable[[Stream[Any], int], bool]) -> Stream[Any]:
    """A stream of a book on that line, until there is enough of it; no book may be crossed."""
    import ccxt.pro

    make, symbol = VENUES[name]
    venue, books = make(), 0

    async def consume(book: Any) -> None:
        nonlocal books
        books += 1
        assert book["bids"][0][0] < book["asks"][0][0]

    async with VenueServer([venue], interference=line) as server:
        client = point_at(getattr(ccxt.pro, name)(keys(venue)), server.port)
        try:
            await client.load_markets()
            delivery = Delivery(consume)
            watch, reopen = ccxt_streams.book(client, symbol), ccxt_streams.letting_go(client)
            stream = Stream(watch, reopen, delivery, patience=QUICK)
            running = asyncio.create_task(stream.run())
            async with asyncio.timeout(30):
                while not enough(stream, books):
                    await asyncio.sleep(0.01)
            running.cancel()
        finally:
            await client.close()
    assert delivery.errors == 0
    return stream


@pytest.mark.parametrize(
    "name",
    [
        "bybit",
        "coinbase",
        "kraken",
        pytest.param("binance", marks=pytest.mark.slow),
        pytest.param("binanceusdm", marks=pytest.mark.slow),
    ],
)
async def test_a_book_that_lacks_an_update_is_not_handed_on_but_asked_for_anew(name: str) -> None:
    line = Line("lose")

    def told_and_back(stream: Stream[Any], books: int) -> bool:
        if stream.health.failures:
            line.does = None
        return line.does is None and len(stream.health.gaps) > 1

    stream = await watched(name, line, told_and_back)
    why = stream.health.gaps[1].why
    assert any(word in why for word in ("did not come", "its checksum is", "ChecksumError"))


@pytest.mark.parametrize("name", ["bybit", "coinbase", "kraken"])
async def test_an_update_that_comes_twice_is_no_gap(name: str) -> None:
    line = Line("repeat")
    stream = await watched(name, line, lambda stream, books: line.done > 2 and books > 8)
    assert (stream.health.failures, len(stream.health.gaps)) == (0, 1)
