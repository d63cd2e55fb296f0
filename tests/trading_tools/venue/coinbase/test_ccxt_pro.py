"""ccxt pro, unmodified, watches everything of the venue over WebSockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.ccxt_clients import pro_client, within
from tests.support.coinbase_venue import QUIET, coinbase, serving
from trading_tools.venue.coinbase.place import CoinbasePlace

SYMBOL = "BTC/USD"


@pytest.fixture
def place() -> CoinbasePlace:
    return coinbase(rules=QUIET)


@pytest.fixture
async def client(place: CoinbasePlace) -> AsyncIterator[Any]:
    async with pro_client(serving(place)) as found:
        yield found


async def test_market_data_is_watched_and_left_again(client: Any) -> None:
    ticker = await within(client.watch_ticker(SYMBOL))
    assert ticker["bid"] < ticker["ask"]
    assert (ticker["symbol"], ticker["high"] >= ticker["low"]) == (SYMBOL, True)
    assert (await within(client.watch_ticker(SYMBOL)))["last"] > 0
    await within(client.un_watch_ticker(SYMBOL))
    tickers = await within(client.watch_tickers([SYMBOL, "ETH/USD"]))
    assert {each["last"] > 0 for each in tickers.values()} == {True}
    for _ in range(3):
        trades = await within(client.watch_trades(SYMBOL))
        assert trades[-1]["symbol"] == SYMBOL
    several = await within(client.watch_trades_for_symbols(["ETH/USD", "SOL/USD"]))
    assert several[-1]["symbol"] in {"ETH/USD", "SOL/USD"}
    for _ in range(5):
        book = await within(client.watch_order_book(SYMBOL))
        assert book["bids"][0][0] < book["asks"][0][0]
    other = await within(client.watch_order_book_for_symbols(["ETH/BTC"]))
    assert other["symbol"] == "ETH/BTC"


async def test_orders_are_watched_from_the_snapshot_to_their_ends(client: Any) -> None:
    resting = await client.create_order(SYMBOL, "limit", "buy", 0.01, 50_000)
    (shown,) = await within(client.watch_orders(SYMBOL))
    assert (shown["id"], shown["status"], shown["price"]) == (resting["id"], "open", 50_000)
    await client.cancel_order(resting["id"])
    status = None
    while status != "canceled":
        orders = await within(client.watch_orders(SYMBOL))
        status = {each["id"]: each["status"] for each in orders}.get(resting["id"], status)
    bought = await client.create_order(SYMBOL, "market", "buy", 0.01, 60_000)
    status = None
    while status != "closed":
        orders = await within(client.watch_orders(SYMBOL))
        status = {each["id"]: each["status"] for each in orders}.get(bought["id"], status)
    assert orders[-1]["side"] == "buy"
    assert orders[-1]["filled"] > 0
