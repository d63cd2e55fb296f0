"""ccxt's unmodified clients, sync and async, run every REST method against the venue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest

from tests.support.ccxt_clients import Both, rest_client
from tests.support.usdm_venue import SYMBOL, usdm
from tests.support.venues import serving


@pytest.fixture(params=["sync", "async"])
async def ask(request: pytest.FixtureRequest) -> AsyncIterator[Both]:
    async with rest_client(request.param, serving(usdm())) as both:
        both.client.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
        yield both


async def test_markets_load_with_keys_and_without(ask: Both) -> None:
    markets = await ask("load_markets")
    assert set(markets) >= {SYMBOL, "ETH/USDT:USDT", "1000PEPE/USDT:USDT"}
    market = markets[SYMBOL]
    assert (market["swap"], market["linear"], market["settle"]) == (True, True, "USDT")
    assert market["precision"] == {**market["precision"], "amount": 0.001, "price": 0.1}
    assert market["limits"]["cost"]["min"] == 100
    ask.forget_keys()
    assert set(await ask("load_markets", True)) == set(markets)
    assert not ask.kinds("endpoint.missing")


async def test_public_data_is_parsed(ask: Both) -> None:
    now = ask.place.clock()
    assert abs(await ask("fetch_time") - now) < 60_000
    assert (await ask("fetch_status"))["status"] == "ok"
    ticker = await ask("fetch_ticker", SYMBOL)
    assert ticker["symbol"] == SYMBOL
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert set(await ask("fetch_tickers")) >= {SYMBOL, "DOGE/USDT:USDT"}
    best = (await ask("fetch_bids_asks", [SYMBOL]))[SYMBOL]
    assert best["bid"] < best["ask"]
    assert (await ask("fetch_last_prices", [SYMBOL]))[SYMBOL]["price"] > 0
    book = await ask("fetch_order_book", SYMBOL, 5)
    assert len(book["bids"]) == len(book["asks"]) == 5
    assert book["nonce"] > 0
    for method in ("fetch_ohlcv", "fetch_mark_ohlcv", "fetch_index_ohlcv"):
        candles = await ask(method, SYMBOL, "5m", None, 10)
        assert [b[0] - a[0] for a, b in pairwise(candles)] == [300_000] * 9
    await ask("create_order", SYMBOL, "market", "sell", 0.01)
    trades = await ask("fetch_trades", SYMBOL, None, 1)
    assert trades[0]["amount"] > 0
    assert not ask.kinds("endpoint.missing")


async def test_funding_and_marks_are_parsed(ask: Both) -> None:
    rate = await ask("fetch_funding_rate", SYMBOL)
    assert rate["markPrice"] > 0
    assert rate["fundingTimestamp"] > ask.place.clock()
    assert set(await ask("fetch_funding_rates")) >= {SYMBOL}
    history = await ask("fetch_funding_rate_history", SYMBOL, None, 3)
    assert [b["timestamp"] - a["timestamp"] for a, b in pairwise(history)] == [8 * 3_600_000] * 2
    intervals = await ask("fetch_funding_intervals")
    assert intervals["1000PEPE/USDT:USDT"]["interval"] == "4h"
    assert (await ask("fetch_mark_price", SYMBOL))["markPrice"] > 0
    assert (await ask("fetch_open_interest", SYMBOL))["openInterestAmount"] >= 0
    assert await ask("fetch_funding_history", SYMBOL) == []


async def test_account_data_is_parsed(ask: Both) -> None:
    assert "USDT" in await ask("fetch_currencies")
    assert (await ask("fetch_balance"))["USDT"] == {"free": 1e5, "used": 0.0, "total": 1e5}
    assert (await ask("fetch_trading_fee", SYMBOL))["taker"] == 0.0005
    assert SYMBOL in await ask("fetch_trading_fees")
    tiers = (await ask("fetch_leverage_tiers"))[SYMBOL]
    assert [tier["maxLeverage"] for tier in tiers[:2]] == [125, 100]
    assert tiers[0]["maxNotional"] == tiers[1]["minNotional"]
    assert await ask("fetch_positions") == []


async def test_a_limit_order_lives_from_create_to_cancel(ask: Both) -> None:
    order = await ask(
        "create_order", SYMBOL, "limit", "buy", 0.01, 50_000, {"clientOrderId": "mine-1"}
    )
    assert (order["status"], order["filled"], order["clientOrderId"]) == ("open", 0, "mine-1")
    assert (await ask("fetch_balance"))["USDT"]["used"] == 25
    by_client_id = await ask("fetch_order", None, SYMBOL, {"origClientOrderId": "mine-1"})
    assert by_client_id["id"] == (await ask("fetch_order", order["id"], SYMBOL))["id"]
    for args in ((SYMBOL,), ()):
        assert [one["id"] for one in await ask("fetch_open_orders", *args)] == [order["id"]]

    edited = await ask("edit_order", order["id"], SYMBOL, "limit", "buy", 0.02, 51_000)
    assert (edited["id"], edited["price"], edited["amount"]) == (order["id"], 51_000, 0.02)
    canceled = await ask("cancel_order", order["id"], SYMBOL)
    assert canceled["status"] == "canceled"

    assert [one["status"] for one in await ask("fetch_orders", SYMBOL)] == ["canceled"]
    assert len(await ask("fetch_canceled_orders", SYMBOL)) == 1
    entries = ask.place.ledger.of("order.accepted", "order.amended", "order.canceled")
    assert [entry.kind for entry in entries] == [
        "order.accepted",
        "order.amended",
        "order.canceled",
    ]


async def test_positions_follow_market_orders(ask: Both) -> None:
    bought = await ask("create_order", SYMBOL, "market", "buy", 0.02)
    assert (bought["status"], bought["filled"]) == ("closed", 0.02)
    (position,) = await ask("fetch_positions")
    assert (position["side"], position["contracts"]) == ("long", 0.02)
    assert position["entryPrice"] == pytest.approx(bought["average"])
    (older,) = await ask("fetch_positions_risk", [SYMBOL], {"useV2": True})
    assert (older["leverage"], older["marginMode"]) == (20, "cross")
    assert len(await ask("fetch_positions_risk")) == len(await ask("fetch_account_positions")) == 1

    closed = await ask("create_order", SYMBOL, "market", "sell", 0.02, None, {"reduceOnly": True})
    assert closed["reduceOnly"] is True
    assert await ask("fetch_positions") == []
    trades = await ask("fetch_my_trades", SYMBOL)
    for side in ("buy", "sell"):
        amounts = [trade["amount"] for trade in trades if trade["side"] == side]
        assert sum(amounts) == pytest.approx(0.02)
    assert len(await ask("fetch_closed_orders", SYMBOL)) == 2
    kinds = {entry["type"] for entry in await ask("fetch_ledger", "USDT")}
    assert "commission" in {str(kind).lower() for kind in kinds}


async def test_leverage_and_modes_are_set_and_told(ask: Both) -> None:
    await ask("set_leverage", 10, SYMBOL)
    assert (await ask("fetch_leverage", SYMBOL))["longLeverage"] == 10
    await ask("set_margin_mode", "ISOLATED", SYMBOL)
    assert (await ask("fetch_margin_modes"))[SYMBOL]["marginMode"] == "isolated"
    await ask("create_order", SYMBOL, "market", "buy", 0.02)
    (position,) = await ask("fetch_positions")
    assert position["marginMode"] == "isolated"
    assert position["liquidationPrice"] < position["entryPrice"]
    await ask("add_margin", SYMBOL, 50)
    (safer,) = await ask("fetch_positions")
    assert safer["liquidationPrice"] < position["liquidationPrice"]
    await ask("create_order", SYMBOL, "market", "sell", 0.02, None, {"reduceOnly": True})

    await ask("set_position_mode", True)
    assert await ask("fetch_position_mode") == {"info": {"dualSidePosition": True}, "hedged": True}
    await ask("create_order", SYMBOL, "market", "buy", 0.02, None, {"positionSide": "LONG"})
    await ask("create_order", SYMBOL, "market", "sell", 0.01, None, {"positionSide": "SHORT"})
    sides = {each["side"]: each["contracts"] for each in await ask("fetch_positions")}
    assert sides == {"long": 0.02, "short": 0.01}


async def test_every_other_type_of_order_is_taken(ask: Both) -> None:
    await ask("create_order", SYMBOL, "market", "buy", 0.02)

    def of(kind: str, side: str, price: float | None, params: dict[str, Any]) -> tuple[Any, ...]:
        return "create_order", SYMBOL, kind, side, 0.01, price, params

    post_only = await ask(*of("limit", "buy", 50_000, {"postOnly": True}))
    ioc = await ask(*of("limit", "buy", 50_000, {"timeInForce": "IOC"}))
    fok = await ask(*of("limit", "buy", 50_000, {"timeInForce": "FOK"}))
    closing = await ask(*of("limit", "sell", 65_000, {"reduceOnly": True}))
    assert {post_only["status"], closing["status"]} == {"open"}
    assert {ioc["status"], fok["status"]} == {"expired"}
    assert post_only["postOnly"] is True
    assert len(await ask("cancel_orders", [post_only["id"], closing["id"]], SYMBOL)) == 2
    both = await ask(
        "create_orders",
        [
            {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.01, "price": price}
            for price in (50_000, 51_000)
        ],
    )
    assert [order["price"] for order in both] == [50_000, 51_000]
    await ask("cancel_all_orders", SYMBOL)
    assert await ask("fetch_open_orders", SYMBOL) == []


async def test_stops_are_algo_orders_with_ids_of_their_own(ask: Both) -> None:
    await ask("create_order", SYMBOL, "market", "buy", 0.02)
    params = {"stopLossPrice": 55_000, "reduceOnly": True}
    stop = await ask("create_order", SYMBOL, "market", "sell", 0.01, None, params)
    limit = await ask(
        "create_order", SYMBOL, "limit", "sell", 0.01, 54_900, {"triggerPrice": 55_000}
    )
    profit = await ask(
        "create_order", SYMBOL, "market", "sell", 0.01, None, {"takeProfitPrice": 70_000}
    )
    assert (stop["triggerPrice"], stop["reduceOnly"], limit["price"]) == (55_000, True, 54_900)
    told = await ask("fetch_open_orders", SYMBOL, None, None, {"trigger": True})
    assert {order["id"] for order in told} == {stop["id"], limit["id"], profit["id"]}
    assert await ask("fetch_open_orders", SYMBOL) == []
    assert (await ask("fetch_order", stop["id"], SYMBOL, {"trigger": True}))["status"] == "open"

    await ask("cancel_all_orders", SYMBOL)
    await ask("cancel_order", stop["id"], SYMBOL, {"trigger": True})
    assert len(await ask("fetch_open_orders", SYMBOL, None, None, {"trigger": True})) == 2
    await ask("cancel_all_orders", SYMBOL, {"trigger": True})
    history = await ask("fetch_orders", SYMBOL, None, None, {"trigger": True})
    assert [order["status"] for order in history] == ["canceled"] * 3
    assert not ask.kinds("endpoint.missing")


async def test_trades_and_orders_are_paged_without_loss_or_repeats(ask: Both) -> None:
    for _ in range(5):
        await ask("create_order", SYMBOL, "market", "sell", 0.01)
    every = [int(trade["id"]) for trade in await ask("fetch_my_trades", SYMBOL)]
    paged: list[int] = []
    while page := await ask(
        "fetch_my_trades", SYMBOL, None, 2, {"fromId": max(paged, default=-1) + 1}
    ):
        paged += [int(trade["id"]) for trade in page]
    assert sorted(paged) == sorted(every)
    assert len(set(paged)) == len(paged)

    orders = await ask("fetch_orders", SYMBOL)
    second = await ask("fetch_orders", SYMBOL, None, 2, {"orderId": int(orders[2]["id"])})
    assert [order["id"] for order in second] == [order["id"] for order in orders[2:4]]
