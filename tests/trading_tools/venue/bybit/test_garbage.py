"""Whatever is sent, the venue answers in its own form and goes on."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.bybit_venue import QUIET, SMALL, BybitWire, bybit
from tests.support.venues import WAIT_S, Clock
from trading_tools.venue.bybit.call import Call
from trading_tools.venue.bybit.endpoints import REST, serve
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.bybit.params import Params

NASTY = ("", "NaN", "-1", "1e999", "0", "٣", "\x00", "9" * 400, "null", "[]", "1;DROP", "%")
NAMES = sorted(
    {
        *("category", "symbol", "side", "orderType", "qty", "price", "timeInForce", "orderFilter"),
        *("triggerPrice", "triggerDirection", "orderLinkId", "orderId", "marketUnit", "limit"),
        *("cursor", "startTime", "endTime", "start", "end", "interval", "openOnly", "coin"),
        *("accountType", "baseCoin", "settleCoin", "status", "orderStatus", "execType", "request"),
        *("timeWindow", "product", "setMarginMode", "isLeverage", "reduceOnly", "buyLeverage"),
        *("sellLeverage", "mode", "positionIdx", "takeProfit"),
    }
)
GOOD = ("spot", "linear", "BTCUSDT", "Buy", "Limit", "Market", "GTC", "0.01", "60000", "UNIFIED")
leaves = st.one_of(
    st.sampled_from([*NASTY, *GOOD]),
    st.text(max_size=20),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    ),
    max_leaves=8,
)

PLACE = bybit(clock=Clock(), rules=QUIET, instruments=SMALL)


@given(st.sampled_from(sorted(REST)), st.dictionaries(st.sampled_from(NAMES), values, max_size=10))
@settings(max_examples=150, deadline=None)
def test_any_parameters_of_any_endpoint_are_answered_or_refused(
    route: tuple[str, str], sent: dict[str, Any]
) -> None:
    endpoint = REST[route]
    call = Call(PLACE, Params(sent), PLACE.clock(), 0, PLACE.account.name)
    try:
        endpoint.purpose(sent)
        endpoint.allowed(call.params)
        told: Any = serve(endpoint, call)
    except BybitError as error:
        told = error.body(0)
    json.dumps(told)


async def alive(wire: BybitWire) -> None:
    assert (await wire.send("GET", "/v5/market/time"))[1]["retCode"] == 0


NUMBERS = [b'{"x":NaN}', b'{"x":1e999}']
BODIES = [b"{not json", b"\xff\xfe\x00", b"[]", b"7", b"[" * 100_000, b"", *NUMBERS]


@pytest.mark.parametrize("body", BODIES)
async def test_any_body_is_answered(wire: BybitWire, body: bytes) -> None:
    payload = body.decode("utf-8", "replace")
    status, told, _ = await wire.send("POST", "/v5/order/create", "", body, wire.head(payload))
    assert (status, told["retCode"]) == (200, 10001)
    await alive(wire)


async def test_a_query_of_thousands_of_parameters_is_refused(wire: BybitWire) -> None:
    told = await wire.send("GET", "/v5/market/time", "a=1&" * 1_000)
    assert told[1]["retCode"] == 10001
    await alive(wire)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v5/order/create"),
        ("GET", "/v5/order/create"),
        ("GET", "/v5/lending/info"),
        ("GET", "/"),
        ("PATCH", "/v5/market/time"),
    ],
)
async def test_an_unknown_endpoint_is_a_404_that_the_ledger_names(
    wire: BybitWire, method: str, path: str
) -> None:
    status, told, _ = await wire.send(method, path)
    assert (status, told["retCode"]) == (404, 10017)
    (missing,) = wire.place.ledger.of("endpoint.missing")
    assert (missing.body["method"], missing.body["path"]) == (method, path)
    assert wire.place.ledger.of("request.received")[0].body["operation"] == "unknown"


TEXTS = [
    "nonsense",
    "[]",
    "{}",
    "[" * 50_000,
    '{"op":{}}',
    '{"op":"subscribe"}',
    '{"op":"subscribe","args":[{}],"req_id":[]}',
    '{"op":"unsubscribe","args":7}',
    '{"op":"auth","args":["a","b","c"]}',
    '{"op":"auth","args":[{},[],null]}',
    '{"op":"order.create","args":[{"category":"spot"}]}',
    '{"op":"order.create","args":7,"header":7,"reqId":{}}',
    '{"op":"order.nothing","args":[{}]}',
]


@pytest.mark.parametrize("path", ["public/spot", "public/linear", "private", "trade"])
async def test_garbage_on_a_socket_is_an_error_and_the_connection_goes_on(
    wire: BybitWire, path: str
) -> None:
    async with (
        wire.session.ws_connect(f"{wire.server.base_url}/v5/{path}") as socket,
        asyncio.timeout(WAIT_S),
    ):
        for text in TEXTS:
            await socket.send_str(text)
            told: dict[str, Any] = await socket.receive_json()
            assert told.get("success") is False or told["retCode"] > 0
        await socket.send_str('{"op":"ping"}')
        told = await socket.receive_json()
        assert "pong" in (told["op"], told.get("ret_msg"))


async def test_two_venues_of_one_seed_and_clock_answer_with_the_same_bytes(clock: Clock) -> None:
    def played() -> list[str]:
        place = bybit(clock=Clock(), instruments=SMALL)
        rows = []
        for route, endpoint in sorted(REST.items()):
            sent = {"category": "spot", "symbol": "BTCUSDT", "interval": "1"}
            sent |= {"accountType": "UNIFIED", "setMarginMode": "x"}
            sent |= {"side": "Buy", "orderType": "Market", "qty": "100"}
            call = Call(place, Params(sent), place.clock(), 0, place.account.name)
            try:
                rows.append(json.dumps([route, serve(endpoint, call)]))
            except BybitError as error:
                rows.append(json.dumps([route, error.body(0)]))
        return [*rows, *place.ledger.lines()]

    assert played() == played()
