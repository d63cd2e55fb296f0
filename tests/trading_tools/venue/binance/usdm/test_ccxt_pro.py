"""ccxt pro, unmodified, watches everything of the venue over WebSockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.ccxt_clients import pro_client, within
from tests.support.usdm_venue import SYMBOL, usdm
from tests.support.venues import WAIT_S, serving
from trading_tools.venue.binance.usdm.place import UsdmVenue
from trading_tools.venue.core.contracts import PositionSide


@pytest.fixture
def venue() -> UsdmVenue:
    return usdm()


@pytest.fixture
async def client(venue: UsdmVenue) -> AsyncIterator[Any]:
    async with pro_client(serving(venue)) as found:
        yield found


async def private_stream(venue: UsdmVenue) -> None:
    """Wait until the client has its private stream."""
    async with asyncio.timeout(WAIT_S):
        while not [
            entry for entry in venue.ledger.of("stream.opened") if "private" in entry.body["path"]
        ]:
            await asyncio.sleep(0)


async def test_tickers_marks_and_best_prices_are_watched(client: Any) -> None:
    ticker, tickers, best, mark = await within(
        asyncio.gather(
            client.watch_ticker(SYMBOL),
            client.watch_tickers([SYMBOL]),
            client.watch_bids_asks([SYMBOL]),
            client.watch_mark_price(SYMBOL),
        )
    )
    assert (ticker["symbol"], ticker["last"] > 0) == (SYMBOL, True)
    assert SYMBOL in tickers
    assert best[SYMBOL]["bid"] < best[SYMBOL]["ask"]
    assert mark["markPrice"] > 0


async def test_trades_and_candles_are_watched(client: Any) -> None:
    trades, candles = await within(
        asyncio.gather(client.watch_trades(SYMBOL), client.watch_ohlcv(SYMBOL, "1m"))
    )
    assert trades[-1]["symbol"] == SYMBOL
    assert candles[-1][2] >= candles[-1][3]


async def test_a_watched_book_follows_the_venues_own(client: Any, venue: UsdmVenue) -> None:
    # ccxt checks that each update's `pu` is the last one's `u`, and raises at a gap.
    for _ in range(4):
        book = await within(client.watch_order_book(SYMBOL))
    assert book["bids"][0][0] < book["asks"][0][0]
    assert book["nonce"] <= venue.depths["BTCUSDT"].commit()


async def test_orders_trades_balances_and_positions_are_watched(
    client: Any, venue: UsdmVenue
) -> None:
    assert await within(client.watch_positions()) == []  # the first is the state by REST
    watching = [
        asyncio.create_task(client.watch_orders(SYMBOL)),
        asyncio.create_task(client.watch_my_trades(SYMBOL)),
        asyncio.create_task(client.watch_balance()),
        asyncio.create_task(client.watch_positions()),
    ]
    await private_stream(venue)

    order = await client.create_order(SYMBOL, "market", "buy", 0.02)

    orders, trades, balance, positions = await within(asyncio.gather(*watching))
    assert orders[0]["id"] == trades[0]["order"] == order["id"]
    assert trades[0]["fee"]["cost"] > 0
    assert balance["USDT"]["total"] < 100_000
    assert (positions[0]["symbol"], positions[0]["contracts"]) == (SYMBOL, 0.02)
    assert venue.account.positions["BTCUSDT", PositionSide.BOTH].size == 20


async def test_a_stop_is_told_as_an_algo_order(client: Any, venue: UsdmVenue) -> None:
    watching = asyncio.create_task(client.watch_orders(SYMBOL))
    await private_stream(venue)

    stop = await client.create_order(
        SYMBOL, "market", "sell", 0.02, None, {"stopLossPrice": 55_000}
    )

    (told,) = await within(watching)
    assert (told["id"], told["status"], told["triggerPrice"]) == (stop["id"], "open", 55_000)


async def test_liquidations_are_watched(client: Any, venue: UsdmVenue) -> None:
    # ccxt's handler of ACCOUNT_UPDATE fails where no balance is watched, and the stream dies.
    watching_balance = asyncio.create_task(client.watch_balance())
    watching = [
        asyncio.create_task(client.watch_my_liquidations(SYMBOL)),
        asyncio.create_task(client.watch_liquidations(SYMBOL)),
    ]
    await private_stream(venue)
    async with asyncio.timeout(WAIT_S):
        while not any(
            "forceOrder" in entry.body["text"] for entry in venue.ledger.of("stream.asked")
        ):
            await asyncio.sleep(0)
    await client.create_order(SYMBOL, "market", "buy", 0.02)

    venue.exchange.liquidate(venue.account, "BTCUSDT", venue.clock())

    mine, everybodys = await within(asyncio.gather(*watching))
    await within(watching_balance)
    assert mine[-1]["symbol"] == everybodys[-1]["symbol"] == SYMBOL
    assert await client.fetch_positions() == []


async def test_orders_are_placed_amended_and_canceled_over_the_socket(
    client: Any, venue: UsdmVenue
) -> None:
    order = await within(client.create_order_ws(SYMBOL, "limit", "buy", 0.01, 50_000))
    edited = await within(client.edit_order_ws(order["id"], SYMBOL, "limit", "buy", 0.01, 51_000))
    assert (edited["id"], edited["price"]) == (order["id"], 51_000)
    assert (await within(client.fetch_order_ws(order["id"], SYMBOL)))["status"] == "open"
    assert (await within(client.cancel_order_ws(order["id"], SYMBOL)))["status"] == "canceled"
    assert (await within(client.fetch_balance_ws()))["USDT"]["total"] == 100_000
    await client.create_order(SYMBOL, "market", "buy", 0.02)
    assert (await within(client.fetch_positions_ws([SYMBOL])))[0]["contracts"] == 0.02
    assert (await within(client.fetch_order_book_ws(SYMBOL)))["bids"]
    assert not venue.ledger.of("endpoint.missing")
