"""ccxt's unmodified clients, sync and async, run every REST method against the venue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest

from tests.support.ccxt_clients import Both, rest_client
from tests.support.kraken_venue import QUIET, kraken, serving

SYMBOL = "BTC/USD"


@pytest.fixture(params=["sync", "async"])
async def ask(request: pytest.FixtureRequest) -> AsyncIterator[Both]:
    async with rest_client(request.param, serving(kraken(rules=QUIET))) as both:
        yield both


async def test_markets_load_with_keys_and_without(ask: Both) -> None:
    markets = await ask("load_markets")
    assert set(markets) >= {"BTC/USD", "ETH/BTC", "DOGE/USD", "BTC/EUR", "BTC/USDT"}
    market = markets[SYMBOL]
    assert (market["id"], market["altname"], market["wsId"]) == ("XXBTZUSD", "XBTUSD", "XBT/USD")
    assert (market["taker"], market["maker"]) == (0.004, 0.0025)
    assert market["precision"] == {**market["precision"], "amount": 1e-07, "price": 0.1}
    assert (market["limits"]["amount"]["min"], market["limits"]["cost"]["min"]) == (5e-05, 0.5)
    ask.forget_keys()
    assert set(await ask("load_markets", True)) == set(markets)
    assert not ask.kinds("endpoint.missing")


async def test_public_data_is_parsed(ask: Both) -> None:
    now = ask.place.clock()
    assert abs(await ask("fetch_time") - now) < 60_000
    assert (await ask("fetch_status"))["status"] == "ok"
    assert {"BTC", "USD", "DOGE"} <= set(await ask("fetch_currencies"))
    ticker = await ask("fetch_ticker", SYMBOL)
    assert ticker["symbol"] == SYMBOL
    assert ticker["bid"] < ticker["ask"]
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert set(await ask("fetch_tickers")) >= {SYMBOL, "ETH/BTC"}
    assert set(await ask("fetch_tickers", [SYMBOL])) == {SYMBOL}
    book = await ask("fetch_order_book", SYMBOL, 5)
    assert len(book["bids"]) == len(book["asks"]) == 5
    assert book["bids"][0][0] < book["asks"][0][0]
    for frame, length in (("5m", 300_000), ("2w", 15 * 86_400_000)):
        candles = await ask("fetch_ohlcv", SYMBOL, frame)
        assert {b[0] - a[0] for a, b in pairwise(candles)} == {length}
        assert all(low <= min(o, c) <= max(o, c) <= high for _, o, high, low, c, _ in candles)
    for _ in range(3):
        await ask("create_order", SYMBOL, "market", "sell", 0.01)
    trades = await ask("fetch_trades", SYMBOL, None, 3)
    assert [trade["symbol"] for trade in trades] == [SYMBOL] * 3
    assert [int(trade["id"]) for trade in trades] == sorted(int(trade["id"]) for trade in trades)
    assert not ask.kinds("endpoint.missing")


async def test_account_data_is_parsed(ask: Both) -> None:
    balance = await ask("fetch_balance")
    assert balance["USD"] == {"free": 100_000.0, "used": 0.0, "total": 100_000.0}
    fee = await ask("fetch_trading_fee", SYMBOL)
    assert (fee["taker"], fee["maker"]) == (0.004, 0.0025)
    assert await ask("fetch_positions") == []
    assert abs(await ask("load_time_difference")) < 60_000
    deposits = await ask("fetch_ledger", "BTC")
    assert [(entry["currency"], entry["amount"]) for entry in deposits] == [("BTC", 1.0)]


async def test_a_limit_order_lives_from_create_to_cancel(ask: Both) -> None:
    order = await ask(
        "create_order", SYMBOL, "limit", "buy", 0.01, 50_000, {"clientOrderId": "mine-1"}
    )
    assert (order["symbol"], order["side"], order["type"]) == (SYMBOL, "buy", "limit")
    assert (order["price"], order["amount"], order["status"]) == (50_000, 0.01, None)
    assert (await ask("fetch_balance"))["USD"]["used"] == 502
    found = await ask("fetch_order", order["id"], SYMBOL)
    assert (found["status"], found["filled"], found["clientOrderId"]) == ("open", 0, "mine-1")
    mine = await ask("fetch_open_orders", None, None, None, {"clientOrderId": "mine-1"})
    assert [one["id"] for one in mine] == [order["id"]]

    await ask("cancel_order", order["id"], SYMBOL)
    assert (await ask("fetch_order", order["id"], SYMBOL))["status"] == "canceled"
    assert await ask("fetch_open_orders", SYMBOL) == []
    again = await ask(
        "create_order", SYMBOL, "limit", "buy", 0.01, 50_000, {"clientOrderId": "mine-1"}
    )
    assert again["id"] != order["id"]
    await ask("cancel_order", None, SYMBOL, {"clientOrderId": "mine-1"})
    closed = await ask("fetch_closed_orders", SYMBOL)
    assert {one["id"]: one["status"] for one in closed} == {
        order["id"]: "canceled",
        again["id"]: "canceled",
    }
    accepted = ask.kinds("order.accepted")
    assert [entry["client_order_id"] for entry in accepted] == ["mine-1", "mine-1"]
    assert (accepted[0]["symbol"], accepted[0]["price"]) == (SYMBOL, "50000.00000000")
    assert (await ask("fetch_balance"))["USD"]["used"] == 0


async def test_market_orders_trade_at_once_and_pay_their_fee_in_quote(ask: Both) -> None:
    sold = await ask("create_order", SYMBOL, "market", "sell", 0.01)
    bought = await ask("create_order", SYMBOL, "market", "buy", 0.01)
    by_cost = await ask("create_market_buy_order_with_cost", SYMBOL, 600)
    assert by_cost["cost"] == 600
    for made in (sold, bought):
        order = await ask("fetch_order", made["id"], SYMBOL)
        assert (order["status"], order["filled"]) == ("closed", 0.01)
        assert order["fee"]["currency"] == "USD"
        assert float(order["fee"]["cost"]) == pytest.approx(order["cost"] * 0.004, abs=1e-4)
        assert order["average"] > 0

    trades = await ask("fetch_my_trades", SYMBOL)
    assert {trade["order"] for trade in trades} == {sold["id"], bought["id"], by_cost["id"]}
    assert all(trade["takerOrMaker"] == "taker" for trade in trades)
    of_one = await ask("fetch_order", sold["id"], SYMBOL)
    ids = [trade["id"] for trade in of_one["trades"]]
    fetched = await ask("fetch_order_trades", sold["id"], SYMBOL, None, None, {"trades": ids})
    assert sum(trade["amount"] for trade in fetched) == pytest.approx(0.01)
    balance = await ask("fetch_balance")
    spent = sum(t["fee"]["cost"] + t["cost"] * (1 if t["side"] == "buy" else -1) for t in trades)
    assert balance["USD"]["total"] == pytest.approx(100_000 - spent, abs=1e-3)
    assert len(ask.kinds("order.traded")) == len(trades)


async def test_every_other_type_of_order_is_taken(ask: Both) -> None:
    def of(kind: str, side: str, price: float | None, params: dict[str, Any]) -> tuple[Any, ...]:
        return "create_order", SYMBOL, kind, side, 0.01, price, params

    stop_limit = await ask(*of("limit", "sell", 49_000, {"stopLossPrice": 50_000}))
    stop = await ask(*of("market", "sell", None, {"stopLossPrice": 50_000}))
    profit = await ask(*of("limit", "sell", 80_000, {"takeProfitPrice": 80_000}))
    await ask(*of("limit", "buy", 50_000, {"postOnly": True}))
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
    assert (stop_limit["stopLossPrice"], stop["type"]) == (50_000, "market")
    assert profit["takeProfitPrice"] == 80_000
    queried = await ask("fetch_order", stop_limit["id"], SYMBOL)
    assert (queried["stopLossPrice"], queried["price"]) == (50_000, 49_000)
    for at_once in (ioc, fok):
        assert (await ask("fetch_order", at_once["id"], SYMBOL))["status"] == "canceled"

    await ask(*of("limit", "buy", 50_000, {"validate": "true"}))
    assert len(ask.kinds("order.accepted")) == 6
    row = {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.01}
    batch = await ask("create_orders", [{**row, "price": 50_000}, {**row, "price": 50_001}])
    assert [order["price"] for order in batch] == [50_000, 50_001]
    await ask("cancel_orders", [order["id"] for order in batch])
    await ask("cancel_all_orders_after", 60_000)
    answer = await ask("cancel_all_orders")
    assert answer[0]["info"]["result"]["count"] == 4
    assert await ask("fetch_open_orders", SYMBOL) == []


async def test_trades_are_paged_without_loss_or_repeats(ask: Both) -> None:
    for _ in range(55):
        await ask("create_order", "ETH/BTC", "market", "sell", 0.001)
    pages: list[list[dict[str, Any]]] = []
    while not pages or pages[-1]:
        offset = sum(len(page) for page in pages)
        pages.append(await ask("fetch_my_trades", None, None, None, {"ofs": offset}))
    every = [trade["id"] for page in pages for trade in page]
    assert len(pages[0]) == 50
    assert len(every) == len(set(every)) == len(ask.kinds("order.traded"))
    assert len(await ask("fetch_closed_orders", None, None, None, {"ofs": 50})) == 5
