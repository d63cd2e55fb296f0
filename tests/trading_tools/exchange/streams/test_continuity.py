"""Updates and trades that are lost or come twice: ccxt's unmodified clients, local venues."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Literal

import pytest

from tests.support import coinbase_venue as coin
from tests.support import kraken_venue
from tests.support.bybit_venue import SMALL, bybit
from tests.support.usdm_venue import TWO, usdm
from tests.support.venues import FEW, QUIET, hurried, keys, point_at, spot
from trading_tools.exchange.streams import ccxt_streams
from trading_tools.exchange.streams.ccxt_streams import Watch
from trading_tools.exchange.streams.continuity import Numbers, UpdatesLost
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
    "binance": (
        lambda: BinanceSpot(spot(rules=QUIET, instruments=FEW, clock=hurried())),
        "BTC/USDT",
    ),
    "binanceusdm": (lambda: BinanceUsdm(usdm(instruments=TWO, clock=hurried())), "BTC/USDT:USDT"),
    "bybit": (lambda: Bybit(bybit(instruments=SMALL, clock=hurried())), "BTC/USDT"),
    "coinbase": (
        lambda: Coinbase(coin.coinbase(instruments=coin.FEW, clock=hurried())),
        "BTC/USD",
    ),
    "kraken": (
        lambda: Kraken(kraken_venue.kraken(instruments=kraken_venue.FEW, clock=hurried())),
        "BTC/USD",
    ),
}


class Line(Interference):
    """Does something to every fourth message of a kind."""

    def __init__(
        self, does: Literal["lose", "repeat"], kind: Told = Told.BOOK, skipped: int = 0
    ) -> None:
        self.does: Literal["lose", "repeat"] | None = does
        self.done = 0
        self._kind = kind
        self._seen = skipped

    def outgoing(self, connection: Connection, message: Message) -> Iterable[Message]:
        self._seen += message.told is self._kind
        if message.told is not self._kind or self.does is None or self._seen % 4:
            return (message,)
        self.done += 1
        return () if self.does == "lose" else (message, message)


async def watched(
    name: str,
    line: Line,
    enough: Callable[[Stream[Any], int], bool],
    what: Callable[[Any, str], Watch] = ccxt_streams.book,
) -> Stream[Any]:
    """A stream on that line, until there is enough of it; no book may be crossed."""
    import ccxt.pro

    make, symbol = VENUES[name]
    venue, count = make(), 0

    async def consume(item: Any) -> None:
        nonlocal count
        count += 1
        assert what is not ccxt_streams.book or item["bids"][0][0] < item["asks"][0][0]

    async with VenueServer([venue], interference=line) as server:
        client = point_at(getattr(ccxt.pro, name)(keys(venue)), server.port)
        delivery = Delivery(consume)
        watch, reopen = what(client, symbol), ccxt_streams.letting_go(client)
        stream = Stream(watch, reopen, delivery, patience=QUICK)
        running = asyncio.create_task(stream.run())
        try:
            async with asyncio.timeout(30):
                while not enough(stream, count):
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
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


async def test_a_book_that_begins_without_its_snapshot_is_not_handed_on() -> None:
    line = Line("lose", skipped=3)

    def told(stream: Stream[Any], books: int) -> bool:
        return stream.health.failures > 0

    stream = await watched("bybit", line, told)
    assert str(stream.health.last_error).endswith("BTC/USDT: its first update was no snapshot")


@pytest.mark.parametrize("name", ["bybit", "coinbase", "kraken"])
async def test_an_update_that_comes_twice_is_no_gap(name: str) -> None:
    line = Line("repeat")
    stream = await watched(name, line, lambda stream, books: line.done > 2 and books > 8)
    assert (stream.health.failures, len(stream.health.gaps)) == (0, 1)


@pytest.mark.parametrize(
    "name", ["binance", *(pytest.param(n, marks=pytest.mark.slow) for n in ("coinbase", "kraken"))]
)
async def test_a_trade_that_did_not_come_is_told_as_a_gap(name: str) -> None:
    line = Line("lose", Told.TRADES)

    def told(stream: Stream[Any], trades: int) -> bool:
        return len(stream.health.gaps) > 1

    stream = await watched(name, line, told, ccxt_streams.trades)
    assert "trades between" in stream.health.gaps[1].why


def test_trades_that_come_again_or_out_of_order_are_no_gap() -> None:
    numbers = Numbers()
    for told in ([7, 5, 6], [6, 7], [8], [5, 9]):
        numbers.follow(told)
    with pytest.raises(UpdatesLost, match="2 trades between 9 and 12 did not come"):
        numbers.follow([12])
    numbers.forget()
    numbers.follow([90])
