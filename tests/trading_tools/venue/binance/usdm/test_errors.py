"""Every refusal carries USD-M's code and words, and ccxt raises for it what it should.

Codes and words: Binance's documentation of the USD-M API, "Error Code". Exceptions: what ccxt
4.5.90 makes of the reply from the real host name; some are others when a client was moved by URL.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.usdm_venue import UsdmWire, usdm
from tests.support.venues import Clock, Wire, point_at, serving
from trading_tools.venue.binance.rest import refusal
from trading_tools.venue.binance.usdm.adapter import BinanceUsdm
from trading_tools.venue.binance.usdm.errors import refused
from trading_tools.venue.binance.usdm.listing import USDM
from trading_tools.venue.core.orders import Kind, Reason, Rejected, Side, Ticket
from trading_tools.venue.wire.messages import Reply, Trouble

REFUSED: list[tuple[dict[str, Any], int, str, str]] = [
    ({"quantity": "0.0001"}, -1111, "Precision is over the maximum defined for this asset.",
     "BadRequest"),
    ({"quantity": "1001"}, -4005, "Quantity greater than max quantity.", "BadRequest"),
    ({"quantity": "0"}, -4003, "Quantity less than or equal to zero.", "BadRequest"),
    ({"price": "0"}, -4001, "Price less than 0.", "BadRequest"),
    ({"price": "50000.01"}, -4014, "Price not increased by tick size.", "BadRequest"),
    ({"price": "1000000.1"}, -4002, "Price greater than max price.", "BadRequest"),
    ({"price": "11999"}, -4016, "", "BadRequest"),
    ({"quantity": "0.001"}, -4164,
     "Order's notional must be no smaller than 100 (unless you choose reduce only).",
     "InvalidOrder"),
    ({"quantity": "100"}, -2019, "Margin is insufficient.", "InsufficientFunds"),
    ({"quantity": "1000", "price": "70100"}, -2027,
     "Exceeded the maximum allowable position at current leverage.", "OperationRejected"),
    ({"timeInForce": "GTX", "price": "61000"}, -5022, "", "OrderNotFillable"),
    ({"reduceOnly": "true", "side": "SELL"}, -2022, "ReduceOnly Order is rejected.",
     "InvalidOrder"),
    ({"positionSide": "LONG"}, -4061, "Order's position side does not match user's setting.",
     "OperationRejected"),
    ({"symbol": "NOPE"}, -1121, "Invalid symbol.", "BadSymbol"),
    ({"side": "HOLD"}, -1117, "Invalid side.", "BadRequest"),
    ({"type": "MAGIC"}, -1116, "Invalid orderType.", "BadRequest"),
    ({"type": "STOP_MARKET"}, -4120, "", "InvalidOrder"),
    ({"timeInForce": "GTD"}, -1115, "Invalid timeInForce.", "BadRequest"),
    ({"price": None}, -1102, "", "BadRequest"),
    ({"type": "MARKET"}, -1106, "Parameter 'price' sent when not required.", "BadRequest"),
    ({"newClientOrderId": "x" * 37}, -4015,
     "Client order id length should not be more than 36 chars", "BadRequest"),
    ({"newClientOrderId": "twice"}, -4116, "ClientOrderId is duplicated.", "InvalidOrder"),
]  # fmt: skip


def raised_by_ccxt(reply: Reply) -> str:
    """The class that ccxt raises for a reply from the real host."""
    import ccxt

    url, text = "https://fapi.binance.com/fapi/v1/order", reply.body.decode()
    told = json.loads(text) if reply.content_type == "application/json" else None
    client, headers = ccxt.binanceusdm(), dict(reply.headers)

    def read() -> None:
        client.handle_errors(reply.status, "", url, "POST", headers, text, told, {}, "")
        client.handle_http_status_code(reply.status, "", url, "POST", text)

    with pytest.raises(ccxt.BaseError) as raised:
        read()
    return type(raised.value).__name__


@pytest.mark.parametrize(("change", "code", "words", "exception"), REFUSED)
async def test_an_order_that_breaks_a_rule_is_refused_in_binances_words(
    wire: UsdmWire, change: dict[str, Any], code: int, words: str, exception: str
) -> None:
    await wire.order(newClientOrderId="twice")

    status, told, _ = await wire.order(**change)

    assert (status, told["code"]) == (400, code)
    assert told["msg"] == words or not words
    assert raised_by_ccxt(Reply(status, json.dumps(told).encode())) == exception
    assert len(wire.venue.ledger.of("order.accepted")) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"triggerPrice": "65000"}, -2021),
        ({"type": "LIMIT"}, -1116),
        ({"algoType": "VP"}, -1102),
        ({"triggerPrice": None}, -1102),
        ({"closePosition": "true"}, -4136),
        ({"workingType": "INDEX"}, -4054),
    ],
)
async def test_an_algo_order_that_breaks_a_rule_is_refused(
    wire: UsdmWire, change: dict[str, Any], code: int
) -> None:
    status, told, _ = await wire.algo(**change)
    assert (status, told["code"]) == (400, code)


@pytest.mark.parametrize("reason", list(Reason))
def test_each_reason_of_the_core_has_words_here(reason: Reason) -> None:
    (instrument,) = [each for each in USDM if each.symbol == "BTCUSDT"]
    ticket = Ticket("BTCUSDT", Side.BUY, Kind.LIMIT, 10, 100)
    error = refused(Rejected(reason), ticket, instrument)
    assert raised_by_ccxt(refusal(error)) != "ExchangeError"


@pytest.mark.parametrize("number", ["NaN", "-1", "1e5", "Infinity", "0x1", "1,5", "٣", "9" * 30])
async def test_what_is_no_plain_number_is_refused(wire: UsdmWire, number: str) -> None:
    status, told, _ = await wire.order(quantity=number)
    assert (status, told["code"]) == (400, -1100)


async def test_keys_signatures_and_the_clock_are_verified(wire: UsdmWire, clock: Clock) -> None:
    path, key = "/fapi/v1/openOrders", {"X-MBX-APIKEY": wire.venue.credentials.key}
    query = wire.sign(symbol="BTCUSDT")

    async def code(query: str, headers: dict[str, str]) -> int:
        _, told, _ = await wire.send("GET", path, query, headers=headers)
        return told["code"] if isinstance(told, dict) else 0

    assert await code(query, key) == 0
    assert await code(query, {}) == -2014
    assert await code(query, {"X-MBX-APIKEY": "a" * 64}) == -2015
    assert await code(query.replace("BTC", "ETH"), key) == -1022
    assert await code(wire.sign(timestamp=clock.now + 1_000), key) == -1021
    assert await code(wire.sign(timestamp=clock.now - 5_001), key) == -1021


async def test_an_order_that_nobody_knows_is_told_by_its_own_code(wire: UsdmWire) -> None:
    which = {"symbol": "BTCUSDT", "orderId": 1}
    assert (await wire.signed("GET", wire.path, **which))[1]["code"] == -2013
    assert (await wire.signed("DELETE", wire.path, **which))[1]["code"] == -2011
    _, told, _ = await wire.signed("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    assert told["code"] == 200


async def test_an_algo_order_is_not_found_where_orders_are(wire: UsdmWire) -> None:
    _, placed, _ = await wire.algo()

    _, told, _ = await wire.signed("GET", wire.path, symbol="BTCUSDT", orderId=placed["algoId"])

    assert told["code"] == -2013


@pytest.mark.parametrize(
    ("quantity", "price", "side", "code"),
    [
        ("0.01", "50000", "BUY", -5027),
        ("0.01", "50000.01", "BUY", -4014),
        ("0.001", "50000", "BUY", -4164),
        ("0.01", "51000", "SELL", -1102),
    ],
)
async def test_an_amendment_that_breaks_a_rule_is_refused(
    wire: UsdmWire, quantity: str, price: str, side: str, code: int
) -> None:
    _, placed, _ = await wire.order()

    status, told, _ = await wire.signed(
        "PUT",
        wire.path,
        symbol="BTCUSDT",
        orderId=placed["orderId"],
        side=side,
        quantity=quantity,
        price=price,
    )

    assert (status, told["code"]) == (400, code)


async def test_settings_that_cannot_change_now_are_refused(wire: UsdmWire) -> None:
    async def code(path: str, **params: Any) -> int:
        return int((await wire.signed("POST", f"/fapi/v1/{path}", **params))[1].get("code", 0))

    assert await code("leverage", symbol="BTCUSDT", leverage=126) == -4028
    assert await code("marginType", symbol="BTCUSDT", marginType="CROSSED") == -4046
    assert await code("positionSide/dual", dualSidePosition="false") == -4059
    await wire.order()
    assert await code("marginType", symbol="BTCUSDT", marginType="ISOLATED") == -4047
    assert await code("positionSide/dual", dualSidePosition="true") == -4067
    await wire.signed("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    await wire.market("BUY", "0.01")
    assert await code("marginType", symbol="BTCUSDT", marginType="ISOLATED") == -4048
    assert await code("positionSide/dual", dualSidePosition="true") == -4068


async def test_a_batch_takes_what_is_sound_and_refuses_the_rest(wire: UsdmWire) -> None:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
             "quantity": "0.01", "price": "50000"}  # fmt: skip
    rows = [order, {**order, "quantity": "0"}, "no order"]

    _, told, _ = await wire.signed("POST", "/fapi/v1/batchOrders", batchOrders=json.dumps(rows))

    assert [row.get("code") for row in told] == [None, -4003, -1102]
    too_many = json.dumps([order] * 6)
    _, told, _ = await wire.signed("POST", "/fapi/v1/batchOrders", batchOrders=too_many)
    assert told["code"] == -4082
    _, told, _ = await wire.signed("POST", "/fapi/v1/batchOrders", batchOrders="[{")
    assert told["code"] == -1130


async def test_an_unknown_endpoint_is_a_404_that_the_ledger_names(wire: UsdmWire) -> None:
    status, told, _ = await wire.send("GET", "/fapi/v1/nothing")
    assert (status, "404" in told) == (404, True)
    (entry,) = wire.venue.ledger.of("endpoint.missing")
    assert entry.body["path"] == "/fapi/v1/nothing"


async def test_too_many_requests_are_warned_and_then_banned(clock: Clock) -> None:
    import aiohttp

    venue = usdm(clock=clock, rules=None)
    async with serving(venue) as server, aiohttp.ClientSession() as session:
        wire = Wire(session, server, venue)
        statuses: list[int] = []
        for _ in range(75):
            status, told, headers = await wire.send("GET", "/fapi/v1/ticker/24hr")
            statuses.append(status)
        assert statuses.count(200) == 2_400 // 40
        assert (statuses[60], statuses[-1], told["code"]) == (429, 418, -1003)
        assert int(headers["Retry-After"]) > 60
        assert int(headers["X-MBX-USED-WEIGHT-1M"]) > 2_400


async def test_orders_are_counted_in_ten_seconds_and_a_minute(clock: Clock) -> None:
    import aiohttp

    venue = usdm(clock=clock, rules=None)
    async with serving(venue) as server, aiohttp.ClientSession() as session:
        wire = UsdmWire(session, server, venue)
        for _ in range(300):
            await wire.order(quantity="0.01", price="11999")  # refused: not counted
        for _ in range(2):
            _, _, headers = await wire.order()
    assert headers["X-MBX-ORDER-COUNT-10S"] == headers["X-MBX-ORDER-COUNT-1M"] == "2"


async def test_spot_and_usdm_side_by_side_have_their_own_hosts_and_one_key(clock: Clock) -> None:
    import ccxt.async_support

    from trading_tools.venue.names import VENUES
    from trading_tools.venue.wire.server import VenueServer

    for names in (["binance", "binanceusdm"], ["binanceusdm", "binance"]):
        venues = [VENUES[name](7, clock) for name in names]
        async with VenueServer(venues) as server:
            for kind in (ccxt.async_support.binance, ccxt.async_support.binanceusdm):
                known = venues[0].credentials
                client = point_at(kind({"apiKey": known.key, "secret": known.secret}), server.port)
                client.nonce = clock
                try:
                    markets = await client.load_markets()
                    balance = await client.fetch_balance()
                finally:
                    await client.close()
                assert "BTC/USDT:USDT" in markets
                assert balance["USDT"]["total"] == 100_000
                assert ("BTC/USDT" in markets) is (kind is ccxt.async_support.binance)


VENUE = usdm(clock=Clock(), market=False)
TROUBLES = [
    (Trouble.RATE_LIMITED, 429, "DDoSProtection"),
    (Trouble.BANNED, 418, "DDoSProtection"),
    (Trouble.FIREWALL, 403, "ExchangeNotAvailable"),
    (Trouble.OVERLOADED, 503, "OperationFailed"),
    (Trouble.BAD_GATEWAY, 502, "ExchangeNotAvailable"),
    (Trouble.BAD_CLOCK, 400, "InvalidNonce"),
    (Trouble.NO_SUCH_ORDER, 400, "OrderNotFound"),
]


@pytest.mark.parametrize(("trouble", "status", "exception"), TROUBLES)
def test_ccxt_raises_for_a_trouble_what_it_raises_for_the_real_one(
    trouble: Trouble, status: int, exception: str
) -> None:
    reply = BinanceUsdm(VENUE).trouble(trouble, 1_800_000_000_000, 5)
    assert (reply.status, raised_by_ccxt(reply)) == (status, exception)
