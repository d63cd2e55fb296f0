"""ccxt's unmodified clients, sync and async, trade perpetual contracts on the venue."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.support.ccxt_clients import Both

SYMBOL = "BTC/USDT:USDT"
ACKNOWLEDGED = {"acknowledged": True}


async def test_market_data_of_contracts_is_parsed(ask: Both) -> None:
    market = (await ask("load_markets"))[SYMBOL]
    assert (market["swap"], market["linear"], market["settle"]) == (True, True, "USDT")
    assert market["limits"]["leverage"]["max"] == 100
    ticker = await ask("fetch_ticker", SYMBOL)
    assert ticker["symbol"] == SYMBOL
    assert ticker["bid"] < ticker["ask"]
    assert set(await ask("fetch_tickers")) >= {SYMBOL, "ETH/USDT:USDT"}
    assert len((await ask("fetch_order_book", SYMBOL, 5))["bids"]) == 5
    assert len(await ask("fetch_ohlcv", SYMBOL, "1h", None, 5)) == 5
    assert len(await ask("fetch_ohlcv", SYMBOL, "1h", None, 5, {"price": "mark"})) == 5
    rate = await ask("fetch_funding_rate", SYMBOL)
    assert (rate["symbol"], abs(rate["fundingRate"]) <= 0.00375) == (SYMBOL, True)
    assert rate["fundingTimestamp"] > ask.place.clock()
    history = await ask("fetch_funding_rate_history", SYMBOL, None, 3)
    assert [b["timestamp"] - a["timestamp"] for a, b in pairwise(history)] == [28_800_000] * 2
    tiers = (await ask("fetch_leverage_tiers", [SYMBOL]))[SYMBOL]
    assert [tier["maxLeverage"] for tier in tiers] == [100, 50, 25]
    assert (await ask("fetch_open_interest", SYMBOL))["symbol"] == SYMBOL
    assert (await ask("fetch_trading_fee", SYMBOL))["maker"] == 0.0002
    assert not ask.kinds("endpoint.missing")


async def test_a_position_is_opened_shown_and_closed(ask: Both) -> None:
    await ask("set_leverage", 20, SYMBOL)
    assert (await ask("fetch_leverage", SYMBOL))["longLeverage"] == 20
    opened = await ask("create_order", SYMBOL, "market", "buy", 0.05)
    order = await ask("fetch_order", opened["id"], SYMBOL, ACKNOWLEDGED)
    assert (order["status"], order["symbol"], order["fee"]["currency"]) == (
        "closed",
        SYMBOL,
        "USDT",
    )
    (position,) = await ask("fetch_positions")
    assert (position["symbol"], position["side"], position["contracts"]) == (SYMBOL, "long", 0.05)
    assert position["entryPrice"] == pytest.approx(order["average"])
    assert position["leverage"] == 20
    balance = (await ask("fetch_balance"))["USDT"]
    assert balance["used"] == pytest.approx(0.05 * position["markPrice"] / 20, rel=0.01)

    (trade,) = await ask("fetch_my_trades", SYMBOL, None, 1)
    assert trade["fee"]["cost"] == pytest.approx(trade["cost"] * 0.00055)
    await ask("create_order", SYMBOL, "market", "sell", 0.05, None, {"reduceOnly": True})
    assert await ask("fetch_positions") == []
    assert (await ask("fetch_position", SYMBOL))["contracts"] == 0
    assert (await ask("fetch_balance"))["USDT"]["used"] == 0


async def test_orders_are_edited_in_place(ask: Both) -> None:
    sent = await ask("create_order", SYMBOL, "limit", "buy", 0.01, 50_000)
    await ask("edit_order", sent["id"], SYMBOL, "limit", "buy", 0.02, 51_000)
    edited = await ask("fetch_order", sent["id"], SYMBOL, ACKNOWLEDGED)
    assert (edited["price"], edited["amount"], edited["status"]) == (51_000, 0.02, "open")
    spot = await ask("create_order", "BTC/USDT", "limit", "buy", 0.01, 50_000)
    await ask("edit_order", spot["id"], "BTC/USDT", "limit", "buy", 0.02, 51_000)
    (edited,) = await ask("fetch_open_orders", "BTC/USDT")
    assert (edited["id"], edited["price"], edited["amount"]) == (spot["id"], 51_000, 0.02)
    assert [entry["size"] for entry in ask.kinds("order.amended")] == ["0.02000000"] * 2


async def test_every_type_of_contract_order_is_taken(ask: Both) -> None:
    import ccxt

    async def of(kind: str, side: str, price: float | None, params: dict[str, Any]) -> Any:
        sent = await ask("create_order", SYMBOL, kind, side, 0.01, price, params)
        return await ask("fetch_order", sent["id"], SYMBOL, ACKNOWLEDGED)

    with pytest.raises(ccxt.InvalidOrder, match="110017"):
        await of("limit", "sell", 61_000, {"reduceOnly": True})
    await of("market", "buy", None, {})
    reducing = await of("limit", "sell", 61_000, {"reduceOnly": True})
    assert (reducing["reduceOnly"], reducing["status"]) == (True, "open")
    falling = {"triggerPrice": 50_000, "triggerDirection": "descending"}
    stop = await of("limit", "sell", 49_000, falling)
    assert (stop["triggerPrice"], stop["info"]["triggerDirection"]) == (50_000, 2)
    loss = await of("market", "sell", None, {"stopLossPrice": 50_000})
    profit = await of("limit", "sell", 80_000, {"takeProfitPrice": 80_000})
    assert (loss["stopLossPrice"], profit["takeProfitPrice"]) == (50_000, 80_000)
    assert (await of("limit", "buy", 50_000, {"postOnly": True}))["status"] == "open"
    assert (await of("limit", "buy", 70_000, {"postOnly": True}))["status"] == "rejected"
    assert (await of("limit", "buy", 50_000, {"timeInForce": "IOC"}))["status"] == "canceled"
    with pytest.raises(ccxt.InvalidOrder, match="110092"):
        await of("limit", "buy", 50_000, {"triggerPrice": 50_000, "triggerDirection": "ascending"})
    assert len(await ask("fetch_open_orders")) == 5
    assert len(await ask("cancel_all_orders", SYMBOL)) == 5


async def test_a_position_has_stops_of_its_own(ask: Both) -> None:
    await ask("create_order", SYMBOL, "market", "buy", 0.05)
    both = {"stopLossPrice": 50_000, "takeProfitPrice": 80_000}
    await ask("create_order", SYMBOL, "market", "sell", 0.02, None, both)
    stops = await ask("fetch_open_orders", SYMBOL, None, None, {"trigger": True})
    assert {order["info"]["stopOrderType"] for order in stops} == {
        "PartialTakeProfit",
        "PartialStopLoss",
    }
    assert {order["amount"] for order in stops} == {0.02}
    brought = {"stopLoss": {"triggerPrice": 52_000}, "takeProfit": {"triggerPrice": 79_000}}
    await ask("create_order", SYMBOL, "market", "buy", 0.01, None, brought)
    position = await ask("fetch_position", SYMBOL)
    assert (position["stopLossPrice"], position["takeProfitPrice"]) == (52_000, 79_000)


async def test_modes_and_what_the_venue_says_when_nothing_changes(ask: Both) -> None:
    import ccxt

    with pytest.raises(ccxt.NoChange, match="110025"):
        await ask("set_position_mode", False, SYMBOL)
    await ask("set_position_mode", True, SYMBOL)
    for side in ("buy", "sell"):
        await ask("create_order", SYMBOL, "market", side, 0.01, None, {"hedged": True})
    positions = await ask("fetch_positions", [SYMBOL])
    assert {(each["side"], each["hedged"]) for each in positions} == {
        ("long", True),
        ("short", True),
    }
    with pytest.raises(ccxt.BadRequest, match="110024"):
        await ask("set_position_mode", False, SYMBOL)
    with pytest.raises(ccxt.BadRequest, match="110043"):
        await ask("set_leverage", 10, SYMBOL)
    with pytest.raises(ccxt.BadRequest, match="110013"):
        await ask("set_leverage", 125, SYMBOL)
