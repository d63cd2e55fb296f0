"""Whatever is sent, the venue answers in its own form and goes on."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.venues import QUIET, WAIT_S, Clock, Wire, serving, spot
from trading_tools.venue.binance.endpoint import serve
from trading_tools.venue.binance.endpoints import REST
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.params import parse
from trading_tools.venue.binance.signing import rest_payload

NASTY = ("", "NaN", "-1", "1e999", "0", "٣", "\x00", "9" * 400, "null", "[]", "1;DROP", "%", "a=b")
KNOWN = {name for endpoint in REST.values() for name in endpoint.names or ()}
names = st.sampled_from([*sorted(KNOWN), "timestamp", "recvWindow", "signature", "x"])
values = st.one_of(
    st.sampled_from([*NASTY, "BTCUSDT", "1m", "BUY", "LIMIT", "MARKET", "GTC", "0.01", "60000"]),
    st.text(max_size=20),
)

VENUE = spot(clock=Clock(), rules=QUIET)


async def alive(wire: Wire) -> None:
    assert (await wire.send("GET", "/api/v3/ping"))[0] == 200


@given(
    st.sampled_from(sorted(REST)), st.dictionaries(names, values, max_size=8), st.text(max_size=30)
)
@settings(max_examples=200)
def test_any_parameters_of_any_endpoint_are_answered_or_refused(
    route: tuple[str, str], sent: dict[str, str], junk: str
) -> None:
    endpoint = REST[route]
    status = 200
    try:
        endpoint.check_names({**parse(junk, ""), **sent})
        endpoint.weigh(sent)
        serve(
            VENUE, endpoint, sent, VENUE.credentials.key, rest_payload(junk, ""), VENUE.clock(), 0
        )
    except BinanceError as error:
        status = error.status
        json.dumps(error.body())
    assert 200 <= status < 500


@pytest.mark.parametrize("value", NASTY)
async def test_any_value_of_a_signed_order_is_answered(wire: Wire, value: str) -> None:
    for name in ("symbol", "side", "quantity", "price", "newClientOrderId", "timestamp"):
        status, told, _ = await wire.order(**{name: value})
        assert status == 400 or name == "newClientOrderId"
        assert status == 200 or told["code"] < 0
    await alive(wire)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{not json", "application/json"),
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"a=1&" * 5_000, "application/x-www-form-urlencoded"),
        (b"quantity=1&quantity=2", "application/x-www-form-urlencoded"),
    ],
)
async def test_any_body_is_answered(wire: Wire, body: bytes, kind: str) -> None:
    headers = {"X-MBX-APIKEY": wire.venue.credentials.key, "Content-Type": kind}
    status, told, _ = await wire.send("POST", "/api/v3/order", "", body, headers)
    assert (status, told["code"] < 0) == (400, True)
    await alive(wire)


async def test_a_body_that_is_far_too_long_is_refused(wire: Wire) -> None:
    status, _, _ = await wire.send("POST", "/api/v3/order", body=io.BytesIO(bytes(2 << 20)))
    assert status == 413
    await alive(wire)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/v3/order"),
        ("POST", "/api/v3/userDataStream"),
        ("GET", "/api/v4/ping"),
        ("GET", "/"),
        ("PATCH", "/api/v3/time"),
        ("GET", "/sapi/v1/nothing"),
    ],
)
async def test_an_unknown_endpoint_is_a_404_that_the_ledger_names(
    wire: Wire, method: str, path: str
) -> None:
    status, told, _ = await wire.send(method, path)
    assert status == 404
    if path.startswith("/sapi"):
        assert told["path"] == path
    (missing,) = wire.venue.ledger.of("endpoint.missing")
    assert (missing.body["method"], missing.body["path"]) == (method, path)


async def test_bytes_that_are_no_http_do_no_harm(wire: Wire) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.server.port)
    writer.write(b"\x16\x03\x01\x02\x00 what is this\r\n\r\n")
    await writer.drain()
    async with asyncio.timeout(WAIT_S):
        answer = await reader.read()
    writer.close()
    assert b"400 Bad Request" in answer
    await alive(wire)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "[]",
        "{}",
        '{"id":{},"method":"ping"}',
        '{"id":1,"method":7}',
        '{"id":1,"method":"order.place","params":[]}',
        '{"id":1,"method":"order.place","params":{"symbol":{"a":NaN}}}',
        '{"id":1,"method":"no.such.thing"}',
        '{"id":1,"method":"userDataStream.subscribe.signature","params":{"x":1}}',
        '{"id":1,"method":"account.status"}',
    ],
)
async def test_garbage_on_the_websocket_api_is_an_error_and_the_connection_goes_on(
    wire: Wire, text: str
) -> None:
    async with wire.session.ws_connect(f"{wire.server.base_url}/ws-api/v3") as socket:
        await socket.send_str(text)
        async with asyncio.timeout(WAIT_S):
            told: dict[str, Any] = await socket.receive_json()
            assert 400 <= told["status"] < 500
            assert told["error"]["code"] < 0
            await socket.send_json({"id": "x", "method": "ping"})
            assert (await socket.receive_json())["result"] == {}


@pytest.mark.slow
async def test_ten_thousand_orders_at_once_are_answered_each_by_the_rules(clock: Clock) -> None:
    import aiohttp

    venue = spot(clock=clock)
    connector = aiohttp.TCPConnector(limit=50)
    async with serving(venue) as server, aiohttp.ClientSession(connector=connector) as session:
        wire = Wire(session, server, venue)
        replies = await asyncio.gather(*(wire.order() for _ in range(10_000)))
        assert {status for status, _, _ in replies} == {200, 429, 418}
        assert len(venue.ledger.of("order.accepted")) == 100
        assert venue.account.locked["USDT"] == 100 * 500 * 10**8
        clock.now = venue.limits.banned_until
        await alive(wire)


async def test_the_ledger_page_refuses_a_number_that_is_none(wire: Wire) -> None:
    await wire.send("GET", "/api/v3/ping")
    assert (await wire.send("GET", "/_ledger", "after=x"))[0] == 400
    _, text, _ = await wire.send("GET", "/_ledger", "after=1")
    assert [json.loads(line)["seq"] for line in text.splitlines()] == [2]
