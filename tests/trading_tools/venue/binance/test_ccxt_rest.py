"""ccxt's unmodified clients, sync and async, run every REST method against the venue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest

from tests.support.ccxt_clients import Both, rest_client
from tests.support.venues import QUIET, serving, spot

SYMBOL = "BTC/USDT"


@pytest.fixture(params=["sync", "async"])
async def ask(request: pytest.FixtureRequest) -> AsyncIterator[Both]:
    async with rest_client(request.param, serving(spot(rules=QUIET))) as both:
        yield both


async def test_markets_load_with_keys_and_without(ask: Both) -> None:
    markets = await ask("load_markets")
    assert set(markets) >= {"BTC/USDT", "ETH/USDT", "ETH/BTC", "DOGE/USDT"}
    market = markets[SYMBOL]
    assert market["spot"] is True
    assert market["precision"] == {**market["precision"], "amount": 1e-05, "price": 0.01}
    assert market["limits"]["cost"]["min"] == 5
    ask.forget_keys()
    assert set(await ask("load_markets", True)) == set(markets)
    assert not ask.kinds("endpoint.missing")


async def test_public_data_is_parsed(ask: Both) -> None:
    now = ask.place.clock()
    assert abs(await ask("fetch_time") - now) < 60_000
    assert (await ask("fetch_status"))["status"] == "ok"
    ticker = await ask("fetch_ticker", SYMBOL)
    assert ticker["symbol"] == SYMBOL
    assert ticker["bid"] < ticker["ask"]
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    rolling = await ask("fetch_ticker", SYMBOL, {"rolling": True, "windowSize": "1h"})
    assert ticker["low"] <= rolling["low"] <= rolling["high"] <= ticker["high"]
    assert set(await ask("fetch_tickers")) >= {SYMBOL, "ETH/BTC"}
    assert set(await ask("fetch_tickers", [SYMBOL])) == {SYMBOL}
    assert (await ask("fetch_bids_asks", [SYMBOL]))[SYMBOL]["bid"] > 0
    assert (await ask("fetch_last_prices", [SYMBOL]))[SYMBOL]["price"] > 0
    book = await ask("fetch_order_book", SYMBOL, 5)
    assert len(book["bids"]) == len(book["asks"]) == 5
    assert book["bids"][0][0] < book["asks"][0][0]
    assert book["nonce"] > 0
    candles = await ask("fetch_ohlcv", SYMBOL, "5m", None, 10)
    assert [b[0] - a[0] for a, b in pairwise(candles)] == [300_000] * 9
    assert all(low <= min(o, c) <= max(o, c) <= high for _, o, high, low, c, _ in candles)
    for _ in range(3):
        await ask("create_order", SYMBOL, "market", "sell", 0.01)
    trades = await ask("fetch_trades", SYMBOL, None, 3)
    assert len(trades) == 3
    assert [int(trade["id"]) for trade in trades] == sorted(int(trade["id"]) for trade in trades)
    assert not ask.kinds("endpoint.missing")


async def test_account_data_is_parsed(ask: Both) -> None:
    currencies = await ask("fetch_currencies")
    assert {"BTC", "USDT", "DOGE"} <= set(currencies)
    balance = await ask("fetch_balance")
    assert balance["USDT"] == {"free": 100_000.0, "used": 0.0, "total": 100_000.0}
    assert (await ask("fetch_trading_fee", SYMBOL))["taker"] == 0.001
    assert set(await ask("fetch_trading_fees")) >= {SYMBOL, "ETH/BTC"}


async def test_a_limit_order_lives_from_create_to_cancel(ask: Both) -> None:
    order = await ask(
        "create_order", SYMBOL, "limit", "buy", 0.01, 50_000, {"clientOrderId": "mine-1"}
    )
    assert (order["status"], order["filled"], order["clientOrderId"]) == ("open", 0, "mine-1")
    assert (await ask("fetch_balance"))["USDT"]["used"] == 500
    by_client_id = await ask("fetch_order", None, SYMBOL, {"origClientOrderId": "mine-1"})
    assert by_client_id["id"] == (await ask("fetch_order", order["id"], SYMBOL))["id"]
    assert [one["id"] for one in await ask("fetch_open_orders", SYMBOL)] == [order["id"]]

    edited = await ask("edit_order", order["id"], SYMBOL, "limit", "buy", 0.02, 51_000)
    assert (edited["price"], edited["amount"]) == (51_000, 0.02)
    canceled = await ask("cancel_order", edited["id"], SYMBOL)
    assert canceled["status"] == "canceled"

    history = await ask("fetch_orders", SYMBOL)
    assert [one["status"] for one in history] == ["canceled", "canceled"]
    assert len(await ask("fetch_canceled_orders", SYMBOL)) == 2
    assert [entry["order"] for entry in ask.kinds("order.accepted", "order.canceled")] == [
        int(order["id"]),
        int(order["id"]),
        int(edited["id"]),
        int(edited["id"]),
    ]
    assert ask.kinds("order.accepted")[0]["client_order_id"] == "mine-1"


async def test_market_orders_trade_at_once_and_their_trades_are_told(ask: Both) -> None:
    sold = await ask("create_order", SYMBOL, "market", "sell", 0.01)
    bought = await ask("create_order", SYMBOL, "market", "buy", 0.01)
    by_price = await ask("create_order", SYMBOL, "market", "buy", 0.01, 60_000)
    for order in (sold, bought, by_price):
        assert order["status"] == "closed"
        assert order["average"] > 0
        assert order["trades"]
    assert sold["fee"] == {**sold["fee"], "currency": "USDT"}
    assert by_price["cost"] <= 600

    trades = await ask("fetch_my_trades", SYMBOL)
    assert {trade["order"] for trade in trades} == {sold["id"], bought["id"], by_price["id"]}
    assert all(trade["takerOrMaker"] == "taker" for trade in trades)
    of_one = await ask("fetch_order_trades", sold["id"], SYMBOL)
    assert sum(trade["amount"] for trade in of_one) == pytest.approx(0.01)
    assert len(await ask("fetch_closed_orders", SYMBOL)) == 3
    assert len(ask.kinds("order.traded")) == len(trades)


async def test_every_other_type_of_order_is_taken(ask: Both) -> None:
    def of(kind: str, side: str, price: float | None, params: dict[str, Any]) -> tuple[Any, ...]:
        return "create_order", SYMBOL, kind, side, 0.01, price, params

    stop_limit = await ask(*of("limit", "sell", 49_000, {"triggerPrice": 50_000}))
    stop = await ask(*of("market", "sell", None, {"stopLossPrice": 50_000}))
    profit = await ask(*of("limit", "sell", 80_000, {"takeProfitPrice": 80_000}))
    post_only = await ask(*of("limit", "buy", 50_000, {"postOnly": True}))
    ioc = await ask(*of("limit", "buy", 50_000, {"timeInForce": "IOC"}))
    fok = await ask(*of("limit", "buy", 50_000, {"timeInForce": "FOK"}))
    assert [entry["type"] for entry in ask.kinds("order.accepted")] == [
        "STOP_LOSS_LIMIT",
        "STOP_LOSS",
        "TAKE_PROFIT_LIMIT",
        "LIMIT_MAKER",
        "LIMIT",
        "LIMIT",
    ]
    assert (stop_limit["triggerPrice"], stop["type"]) == (50_000, "market")
    assert {stop["status"], profit["status"], post_only["status"]} == {"open"}
    assert {ioc["status"], fok["status"]} == {"expired"}

    await ask(*of("limit", "buy", 50_000, {"test": True}))
    assert len(ask.kinds("order.accepted")) == 6

    canceled = await ask("cancel_all_orders", SYMBOL)
    assert len(canceled) == 4
    assert await ask("fetch_open_orders", SYMBOL) == []
    assert (await ask("fetch_balance"))["USDT"]["used"] == 0


async def test_trades_and_orders_are_paged_without_loss_or_repeats(ask: Both) -> None:
    for _ in range(5):
        await ask("create_order", SYMBOL, "market", "sell", 0.01)
    every = [int(trade["id"]) for trade in await ask("fetch_my_trades", SYMBOL)]
    paged: list[int] = []
    while page := await ask(
        "fetch_my_trades", SYMBOL, None, 2, {"fromId": max(paged, default=-1) + 1}
    ):
        paged += [int(trade["id"]) for trade in page]
    # ccxt sorts trades of one millisecond by their ids as text.
    assert sorted(paged) == sorted(every)
    assert len(set(paged)) == len(paged)

    orders = await ask("fetch_orders", SYMBOL)
    second = await ask("fetch_orders", SYMBOL, None, 2, {"orderId": int(orders[2]["id"])})
    assert [order["id"] for order in second] == [order["id"] for order in orders[2:4]]
