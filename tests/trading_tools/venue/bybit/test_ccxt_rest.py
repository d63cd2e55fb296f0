"""ccxt's unmodified clients, sync and async, run every REST method for spot against the venue."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.support.ccxt_clients import Both
from trading_tools.venue.bybit.place import BybitPlace

SYMBOL = "BTC/USDT"
PERPETUAL = "BTC/USDT:USDT"
ACKNOWLEDGED = {"acknowledged": True}


async def test_markets_load_with_keys_and_without(ask: Both) -> None:
    markets = await ask("load_markets")
    assert set(markets) == {"BTC/USDT", "ETH/USDT", "ETH/BTC", "BTC/USDT:USDT", "ETH/USDT:USDT"}
    market = markets[SYMBOL]
    assert market["spot"] is True
    assert market["precision"] == {**market["precision"], "amount": 1e-06, "price": 0.01}
    assert market["limits"]["cost"]["min"] == 5
    assert market["limits"]["amount"]["min"] == 4.8e-05
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
    assert set(await ask("fetch_tickers", [SYMBOL, "ETH/BTC"])) == {SYMBOL, "ETH/BTC"}
    assert (await ask("fetch_bids_asks", [SYMBOL]))[SYMBOL]["bid"] > 0
    book = await ask("fetch_order_book", SYMBOL, 5)
    assert len(book["bids"]) == len(book["asks"]) == 5
    assert book["bids"][0][0] < book["asks"][0][0]
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
    assert {"BTC", "USDT", "ETH"} <= set(await ask("fetch_currencies"))
    balance = await ask("fetch_balance")
    assert {name: balance["USDT"][name] for name in ("free", "used", "total")} == {
        "free": 100_000.0,
        "used": 0.0,
        "total": 100_000.0,
    }
    assert (await ask("fetch_trading_fee", SYMBOL))["taker"] == 0.001
    # ccxt takes rows without a category for contracts'.
    assert (await ask("fetch_trading_fees"))[PERPETUAL]["taker"] == 0.00055


async def test_a_limit_order_lives_from_create_to_cancel(ask: Both) -> None:
    sent = await ask(
        "create_order", SYMBOL, "limit", "buy", 0.01, 50_000, {"clientOrderId": "mine-1"}
    )
    assert sent["clientOrderId"] == "mine-1"
    order = await ask("fetch_order", sent["id"], SYMBOL, ACKNOWLEDGED)
    assert (order["status"], order["filled"], order["symbol"]) == ("open", 0, SYMBOL)
    assert (await ask("fetch_balance"))["USDT"]["used"] == 500
    assert (await ask("fetch_open_order", sent["id"], SYMBOL))["clientOrderId"] == "mine-1"
    assert [one["id"] for one in await ask("fetch_open_orders", SYMBOL)] == [order["id"]]
    by_link = await ask("fetch_open_orders", SYMBOL, None, None, {"orderLinkId": "mine-1"})
    assert [one["id"] for one in by_link] == [order["id"]]

    assert (await ask("cancel_order", sent["id"], SYMBOL))["id"] == sent["id"]
    assert await ask("fetch_open_orders", SYMBOL) == []
    (canceled,) = await ask("fetch_canceled_orders", SYMBOL)
    assert (canceled["id"], canceled["status"]) == (sent["id"], "canceled")
    assert (await ask("fetch_order", sent["id"], SYMBOL, ACKNOWLEDGED))["status"] == "canceled"
    assert ask.kinds("order.accepted")[0]["client_order_id"] == "mine-1"
    assert len(ask.kinds("order.accepted", "order.canceled")) == 2


async def test_market_orders_trade_at_once_and_their_trades_are_told(ask: Both) -> None:
    sold = await ask("create_order", SYMBOL, "market", "sell", 0.01)
    bought = await ask("create_order", SYMBOL, "market", "buy", 0.01)
    by_price = await ask("create_order", SYMBOL, "market", "buy", 0.01, 60_000)
    by_cost = await ask("create_market_buy_order_with_cost", SYMBOL, 600)
    orders = [
        await ask("fetch_closed_order", sent["id"], SYMBOL)
        for sent in (sold, bought, by_price, by_cost)
    ]
    assert {order["status"] for order in orders} <= {"closed", "canceled"}
    assert all(order["average"] > 0 for order in orders)
    assert orders[0]["fee"]["currency"] == "USDT"
    assert orders[1]["fee"]["currency"] == "BTC"
    assert all(order["cost"] <= 600 for order in orders[2:])

    trades = await ask("fetch_my_trades", SYMBOL)
    assert {trade["order"] for trade in trades} == {order["id"] for order in orders}
    assert all(trade["takerOrMaker"] == "taker" for trade in trades)
    of_one = await ask("fetch_order_trades", sold["id"], SYMBOL)
    assert sum(trade["amount"] for trade in of_one) == pytest.approx(0.01)
    assert len(ask.kinds("order.traded")) == len(trades)


async def test_every_other_type_of_order_is_taken(ask: Both) -> None:
    async def of(kind: str, side: str, price: float | None, params: dict[str, Any]) -> Any:
        sent = await ask("create_order", SYMBOL, kind, side, 0.01, price, params)
        return await ask("fetch_order", sent["id"], SYMBOL, ACKNOWLEDGED)

    stop_limit = await of("limit", "sell", 49_000, {"triggerPrice": 50_000})
    stop = await of("market", "sell", None, {"stopLossPrice": 50_000})
    profit = await of("limit", "sell", 80_000, {"takeProfitPrice": 80_000})
    post_only = await of("limit", "buy", 50_000, {"postOnly": True})
    ioc = await of("limit", "buy", 50_000, {"timeInForce": "IOC"})
    fok = await of("limit", "buy", 50_000, {"timeInForce": "FOK"})
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
    assert post_only["timeInForce"] == "PO"
    assert {ioc["status"], fok["status"]} == {"canceled"}

    assert len(await ask("fetch_open_orders", SYMBOL, None, None, {"trigger": True})) == 1
    assert len(await ask("cancel_all_orders", SYMBOL)) == 1
    assert len(await ask("cancel_all_orders", SYMBOL, {"trigger": True})) == 1
    await ask("cancel_order", stop["id"], SYMBOL, {"orderFilter": "tpslOrder"})
    await ask("cancel_order", profit["id"], SYMBOL, {"orderFilter": "tpslOrder"})
    assert await ask("fetch_open_orders", SYMBOL) == []
    assert (await ask("fetch_balance"))["BTC"]["used"] == 0


async def test_a_post_only_order_that_would_trade_is_taken_and_then_rejected(ask: Both) -> None:
    sent = await ask("create_order", SYMBOL, "limit", "buy", 0.01, 70_000, {"postOnly": True})
    assert sent["id"]
    order = await ask("fetch_order", sent["id"], SYMBOL, ACKNOWLEDGED)
    assert order["status"] == "rejected"
    assert order["info"]["rejectReason"] == "EC_PostOnlyWillTakeLiquidity"
    assert ask.kinds("order.rejected")[0]["reason"] == "WOULD_MATCH"
    assert not ask.kinds("order.accepted")


async def test_batches_are_taken_and_canceled_each_item_by_itself(ask: Both) -> None:
    def one(price: float) -> dict[str, Any]:
        return {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.01, "price": price}

    sent = await ask("create_orders", [one(50_000), one(51_000)])
    assert len(await ask("fetch_open_orders", SYMBOL)) == 2
    await ask("cancel_orders", [order["id"] for order in sent], SYMBOL)
    assert await ask("fetch_open_orders", SYMBOL) == []


async def test_orders_and_trades_are_paged_without_loss_or_repeats(ask: Both) -> None:
    for _ in range(5):
        await ask("create_order", SYMBOL, "market", "sell", 0.01)
    for method, name in (
        ("private_get_v5_execution_list", "execId"),
        ("private_get_v5_order_history", "orderId"),
    ):
        paged: list[str] = []
        cursor = ""
        while True:
            asked = {"category": "spot", "symbol": "BTCUSDT", "limit": 2, "cursor": cursor}
            page = (await ask(method, asked))["result"]
            paged += [row[name] for row in page["list"]]
            cursor = page["nextPageCursor"]
            if not cursor:
                break
        assert paged == sorted(paged, reverse=True)
        assert len(paged) == len(set(paged)) >= 5


async def test_the_dead_mans_switch_is_set(ask: Both) -> None:
    await ask("cancel_all_orders_after", 60_000, {"product": "SPOT"})
    assert isinstance(ask.place, BybitPlace)
    assert ask.place.switch.armed["SPOT"].window_s == 60
