"""ccxt pro, unmodified, watches everything of the venue over WebSockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.ccxt_clients import pro_client, within
from tests.support.venues import QUIET, WAIT_S, serving, spot
from trading_tools.venue.binance.spot import SpotVenue

SYMBOL = "BTC/USDT"


@pytest.fixture
def venue() -> SpotVenue:
    return spot(rules=QUIET)


@pytest.fixture
async def client(venue: SpotVenue) -> AsyncIterator[Any]:
    async with pro_client(serving(venue)) as found:
        yield found


async def test_tickers_and_best_prices_are_watched(client: Any) -> None:
    ticker, full, best = await within(
        asyncio.gather(
            client.watch_ticker(SYMBOL),
            client.watch_ticker("ETH/USDT", {"name": "ticker"}),
            client.watch_bids_asks([SYMBOL]),
        )
    )
    assert (ticker["symbol"], ticker["last"] > 0) == (SYMBOL, True)
    assert full["bid"] < full["ask"]
    assert best[SYMBOL]["bid"] < best[SYMBOL]["ask"]


async def test_trades_and_candles_are_watched(client: Any) -> None:
    trades, candles = await within(
        asyncio.gather(client.watch_trades(SYMBOL), client.watch_ohlcv(SYMBOL, "1m"))
    )
    assert trades[-1]["symbol"] == SYMBOL
    assert candles[-1][2] >= candles[-1][3]


async def test_a_watched_book_follows_the_venues_own(client: Any, venue: SpotVenue) -> None:
    # ccxt checks that the numbers of the updates follow each other, and raises at a gap.
    for _ in range(4):
        book = await within(client.watch_order_book(SYMBOL))
    assert book["bids"][0][0] < book["asks"][0][0]
    assert book["nonce"] <= venue.depths["BTCUSDT"].commit()


async def test_orders_trades_and_balances_are_watched(client: Any, venue: SpotVenue) -> None:
    watching = [
        asyncio.create_task(client.watch_orders(SYMBOL)),
        asyncio.create_task(client.watch_my_trades(SYMBOL)),
        asyncio.create_task(client.watch_balance()),
    ]
    async with asyncio.timeout(WAIT_S):
        while not [
            entry
            for entry in venue.ledger.of("request.received")
            if entry.body["method"] == "userDataStream.subscribe.signature"
        ]:
            await asyncio.sleep(0)

    order = await client.create_order(SYMBOL, "market", "sell", 0.01)

    orders, trades, balance = await within(asyncio.gather(*watching))
    assert {one["id"] for one in orders} == {order["id"]}
    assert {trade["order"] for trade in trades} == {order["id"]}
    assert balance["BTC"]["free"] < 1
    told = [entry.body["event"] for entry in venue.ledger.of("stream.told")]
    assert [event["x"] for event in told if event["e"] == "executionReport"][:2] == ["NEW", "TRADE"]
    assert told[-1]["e"] == "outboundAccountPosition"


async def test_orders_are_placed_and_canceled_over_the_websocket(
    client: Any, venue: SpotVenue
) -> None:
    order = await within(client.create_order_ws(SYMBOL, "limit", "buy", 0.01, 50_000))
    assert order["status"] == "open"
    assert (await within(client.fetch_order_ws(order["id"], SYMBOL)))["id"] == order["id"]
    assert len(await within(client.fetch_open_orders_ws(SYMBOL))) == 1
    edited = await within(client.edit_order_ws(order["id"], SYMBOL, "limit", "buy", 0.01, 51_000))
    canceled = await within(client.cancel_order_ws(edited["id"], SYMBOL))
    assert canceled["status"] == "canceled"
    assert await within(client.fetch_my_trades_ws(SYMBOL)) == []
    assert len(await within(client.fetch_orders_ws(SYMBOL))) == 2
    asked = [entry.body["method"] for entry in venue.ledger.of("request.received")]
    assert "order.place" in asked
    assert "order.cancelReplace" in asked
    assert not venue.ledger.of("endpoint.missing")
