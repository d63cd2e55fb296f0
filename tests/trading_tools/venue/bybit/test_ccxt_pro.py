"""ccxt pro, unmodified, watches everything of the venue that it can for spot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.bybit_venue import MIDDLE, QUIET, bybit, serving_bybit
from tests.support.ccxt_clients import pro_client, within
from trading_tools.venue.bybit.place import BybitPlace

SYMBOL = "BTC/USDT"


@pytest.fixture
def place() -> BybitPlace:
    return bybit(rules=QUIET, instruments=MIDDLE)


@pytest.fixture
async def client(place: BybitPlace) -> AsyncIterator[Any]:
    async with pro_client(serving_bybit(place)) as found:
        yield found


async def test_public_streams_are_watched(client: Any) -> None:
    ticker = await within(client.watch_ticker(SYMBOL))
    assert (ticker["symbol"], ticker["last"] > 0) == (SYMBOL, True)
    tickers = await within(client.watch_tickers([SYMBOL, "ETH/BTC"]))
    assert set(tickers) <= {SYMBOL, "ETH/BTC"}
    trades = await within(client.watch_trades(SYMBOL))
    assert trades[-1]["symbol"] == SYMBOL
    await within(client.un_watch_trades(SYMBOL))
    candles = await within(client.watch_ohlcv(SYMBOL, "1m"))
    assert candles[-1][2] >= candles[-1][3]
    best = await within(client.watch_bids_asks(["ETH/USDT"]))
    assert best["ETH/USDT"]["bid"] < best["ETH/USDT"]["ask"]


async def test_a_watched_book_follows_the_venues_own(client: Any, place: BybitPlace) -> None:
    def own(side: str) -> list[list[float]]:
        levels = getattr(place.exchange.books["BTCUSDT"], side).depth(50)
        each = place.instruments["BTCUSDT"]
        return [[float(each.price_text(p)), float(each.size_text(s))] for p, s in levels]

    for _ in range(40):
        book = await within(client.watch_order_book(SYMBOL))
        if book["bids"] == own("bids") and book["asks"] == own("asks"):
            break
    assert (book["bids"], book["asks"]) == (own("bids"), own("asks"))


async def test_what_happens_to_the_account_is_watched(client: Any, place: BybitPlace) -> None:
    orders = asyncio.create_task(client.watch_orders(SYMBOL))
    trades = asyncio.create_task(client.watch_my_trades(SYMBOL))
    balance = asyncio.create_task(client.watch_balance())
    await within(_subscribed(place, {"order", "execution", "wallet"}))
    sent = await client.create_order(SYMBOL, "market", "sell", 0.01)
    (trade,) = await within(trades)
    assert (trade["order"], trade["symbol"], trade["amount"]) == (sent["id"], SYMBOL, 0.01)
    found = await within(orders)
    assert {order["id"] for order in found} == {sent["id"]}
    while found[-1]["status"] != "closed":
        found = await within(client.watch_orders(SYMBOL))
    assert found[-1]["symbol"] == SYMBOL
    assert (await within(balance))["BTC"]["total"] <= 1


async def test_orders_are_placed_and_canceled_over_websocket(
    client: Any, place: BybitPlace
) -> None:
    sent = await within(client.create_order_ws(SYMBOL, "limit", "buy", 0.01, 50_000))
    assert sent["id"]
    await within(client.cancel_order_ws(sent["id"], SYMBOL))
    assert not place.account.open_orders()
    asked = [entry.body["operation"] for entry in place.ledger.of("request.received")]
    assert asked[-2:] == ["place", "cancel"]
    with pytest.raises(Exception, match="170131"):
        await within(client.create_order_ws(SYMBOL, "limit", "buy", 3, 50_000))
    assert not place.ledger.of("endpoint.missing")


async def _subscribed(place: BybitPlace, topics: set[str]) -> None:
    """Until the venue has been asked for these topics."""
    while True:
        text = " ".join(entry.body["text"] for entry in place.ledger.of("stream.asked"))
        if all(f'"{topic}"' in text for topic in topics):
            return
        await asyncio.sleep(0.01)


async def test_contracts_and_positions_are_watched(client: Any, place: BybitPlace) -> None:
    symbol = "BTC/USDT:USDT"
    for _ in range(3):
        ticker = await within(client.watch_ticker(symbol))
        assert (ticker["symbol"], ticker["bid"] < ticker["ask"]) == (symbol, True)
        book = await within(client.watch_order_book(symbol))
        assert book["bids"][0][0] < book["asks"][0][0]
    assert (await within(client.watch_trades(symbol)))[-1]["symbol"] == symbol
    assert await within(client.watch_positions()) == []  # a snapshot, which ccxt fetches

    positions = asyncio.create_task(client.watch_positions([symbol]))
    orders = asyncio.create_task(client.watch_orders(symbol))
    await within(_subscribed(place, {"order", "position"}))
    await client.create_order(symbol, "market", "buy", 0.01)
    assert {order["symbol"] for order in await within(orders)} == {symbol}
    (position,) = await within(positions)
    assert (position["symbol"], position["side"], position["contracts"]) == (symbol, "long", 0.01)
    sent = await within(client.create_order_ws(symbol, "limit", "buy", 0.01, 50_000))
    await within(client.edit_order_ws(sent["id"], symbol, "limit", "buy", 0.02, 51_000))
    (order,) = place.account.open_orders()
    assert (order.ticket.price, order.size) == (510_000, 20)
