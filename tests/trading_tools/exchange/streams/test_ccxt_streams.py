"""Streams of ccxt.pro's unmodified client from a venue on loopback that goes silent and breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.venues import FEW, QUIET, keys, point_at, spot
from tests.trading_tools.exchange.orders.guards import guard
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.streams import ccxt_streams
from trading_tools.exchange.streams.delivery import Delivery
from trading_tools.exchange.streams.stream import Gap, Patience, Stream
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.core.orders import Kind, Side, Ticket
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.interference import Interference
from trading_tools.venue.wire.messages import Message
from trading_tools.venue.wire.server import VenueServer

QUICK = Patience(silent_after_s=0.5, settle_s=0.3, first_s=0.05)


class Line(Interference):
    """The connections of a venue, and whether anything comes through."""

    def __init__(self) -> None:
        self.silent = False
        self.open: list[Connection] = []

    def opened(self, connection: Connection) -> None:
        self.open.append(connection)

    def outgoing(self, connection: Connection, message: Message) -> Iterable[Message]:
        return () if self.silent else (message,)


class Market:
    """A venue, its line, and a client of it."""

    def __init__(self, line: Line, client: Any, venue: Any) -> None:
        self.line = line
        self.client = client
        self.venue = venue


@pytest.fixture
async def market() -> AsyncIterator[Market]:
    import ccxt.pro

    venue, line = spot(rules=QUIET, instruments=FEW), Line()
    async with VenueServer([BinanceSpot(venue)], interference=line) as server:
        client = point_at(ccxt.pro.binance(keys(venue)), server.port)
        try:
            await client.load_markets()
            yield Market(line, client, venue)
        finally:
            await client.close()


async def until(condition: Any) -> None:
    """Wait for something that the running tasks will bring about."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_book_that_goes_silent_comes_back_whole(market: Market) -> None:
    books: list[Any] = []
    gaps: list[Gap] = []

    async def consume(book: Any) -> None:
        books.append(book)

    async def recover(gap: Gap) -> None:
        gaps.append(gap)

    stream = Stream(
        ccxt_streams.book(market.client, "BTC/USDT"),
        ccxt_streams.letting_go(market.client),
        Delivery(consume),
        recover,
        QUICK,
    )
    running = asyncio.create_task(stream.run())
    await until(lambda: len(books) > 3)
    market.line.silent = True
    await until(lambda: stream.health.silences)
    market.line.silent = False
    seen = len(books)
    await until(lambda: len(books) > seen + 3)
    running.cancel()
    assert gaps[0].why == "the stream begins"
    assert gaps[1].why.startswith("Silent: nothing for")
    assert books[-1]["bids"][0][0] < books[-1]["asks"][0][0]


async def test_trades_pass_once_though_connections_break(market: Market) -> None:
    numbers: list[int] = []

    async def consume(trade: Any) -> None:
        numbers.append(int(trade["id"]))

    stream = Stream(
        ccxt_streams.trades(market.client, "BTC/USDT"),
        ccxt_streams.letting_go(market.client),
        Delivery(consume),
        patience=QUICK,
    )
    running = asyncio.create_task(stream.run())
    for _ in range(3):
        seen = len(numbers)
        await until(lambda seen=seen: len(numbers) > seen + 1)
        for connection in market.line.open:
            connection.abort()
    running.cancel()
    assert len(set(numbers)) == len(numbers)
    assert stream.health.opened >= 3


async def test_a_fill_that_the_account_stream_missed_is_found_when_it_is_back(
    market: Market, tmp_path: Path
) -> None:
    client = market.client
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        manager = OrderManager(
            CcxtOrders(client), TradeAudit(ledger, "orders"), "drill", guard(tmp_path)
        )
        gaps: list[Gap] = []

        async def consume(order: Any) -> None:
            return None

        async def recover(gap: Gap) -> None:
            await manager.reconcile(["BTC/USDT"])
            gaps.append(gap)

        ccxt_streams.ping_often(client, 0.5)
        stream = Stream(
            ccxt_streams.own_orders(client, "BTC/USDT"),
            ccxt_streams.letting_go(client),
            Delivery(consume),
            recover,
            Patience(silent_after_s=None, settle_s=0.3, first_s=0.05),
        )
        running = asyncio.create_task(stream.run())
        await until(lambda: stream.health.gaps)
        order = await manager.submit(resting())
        fall(market)
        for connection in market.line.open:
            connection.abort()
        await until(lambda: len(gaps) == 2)
        running.cancel()
        assert order.settled
        assert order.filled_size_base == order.size_base


async def test_the_accounts_fills_are_told_once_each(market: Market) -> None:
    own_trades = ccxt_streams.own_trades(market.client, "BTC/USDT")
    told = asyncio.ensure_future(own_trades())
    await until(lambda: asked_for(market, "userDataStream.subscribe.signature"))
    order = await market.client.create_order("BTC/USDT", "market", "sell", 0.5)
    fills: list[Any] = []
    async with asyncio.timeout(30):
        while len(fills) < len(order["trades"]):
            fills += await told
            told = asyncio.ensure_future(own_trades())
    told.cancel()
    assert {fill["order"] for fill in fills} == {order["id"]}
    told_ids = sorted(fill["id"] for fill in fills)
    assert told_ids == sorted(fill["id"] for fill in order["trades"])


def asked_for(market: Market, method: str) -> bool:
    """Whether the venue was asked for a method of its WebSocket API."""
    asked = market.venue.ledger.of("request.received")
    return any(entry.body["method"] == method for entry in asked)


def resting() -> Intent:
    return Intent("one", "BTC/USDT", "buy", Decimal("0.01"), Decimal("50000"))


def fall(market: Market) -> None:
    """Let the market fall through what rests at 50,000."""
    seller = market.venue.exchange.accounts["market-taker"]
    ticket = Ticket("BTCUSDT", Side.SELL, Kind.LIMIT, 10_000_000, 5_000_000)
    market.venue.exchange.place(seller, ticket, market.venue.clock())
