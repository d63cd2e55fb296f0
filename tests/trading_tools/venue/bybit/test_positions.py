"""Positions without a library: stops of their own, margin, funding, and being closed by force."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from tests.support.bybit_venue import BybitWire
from tests.support.venues import WAIT_S, Clock

WHICH = {"category": "linear", "symbol": "BTCUSDT"}
CORE = "BTCUSDT.P"
STOP = "/v5/position/trading-stop"


async def opened(wire: BybitWire, qty: str = "0.05", side: str = "Buy") -> None:
    params = {"side": side, "orderType": "Market", "price": None, "qty": qty}
    told = (await wire.order(**WHICH, **params))[1]
    assert told["retCode"] == 0, told


async def position(wire: BybitWire) -> dict[str, Any]:
    told = (await wire.get("/v5/position/list", **WHICH))[1]
    row: dict[str, Any] = told["result"]["list"][0]
    return row


def mark(wire: BybitWire, price: int, at: int) -> None:
    """Give the contract this mark price."""
    ticks = price * 10
    wire.place.exchange.set_mark(CORE, ticks, ticks, at)


async def test_a_stop_of_all_of_a_position_is_set_replaced_and_taken_away(wire: BybitWire) -> None:
    await opened(wire)

    async def stopped(**params: str) -> int:
        code: int = (await wire.post(STOP, **WHICH, **params))[1]["retCode"]
        return code

    assert await stopped(stopLoss="50000", takeProfit="80000") == 0
    row = await position(wire)
    assert (row["stopLoss"], row["takeProfit"]) == ("50000.0", "80000.0")
    assert await stopped(stopLoss="50000") == 34040
    assert await stopped(stopLoss="55000") == 0
    assert (await position(wire))["stopLoss"] == "55000.0"
    cancel = {**WHICH, "orderFilter": "StopOrder"}
    told = await wire.post("/v5/order/cancel-all", **cancel, stopOrderType="Stop")
    assert told[1]["result"]["list"] == []
    assert await stopped(stopLoss="70000") == 10001
    assert (await position(wire))["stopLoss"] == "55000.0"
    assert await stopped(stopLoss="0", takeProfit="0") == 0
    row = await position(wire)
    assert (row["stopLoss"], row["takeProfit"]) == ("", "")
    assert not wire.place.account.open_orders()


async def test_a_stop_closes_what_there_is_when_its_price_comes(
    wire: BybitWire, clock: Clock
) -> None:
    await opened(wire)
    last = wire.place.exchange.books[CORE].last_price
    near = str(Decimal(last - 200) / 10)
    assert (await wire.post(STOP, **WHICH, stopLoss=near))[1]["retCode"] == 0
    async with asyncio.timeout(WAIT_S):
        while (await position(wire))["size"] != "0.000":
            clock.now += 1_000
    told = (await wire.get("/v5/order/history", **WHICH, limit=1))[1]["result"]["list"][0]
    assert (told["stopOrderType"], told["reduceOnly"]) == ("StopLoss", True)


@pytest.mark.parametrize("closing", ["0.05", "0.08"])
async def test_a_positions_own_stops_end_with_it(wire: BybitWire, closing: str) -> None:
    await opened(wire)
    await wire.post(STOP, **WHICH, stopLoss="50000", takeProfit="80000")
    await wire.post(STOP, **WHICH, tpslMode="Partial", stopLoss="51000", slSize="0.02")
    assert len(wire.place.account.open_orders()) == 3
    await opened(wire, "0.02", "Sell")
    assert len(wire.place.account.open_orders()) == 3
    await opened(wire, closing, "Sell")
    assert not wire.place.account.open_orders()
    told = (await wire.get("/v5/order/history", **WHICH, orderStatus="Cancelled"))[1]
    assert [row["cancelType"] for row in told["result"]["list"]] == ["CancelByTpSlTsClear"] * 3


async def test_an_order_brings_its_stops_to_the_position_that_it_opens(wire: BybitWire) -> None:
    brought = {"takeProfit": "80000", "stopLoss": "50000"}
    order_id = (await wire.order(**WHICH, price="55000", **brought))[1]["result"]["orderId"]
    (row,) = (await wire.get("/v5/order/realtime", **WHICH))[1]["result"]["list"]
    assert (row["takeProfit"], row["stopLoss"], row["tpslMode"]) == ("80000.0", "50000.0", "Full")
    amend = {**WHICH, "orderId": order_id, "price": "65000"}
    assert (await wire.post("/v5/order/amend", **amend))[1]["retCode"] == 0
    held = await position(wire)
    assert (held["size"], held["takeProfit"], held["stopLoss"]) == ("0.010", "80000.0", "50000.0")
    assert len(wire.place.account.open_orders()) == 2
    market = {"orderType": "Market", "price": None}
    for wrong in ({"stopLoss": "70000"}, {"takeProfit": "50000"}):
        assert (await wire.order(**WHICH, **market, **wrong))[1]["retCode"] == 10001
    assert (await wire.order(**WHICH, **market, stopLoss="52000"))[1]["retCode"] == 0
    held = await position(wire)
    assert (held["size"], held["takeProfit"], held["stopLoss"]) == ("0.020", "80000.0", "52000.0")


async def test_an_order_for_nothing_closes_all_of_a_position(wire: BybitWire) -> None:
    await opened(wire)
    close: dict[str, Any] = {"side": "Sell", "orderType": "Market", "price": None, "qty": "0"}
    assert (await wire.order(**WHICH, **close, reduceOnly=True))[1]["retCode"] == 10001
    close |= {"reduceOnly": True, "closeOnTrigger": True}
    assert (await wire.order(**WHICH, **close))[1]["retCode"] == 0
    assert (await position(wire))["size"] == "0.000"
    assert (await wire.order(**WHICH, **close))[1]["retCode"] == 110017


async def test_a_position_that_is_none_has_no_stop(wire: BybitWire) -> None:
    told = (await wire.post(STOP, **WHICH, stopLoss="50000"))[1]
    assert (told["retCode"], "zero position" in told["retMsg"]) == (10001, True)


async def test_funding_that_was_paid_stands_among_the_executions(
    wire: BybitWire, clock: Clock
) -> None:
    wire.place.market = None
    await opened(wire)
    due = wire.place.exchange.prices[CORE].next_funding_ms
    mark(wire, 60_000, due - 1)
    clock.now = due
    mark(wire, 60_000, due)
    told = (await wire.get("/v5/execution/list", **WHICH, execType="Funding"))[1]
    (row,) = told["result"]["list"]
    assert (row["execQty"], row["execTime"]) == ("0.050", str(due))
    paid = Decimal(row["feeRate"]) * 60_000 * Decimal("0.05")
    assert Decimal(row["execFee"]) == pytest.approx(paid)
    query = "category=linear&symbol=BTCUSDT"
    history = await wire.send("GET", "/v5/market/funding/history", query)
    assert history[1]["result"]["list"][0]["fundingRateTimestamp"] == str(due)


async def test_a_liquidated_position_is_gone_and_its_fills_say_why(
    wire: BybitWire, clock: Clock
) -> None:
    wire.place.market = None
    await opened(wire, side="Sell")
    mark(wire, int(float((await position(wire))["liqPrice"])) - 1, clock.now)
    assert (await position(wire))["size"] == "0.050"
    mark(wire, int(float((await position(wire))["liqPrice"])) + 1, clock.now)
    assert (await position(wire))["size"] == "0.000"
    told = (await wire.get("/v5/execution/list", **WHICH, execType="BustTrade"))[1]
    assert told["result"]["list"]
    assert wire.place.ledger.of("position.liquidated")


async def test_isolated_margin_is_moved_to_a_position_and_back(wire: BybitWire) -> None:
    mode = "/v5/account/set-margin-mode"
    assert (await wire.post(mode, setMarginMode="ISOLATED_MARGIN"))[1]["retCode"] == 0
    assert (await wire.get("/v5/account/info"))[1]["result"]["marginMode"] == "ISOLATED_MARGIN"
    await opened(wire)
    before = Decimal((await position(wire))["positionBalance"])
    add = "/v5/position/add-margin"
    assert (await wire.post(add, **WHICH, margin="100"))[1]["retCode"] == 0
    assert Decimal((await position(wire))["positionBalance"]) == before + 100
    assert (await wire.post(add, **WHICH, margin="-1000"))[1]["retCode"] == 110044
    assert (await wire.post(mode, setMarginMode="REGULAR_MARGIN"))[1]["retCode"] == 3400045


async def test_a_contract_and_a_spot_market_of_one_name_are_two(wire: BybitWire) -> None:
    await wire.order()
    await wire.order(category="linear")
    for category in ("spot", "linear"):
        told = (await wire.get("/v5/order/realtime", category=category, symbol="BTCUSDT"))[1]
        (row,) = told["result"]["list"]
        assert ("tpslMode" in row) is (category == "linear")
    accepted = wire.place.ledger.of("order.accepted")
    assert [entry.body["symbol"] for entry in accepted] == ["BTCUSDT", CORE]
