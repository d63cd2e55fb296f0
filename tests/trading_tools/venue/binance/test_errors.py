"""Every refusal carries Binance's status, code and words, and ccxt raises for it what it should.

Codes and words: Binance's documentation of the spot API, "Errors" and "Filters". Exceptions: what
ccxt 4.5.90 raised for these replies from the real host name (the classes are the same here).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from tests.support.venues import Clock, Wire, keys, point_at

INSUFFICIENT = "Account has insufficient balance for requested action."
STOP_LIMIT = {"type": "STOP_LOSS_LIMIT", "side": "SELL"}

REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"quantity": "0.000001"}, -1013, "Filter failure: LOT_SIZE"),
    ({"quantity": "0.0000150"}, -1013, "Filter failure: LOT_SIZE"),
    ({"quantity": "9001"}, -1013, "Filter failure: LOT_SIZE"),
    ({"quantity": "0"}, -1013, "Invalid quantity."),
    ({"price": "0"}, -1013, "Invalid price."),
    ({"price": "50000.001"}, -1013, "Filter failure: PRICE_FILTER"),
    ({"price": "1000000.01"}, -1013, "Filter failure: PRICE_FILTER"),
    ({"price": "11999.99"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
    ({"quantity": "0.00001"}, -1013, "Filter failure: NOTIONAL"),
    ({"quantity": "0.000000001"}, -1111, "Parameter 'quantity' has too much precision."),
    ({"quantity": "3"}, -2010, INSUFFICIENT),
    ({"type": "LIMIT_MAKER", "timeInForce": None, "price": "61000"}, -2010,
     "Order would immediately match and take."),
    ({**STOP_LIMIT, "stopPrice": "70000"}, -2010, "Stop price would trigger immediately."),
    ({"symbol": "NOPE"}, -1121, "Invalid symbol."),
    ({"side": "HOLD"}, -1117, "Invalid side."),
    ({"type": "MAGIC"}, -1116, "Invalid orderType."),
    ({"timeInForce": "GTX"}, -1115, "Invalid timeInForce."),
    ({"newOrderRespType": "ALL"}, -1137, "Invalid newOrderRespType."),
    ({"price": None}, -1102,
     "Mandatory parameter 'price' was not sent, was empty/null, or malformed."),
    ({"type": "MARKET", "timeInForce": None}, -1106,
     "Parameter 'price' sent when not required."),
    ({"reduceOnly": "true"}, -1104,
     "Not all sent parameters were read; read '8' parameter(s) but was sent '9'."),
    ({"icebergQty": "0.001"}, -2010, "Iceberg orders are not supported for this symbol."),
    ({"trailingDelta": "100"}, -1013, "Filter failure: TRAILING_DELTA"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "code", "words"), REFUSED)
async def test_an_order_that_breaks_a_rule_is_refused_in_binances_words(
    wire: Wire, change: dict[str, Any], code: int, words: str
) -> None:
    status, told, _ = await wire.order(**change)
    assert (status, told) == (400, {"code": code, "msg": words})
    assert not wire.venue.ledger.of("order.accepted")


@pytest.mark.parametrize("number", ["NaN", "-1", "1e5", "Infinity", "0x1", "1,5", "٣", "9" * 30])
async def test_what_is_no_plain_number_is_refused(wire: Wire, number: str) -> None:
    status, told, _ = await wire.order(quantity=number)
    assert (status, told["code"]) == (400, -1100)
    assert told["msg"].startswith("Illegal characters found in parameter 'quantity'")


async def test_a_second_open_order_with_a_client_id_is_a_duplicate(wire: Wire) -> None:
    assert (await wire.order(newClientOrderId="one"))[0] == 200
    status, told, _ = await wire.order(newClientOrderId="one")
    assert (status, told) == (400, {"code": -2010, "msg": "Duplicate order sent."})
    assert len(wire.venue.ledger.of("order.accepted")) == 1


async def test_an_order_that_nobody_knows_is_told_by_its_own_code(wire: Wire) -> None:
    which = {"symbol": "BTCUSDT", "orderId": 1}
    assert (await wire.signed("GET", "/api/v3/order", **which))[1]["code"] == -2013
    assert (await wire.signed("DELETE", "/api/v3/order", **which))[1]["code"] == -2011
    assert (await wire.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT"))[1] == {
        "code": -2011,
        "msg": "Unknown order sent.",
    }


async def test_a_replace_whose_cancel_fails_does_nothing_and_says_so(wire: Wire) -> None:
    params = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.01",
        "price": "50000",
        "cancelReplaceMode": "STOP_ON_FAILURE",
        "cancelOrderId": "1",
    }
    status, told, _ = await wire.signed("POST", "/api/v3/order/cancelReplace", **params)
    assert (status, told["code"]) == (400, -2022)
    assert told["data"]["cancelResponse"]["code"] == -2011
    assert told["data"]["newOrderResult"] == "NOT_ATTEMPTED"
    assert not wire.venue.ledger.of("order.accepted")

    _, order, _ = await wire.order()
    params |= {"cancelOrderId": str(order["orderId"]), "quantity": "3"}
    status, told, _ = await wire.signed("POST", "/api/v3/order/cancelReplace", **params)
    assert (status, told["code"]) == (409, -2021)
    assert told["data"]["cancelResult"] == "SUCCESS"
    assert told["data"]["newOrderResponse"] == {"code": -2010, "msg": INSUFFICIENT}


async def test_keys_and_signatures_are_verified(wire: Wire) -> None:
    query = wire.sign(symbol="BTCUSDT")
    key = {"X-MBX-APIKEY": wire.venue.credentials.key}

    async def code(query: str, headers: dict[str, str]) -> tuple[int, int]:
        status, told, _ = await wire.send("GET", "/api/v3/openOrders", query, headers=headers)
        return status, told["code"] if status != 200 else 0

    assert await code(query, key) == (200, 0)
    assert await code(query, {}) == (401, -2014)
    assert await code(query, {"X-MBX-APIKEY": "short"}) == (401, -2014)
    assert await code(query, {"X-MBX-APIKEY": "a" * 64}) == (401, -2015)
    assert await code(query.replace("BTCUSDT", "ETHUSDT"), key) == (400, -1022)
    assert await code(query[:-2] + "zz", key) == (400, -1022)
    assert await code(query.split("&signature")[0], key) == (400, -1102)
    assert await code(query.replace("timestamp", "time"), key) == (400, -1104)


async def test_the_signature_covers_the_exact_bytes_of_query_and_body(wire: Wire) -> None:
    now = wire.venue.clock()
    query = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC"
    body = f"quantity=0.01&price=50000&newClientOrderId=a%2Db&timestamp={now}"
    secret = wire.venue.credentials.secret.encode()
    signature = hmac.new(secret, (query + body).encode(), hashlib.sha256).hexdigest()
    headers = {
        "X-MBX-APIKEY": wire.venue.credentials.key,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    signed = f"{body}&signature={signature.upper()}"
    status, told, _ = await wire.send("POST", "/api/v3/order", query, signed, headers)
    assert (status, told["clientOrderId"]) == (200, "a-b")
    plain = signed.replace("%2D", "-")
    assert (await wire.send("POST", "/api/v3/order", query, plain, headers))[1]["code"] == -1022


async def test_the_clock_rules_hold_in_both_directions(wire: Wire, clock: Clock) -> None:
    async def code(timestamp: int, **more: Any) -> int:
        told = (await wire.signed("GET", "/api/v3/openOrders", timestamp=timestamp, **more))[1]
        return int(told["code"]) if isinstance(told, dict) else 0

    assert await code(clock.now + 999) == 0
    assert await code(clock.now + 1_000) == -1021
    assert await code(clock.now - 5_000) == 0
    assert await code(clock.now - 5_001) == -1021
    assert await code(clock.now - 9_000, recvWindow=10_000) == 0
    assert await code(clock.now, recvWindow=60_001) == -1131


@pytest.mark.parametrize(
    ("act", "exception"),
    [
        ({"amount": 3}, "InsufficientFunds"),
        ({"amount": 0.00002, "price": 50_000}, "BadRequest"),
        ({"amount": 0.01, "price": 11_000}, "InvalidOrder"),
        ({"amount": 0.01, "price": 61_000, "params": {"postOnly": True}},
         "OrderImmediatelyFillable"),
        ({"amount": 0.01, "params": {"clientOrderId": "twice"}}, "InvalidOrder"),
        ({"amount": 0.01, "key": "b" * 64}, "AuthenticationError"),
        ({"amount": 0.01, "secret": "wrong"}, "AuthenticationError"),
        ({"amount": 0.01, "skew": 2_000}, "InvalidNonce"),
        ({"amount": 0.01, "skew": -20_000}, "InvalidNonce"),
    ],
)  # fmt: skip
async def test_ccxt_raises_for_a_refusal_what_it_raises_for_the_real_one(
    wire: Wire, clock: Clock, act: dict[str, Any], exception: str
) -> None:
    import ccxt.async_support

    client = point_at(ccxt.async_support.binance(keys(wire.venue)), wire.server.port)
    try:
        client.nonce = lambda: clock.now
        await client.load_markets()
        client.nonce = lambda: clock.now + act.get("skew", 0)
        client.apiKey = act.get("key", client.apiKey)
        client.secret = act.get("secret", client.secret)
        # What the client would see itself is left to the venue.
        client.markets["BTC/USDT"]["limits"] = {}
        await wire.order(newClientOrderId="twice")
        with pytest.raises(ccxt.async_support.BaseError) as raised:
            await client.create_order(
                "BTC/USDT",
                "limit",
                "buy",
                act["amount"],
                act.get("price", 50_000),
                act.get("params", {}),
            )
    finally:
        await client.close()
    assert type(raised.value).__name__ == exception
    assert len(wire.venue.ledger.of("order.accepted")) == 1


@pytest.mark.parametrize(
    ("change", "exception"),
    [
        ({"quantity": "0.000001"}, "InvalidOrder"),
        ({"price": "50000.001"}, "InvalidOrder"),
        ({"price": "11999.99"}, "InvalidOrder"),
        ({"quantity": "0.00001"}, "BadRequest"),
        ({"quantity": "0.000000001"}, "BadRequest"),
        ({"quantity": "3"}, "InsufficientFunds"),
    ],
)
async def test_ccxt_raises_the_same_where_it_does_not_round_first(
    wire: Wire, clock: Clock, change: dict[str, str], exception: str
) -> None:
    import ccxt.async_support

    client = point_at(ccxt.async_support.binance(keys(wire.venue)), wire.server.port)
    client.nonce = lambda: clock.now
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    try:
        with pytest.raises(ccxt.async_support.BaseError) as raised:
            await client.private_post_order(
                {**order, "quantity": "0.01", "price": "50000", **change}
            )
    finally:
        await client.close()
    assert type(raised.value).__name__ == exception


async def test_ccxt_knows_an_unknown_order(wire: Wire, clock: Clock) -> None:
    import ccxt.async_support

    client = point_at(ccxt.async_support.binance(keys(wire.venue)), wire.server.port)
    client.nonce = lambda: clock.now
    try:
        for method in (client.fetch_order, client.cancel_order):
            with pytest.raises(ccxt.async_support.OrderNotFound):
                await method("1", "BTC/USDT")
    finally:
        await client.close()
