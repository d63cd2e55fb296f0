"""What a new order is refused for, with Bybit's codes, and where it is found afterwards."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.support.bybit_venue import BybitWire
from tests.support.venues import Clock
from trading_tools.venue.bybit.errors import REASONS
from trading_tools.venue.core.orders import Reason

FOREVER = 7 * 86_400_000


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"category": "stock"}, 10001),
        ({"symbol": "BTCEUR"}, 170121),
        ({"side": "buy"}, 170117),
        ({"orderType": "LIMIT"}, 170116),
        ({"timeInForce": "GTX"}, 170115),
        ({"orderFilter": "Mine"}, 170202),
        ({"orderFilter": "StopOrder"}, 170202),
        ({"triggerPrice": "50000"}, 170202),
        ({"qty": None}, 10001),
        ({"qty": 0.01}, 10001),
        ({"qty": "-0.01"}, 170130),
        ({"qty": "NaN"}, 170130),
        ({"qty": "1e-2"}, 170130),
        ({"qty": "0"}, 170130),
        ({"qty": "0.0000001"}, 170137),
        ({"qty": "0.000047"}, 170136),
        ({"qty": "84"}, 170135),
        ({"qty": "0.00005"}, 170140),
        ({"qty": "81"}, 170124),
        ({"price": "60000.001"}, 170134),
        ({"price": "0"}, 170130),
        ({"price": "2000000"}, 170132),
        ({"price": "400000"}, 170193),
        ({"side": "Sell", "price": "10000"}, 170194),
        ({"qty": "3"}, 170131),
        ({"orderLinkId": "a" * 37}, 170130),
        ({"orderLinkId": "a b"}, 170130),
        ({"takeProfit": "70000"}, 170227),
        ({"orderType": "Market", "marketUnit": "coin"}, 170130),
        ({"orderType": "Market", "qty": "6.000000001"}, 170148),
        ({"orderType": "Market", "qty": "4"}, 170140),
    ],
)
async def test_a_bad_order_is_refused_with_the_venues_code(
    wire: BybitWire, params: dict[str, Any], code: int
) -> None:
    status, told, _ = await wire.order(**params)
    assert (status, told["retCode"]) == (200, code), told
    assert not wire.place.ledger.of("order.accepted")


async def test_a_client_id_serves_once_even_after_its_order_has_ended(wire: BybitWire) -> None:
    assert (await wire.order(orderLinkId="mine"))[1]["retCode"] == 0
    assert (await wire.order(orderLinkId="mine"))[1]["retCode"] == 170141
    cancel = {"category": "spot", "symbol": "BTCUSDT", "orderLinkId": "mine"}
    assert (await wire.post("/v5/order/cancel", **cancel))[1]["retCode"] == 0
    assert (await wire.order(orderLinkId="mine"))[1]["retCode"] == 170141
    assert (await wire.post("/v5/order/cancel", **cancel))[1]["retCode"] == 170213


async def test_a_market_buy_spends_its_quantity_unless_it_says_otherwise(wire: BybitWire) -> None:
    async def bought(**params: Any) -> tuple[Decimal, Decimal]:
        sent = (await wire.order(orderType="Market", price=None, **params))[1]["result"]
        told = await wire.get(
            "/v5/order/history", category="spot", symbol="BTCUSDT", orderId=sent["orderId"]
        )
        (row,) = told[1]["result"]["list"]
        return Decimal(row["cumExecQty"]), Decimal(row["cumExecValue"])

    size, spent = await bought(qty="600")
    assert 0 < spent <= 600
    assert size < Decimal("0.0101")
    size, spent = await bought(qty="0.02", marketUnit="baseCoin")
    assert size == Decimal("0.02")
    _, earned = await bought(side="Sell", qty="600", marketUnit="quoteCoin")
    assert 590 < earned <= 600


async def test_an_order_that_has_ended_moves_from_the_open_ones_to_the_history(
    wire: BybitWire,
) -> None:
    which = {"category": "spot", "symbol": "BTCUSDT"}
    order_id = (await wire.order())[1]["result"]["orderId"]

    async def statuses(path: str, **params: Any) -> list[str]:
        told = (await wire.get(path, **which, **params))[1]
        return [row["orderStatus"] for row in told["result"]["list"]]

    assert await statuses("/v5/order/realtime") == ["New"]
    assert await statuses("/v5/order/history") == []
    await wire.post("/v5/order/cancel", **which, orderId=order_id)
    assert await statuses("/v5/order/realtime") == []
    assert await statuses("/v5/order/realtime", openOnly=1) == ["Cancelled"]
    assert await statuses("/v5/order/realtime", orderId=order_id) == ["Cancelled"]
    assert await statuses("/v5/order/history") == ["Cancelled"]
    assert await statuses("/v5/order/history", orderStatus="Filled") == []


async def test_a_query_reaches_a_week_back(wire: BybitWire, clock: Clock) -> None:
    start = clock.now
    which = {"category": "spot", "symbol": "BTCUSDT"}
    order_id = (await wire.order())[1]["result"]["orderId"]
    await wire.post("/v5/order/cancel", **which, orderId=order_id)
    wire.place.market = None  # what a week brings is not asked here
    clock.now += FOREVER + 1

    async def rows(**params: Any) -> Any:
        told = (await wire.get("/v5/order/history", **which, **params))[1]
        return len(told["result"]["list"]) if told["retCode"] == 0 else told["retCode"]

    assert await rows() == 0
    assert await rows(startTime=start) == 1
    assert await rows(endTime=start) == 1
    assert await rows(startTime=start, endTime=start + FOREVER + 1) == 10001
    assert await rows(startTime=start + 1, endTime=start) == 10001


@pytest.mark.parametrize("cursor", ["nonsense", "1%3A2%2C3%3A4", "%", "٣"])
async def test_a_cursor_that_is_none_is_refused(wire: BybitWire, cursor: str) -> None:
    told = await wire.get("/v5/order/history", category="spot", cursor=cursor)
    assert told[1]["retCode"] == 10001


async def test_spot_orders_lack_the_key_by_which_clients_know_contracts(wire: BybitWire) -> None:
    await wire.order()
    told = await wire.get("/v5/order/realtime", category="spot")
    (row,) = told[1]["result"]["list"]
    assert "tpslMode" not in row
    assert row["isLeverage"] == "0"


async def test_a_stop_is_found_by_its_filter_and_canceled_with_it(wire: BybitWire) -> None:
    which = {"category": "spot", "symbol": "BTCUSDT"}
    stop = {"side": "Sell", "triggerPrice": "50000", "price": "49000"}
    order_id = (await wire.order(**stop, orderFilter="StopOrder"))[1]["result"]["orderId"]
    rows = (await wire.get("/v5/order/realtime", **which, orderFilter="StopOrder"))[1]
    (row,) = rows["result"]["list"]
    assert (row["orderStatus"], row["stopOrderType"]) == ("Untriggered", "Stop")
    assert not (await wire.get("/v5/order/realtime", **which, orderFilter="Order"))[1]["result"][
        "list"
    ]
    cancel = {**which, "orderId": order_id}
    assert (await wire.post("/v5/order/cancel", **cancel))[1]["retCode"] == 170213
    told = await wire.post("/v5/order/cancel", **cancel, orderFilter="StopOrder")
    assert told[1]["retCode"] == 0


async def test_a_batch_says_beside_its_result_which_items_were_refused(wire: BybitWire) -> None:
    good = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01"}
    many = [{**good, "price": "50000"}, {**good, "price": "x"}, {**good, "symbol": "BTCEUR"}]
    told = (await wire.post("/v5/order/create-batch", category="spot", request=many))[1]
    assert told["retCode"] == 0
    assert [each["code"] for each in told["retExtInfo"]["list"]] == [0, 170130, 170121]
    assert [bool(row["orderId"]) for row in told["result"]["list"]] == [True, False, False]


EXPECTED = {
    ("spot", Reason.FUNDS): "InsufficientFunds",
    ("spot", Reason.WOULD_TRIGGER): "BadRequest",
    ("spot", Reason.OPEN_ORDERS): "ExchangeError",
    ("linear", Reason.SIZE): "BadRequest",
    ("linear", Reason.MARKET_SIZE): "BadRequest",
    ("linear", Reason.FUNDS): "InsufficientFunds",
    ("linear", Reason.MARGIN): "InsufficientFunds",
    ("linear", Reason.POSITION_SIDE): "BadRequest",
    ("linear", Reason.POSITION_LIMIT): "ExchangeError",
    ("linear", Reason.POSITION_OPEN): "BadRequest",
    **{(kind, Reason.UNKNOWN_ORDER): "OrderNotFound" for kind in REASONS},
    **{(kind, Reason.UNCHANGED): "BadRequest" for kind in REASONS},
}


@pytest.mark.parametrize(
    ("category", "reason"),
    [(kind, reason) for kind, told in REASONS.items() for reason in told],
    ids=str,
)
def test_each_reason_for_a_refusal_becomes_its_class_in_ccxt(category: str, reason: Reason) -> None:
    import ccxt

    code, words = REASONS[category][reason]
    told = {"retCode": code, "retMsg": words}
    with pytest.raises(ccxt.BaseError) as refusal:
        ccxt.bybit().handle_errors(200, "", "", "", {}, words, told, {}, "")
    assert type(refusal.value).__name__ == EXPECTED.get((category, reason), "InvalidOrder")


def test_contracts_have_words_for_every_reason() -> None:
    assert set(REASONS["linear"]) == set(Reason)


async def test_rules_that_change_while_the_venue_runs_are_told_and_kept(wire: BybitWire) -> None:
    listed = wire.place.exchange.instruments
    listed["BTCUSDT"] = replace(listed["BTCUSDT"], min_notional=Decimal(700))
    told = await wire.send("GET", "/v5/market/instruments-info", "category=spot&symbol=BTCUSDT")
    (row,) = told[1]["result"]["list"]
    assert row["lotSizeFilter"]["minOrderAmt"] == "700"
    assert (await wire.order())[1]["retCode"] == 170140
    assert (await wire.order(qty="0.02"))[1]["retCode"] == 0
