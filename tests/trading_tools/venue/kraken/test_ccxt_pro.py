"""ccxt pro, unmodified, watches everything of the venue over WebSockets and trades there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.ccxt_clients import pro_client, within
from tests.support.kraken_venue import QUIET, kraken, serving
from tests.support.venues import WAIT_S
from trading_tools.venue.kraken.spot import KrakenSpot

SYMBOL = "BTC/USD"


@pytest.fixture
def venue() -> KrakenSpot:
    return kraken(rules=QUIET)


@pytest.fixture
async def client(venue: KrakenSpot) -> AsyncIterator[Any]:
    async with pro_client(serving(venue)) as found:
        yield found


async def told(venue: KrakenSpot, channel: str) -> None:
    """Wait until a private channel has sent its snapshot."""
    async with asyncio.timeout(WAIT_S):
        while channel not in [e.body["event"]["channel"] for e in venue.ledger.of("stream.told")]:
            await asyncio.sleep(0)


async def test_tickers_trades_and_candles_are_watched(client: Any) -> None:
    best = await within(client.watch_bids_asks([SYMBOL]))
    assert best[SYMBOL]["bid"] < best[SYMBOL]["ask"]
    other = await within(client.watch_ticker("ETH/BTC"))
    assert (other["symbol"], other["last"] > 0) == ("ETH/BTC", True)
    several = await within(client.watch_tickers(["SOL/USD", "XRP/USD"]))
    assert set(several) <= {"SOL/USD", "XRP/USD"}
    trades = await within(client.watch_trades(SYMBOL))
    assert trades[-1]["symbol"] == SYMBOL
    candles = await within(client.watch_ohlcv(SYMBOL, "1m"))
    assert candles[-1][2] >= candles[-1][3]


async def test_a_watched_book_follows_the_venues_own(client: Any) -> None:
    for _ in range(8):
        book = await within(client.watch_order_book(SYMBOL, 25))
    assert book["bids"][0][0] < book["asks"][0][0]
    assert 10 < len(book["bids"]) <= 25


async def test_orders_and_balances_are_watched(client: Any, venue: KrakenSpot) -> None:
    balance = await within(client.watch_balance())
    assert balance["BTC"]["total"] == 1
    watching = asyncio.create_task(client.watch_orders())
    await told(venue, "executions")
    order = await client.create_order(SYMBOL, "limit", "buy", 0.01, 50_000)
    seen = await within(watching)
    assert (seen[-1]["id"], seen[-1]["status"]) == (order["id"], "open")
    await client.cancel_order(order["id"])
    while seen[-1]["status"] != "canceled":
        seen = await within(client.watch_orders())
    assert seen[-1]["id"] == order["id"]
    moved = asyncio.create_task(client.watch_balance())
    await asyncio.sleep(0)
    await client.create_order(SYMBOL, "market", "sell", 0.01)
    assert (await within(moved))["BTC"]["total"] < 1


async def test_own_trades_are_watched(client: Any, venue: KrakenSpot) -> None:
    watching = asyncio.create_task(client.watch_my_trades(SYMBOL))
    await told(venue, "executions")
    order = await client.create_order(SYMBOL, "market", "sell", 0.01)
    trades = await within(watching)
    assert {trade["order"] for trade in trades} == {order["id"]}
    assert trades[-1]["fee"]["currency"] == "USD"
    events = [
        row["exec_type"]
        for entry in venue.ledger.of("stream.told")
        for row in entry.body["event"]["data"]
    ]
    assert events[:2] == ["pending_new", "new"]
    assert events[-1] == "filled"


async def test_orders_are_placed_and_canceled_over_the_websocket(
    client: Any, venue: KrakenSpot
) -> None:
    import ccxt.pro

    order = await within(
        client.create_order_ws(SYMBOL, "limit", "buy", 0.01, 50_000, {"clientOrderId": "ws-1"})
    )
    assert order["clientOrderId"] == "ws-1"
    found = await client.fetch_order(order["id"])
    assert (found["status"], found["price"], found["amount"]) == ("open", 50_000, 0.01)
    stopping = await within(
        client.create_order_ws(SYMBOL, "limit", "sell", 0.01, 49_000, {"stopLossPrice": 50_000})
    )
    assert (await client.fetch_order(stopping["id"]))["stopLossPrice"] == 50_000
    with pytest.raises(ccxt.pro.ExchangeError):
        await within(client.create_order_ws(SYMBOL, "limit", "sell", 5, 70_000))
    await within(client.edit_order_ws(order["id"], SYMBOL, "limit", "buy", 0.02, 51_000))
    assert (await client.fetch_order(order["id"]))["price"] == 51_000
    await within(client.cancel_order_ws(order["id"]))
    with pytest.raises(ccxt.pro.OrderNotFound):
        await within(client.cancel_order_ws(order["id"]))
    assert (await within(client.cancel_all_orders_ws()))["result"]["count"] == 1
    asked = [entry.body["operation"] for entry in venue.ledger.of("request.received")]
    assert {"place", "cancel", "cancel_all", "stream_key"} <= set(asked)
    assert not venue.ledger.of("endpoint.missing")
