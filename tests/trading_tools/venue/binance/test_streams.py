"""The WebSocket's own rules: subscribing, numbering, pings, limits and ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.support.venues import WAIT_S, Clock, Wire, serving, spot
from trading_tools.venue.wire.connection import SocketRules

Socket = aiohttp.ClientWebSocketResponse


async def told(socket: Socket) -> Any:
    """The next message as JSON."""
    async with asyncio.timeout(WAIT_S):
        return json.loads(await socket.receive_str())


async def ending(socket: Socket) -> int | None:
    """The code with which the venue closes the connection."""
    async with asyncio.timeout(WAIT_S):
        async for _ in socket:
            pass
    return socket.close_code


async def stream(socket: Socket, kind: str) -> Any:
    """The next message of one kind."""
    while True:
        message = await told(socket)
        if message.get("e") == kind:
            return message


@pytest.fixture
async def socket(wire: Wire) -> AsyncIterator[Socket]:
    async with wire.session.ws_connect(f"{wire.server.base_url}/ws") as found:
        yield found


async def ask(socket: Socket, method: str, params: Any = None, number: Any = 1) -> Any:
    """Send a request and read its answer."""
    request = {"method": method, "id": number}
    if params is not None:
        request["params"] = params
    await socket.send_json(request)
    while True:
        message = await told(socket)
        if "id" in message:
            return message


async def test_subscriptions_are_made_listed_and_ended(socket: Socket) -> None:
    assert await ask(socket, "SUBSCRIBE", ["btcusdt@trade", "a@b"]) == {"result": None, "id": 1}
    listed = {"result": ["btcusdt@trade", "a@b"], "id": 2}
    assert await ask(socket, "LIST_SUBSCRIPTIONS", number=2) == listed
    await ask(socket, "UNSUBSCRIBE", ["a@b", "never"])
    assert (await ask(socket, "LIST_SUBSCRIPTIONS"))["result"] == ["btcusdt@trade"]


async def test_an_order_that_trades_is_seen_on_the_trade_stream(wire: Wire, socket: Socket) -> None:
    await ask(socket, "SUBSCRIBE", ["btcusdt@trade", "btcusdt@aggTrade"])
    _, order, _ = await wire.order(side="SELL", type="MARKET", price=None, timeInForce=None)
    trade = await stream(socket, "trade")
    fill = order["fills"][0]
    assert (trade["t"], trade["p"], trade["q"]) == (fill["tradeId"], fill["price"], fill["qty"])
    assert trade["m"] is True
    assert (await stream(socket, "aggTrade"))["a"] == trade["t"]


async def test_depth_updates_follow_each_other_and_join_the_snapshot(
    wire: Wire, socket: Socket, clock: Clock
) -> None:
    await ask(socket, "SUBSCRIBE", ["btcusdt@depth@100ms"])
    _, snapshot, _ = await wire.send("GET", "/api/v3/depth", "symbol=BTCUSDT&limit=5000")
    last = snapshot["lastUpdateId"]
    for number in range(3):
        await wire.order(price=str(50_000 + number))
        clock.now += 100
        update = await stream(socket, "depthUpdate")
        assert update["U"] == last + 1
        assert f"{50_000 + number}.00000000" in [row[0] for row in update["b"]]
        last = update["u"]
    _, snapshot, _ = await wire.send("GET", "/api/v3/depth", "symbol=BTCUSDT")
    assert snapshot["lastUpdateId"] == last


async def test_a_candle_is_told_as_closed_once(socket: Socket, clock: Clock) -> None:
    await ask(socket, "SUBSCRIBE", ["btcusdt@kline_1m"])
    clock.now += 1_000
    first = (await stream(socket, "kline"))["k"]
    clock.now += 60_000
    seen = [(await stream(socket, "kline"))["k"] for _ in range(2)]
    assert first["x"] is False
    assert [(candle["t"] - first["t"], candle["x"]) for candle in seen] == [
        (0, True),
        (60_000, False),
    ]


async def test_the_path_may_name_streams_and_ask_for_the_combined_form(
    wire: Wire, clock: Clock
) -> None:
    for path in ("/ws/btcusdt@miniTicker", "/stream.binance.com:9443/ws/btcusdt@miniTicker"):
        async with wire.session.ws_connect(wire.server.base_url + path) as plain:
            await plain.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 1})
            assert (await told(plain))["result"] == ["btcusdt@miniTicker"]
            clock.now += 1_000
            assert (await told(plain))["e"] == "24hrMiniTicker"
    url = f"{wire.server.base_url}/stream?streams=btcusdt@ticker/!miniTicker@arr"
    async with wire.session.ws_connect(url) as combined:
        await combined.send_json({"method": "GET_PROPERTY", "params": ["combined"], "id": 1})
        assert (await told(combined))["result"] is True
        clock.now += 1_000
        messages = [await told(combined) for _ in range(2)]
    assert [message["stream"] for message in messages] == ["btcusdt@ticker", "!miniTicker@arr"]
    assert len(messages[1]["data"]) == 6


async def test_partial_books_and_best_prices_are_sent(wire: Wire, clock: Clock) -> None:
    url = f"{wire.server.base_url}/stream?streams=btcusdt@depth5@100ms/btcusdt@bookTicker"
    async with wire.session.ws_connect(url) as combined:
        best = (await told(combined))["data"]
        clock.now += 100
        book = (await told(combined))["data"]
    assert [len(book["bids"]), len(book["asks"])] == [5, 5]
    assert (book["bids"][0], book["asks"][0]) == ([best["b"], best["B"]], [best["a"], best["A"]])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not json", 3),
        ("[1]", 2),
        ("NaN", 2),
        ("[" * 100_000, 3),
        ('{"method":"DANCE","id":1}', 2),
        ('{"method":"SUBSCRIBE","params":"a","id":1}', 2),
        ('{"method":"SUBSCRIBE","params":[1],"id":1}', 2),
        ('{"method":"SUBSCRIBE","params":["a"],"id":-1}', 2),
        ('{"method":"SET_PROPERTY","params":["x",1],"id":1}', 0),
    ],
)
async def test_garbage_is_answered_and_the_connection_goes_on(
    socket: Socket, text: str, code: int
) -> None:
    await socket.send_str(text)
    assert (await told(socket))["error"]["code"] == code
    assert (await ask(socket, "LIST_SUBSCRIPTIONS"))["result"] == []


async def test_a_sixth_message_in_one_second_ends_the_connection(socket: Socket) -> None:
    for number in range(11):
        await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": number})
    assert await ending(socket) == 1008


async def test_too_many_streams_are_refused(wire: Wire, socket: Socket) -> None:
    answer = await ask(socket, "SUBSCRIBE", [f"s{number}@trade" for number in range(1_025)])
    assert answer["error"]["code"] == 2
    assert (await ask(socket, "LIST_SUBSCRIPTIONS"))["result"] == []


async def test_binary_messages_end_the_connection(socket: Socket) -> None:
    await socket.send_bytes(b"\x00\xff")
    assert await ending(socket) == 1003


@pytest.mark.parametrize(
    ("rules", "answers_pings", "code"),
    [
        (SocketRules(ping_every_s=0.02, pong_within_s=0.01), False, 1008),
        (SocketRules(lifetime_s=0.02), True, 1001),
    ],
)
async def test_a_connection_ends_without_pongs_or_after_its_lifetime(
    rules: SocketRules, answers_pings: bool, code: int
) -> None:
    venue = spot(clock=Clock())
    async with serving(venue, rules) as server, aiohttp.ClientSession() as session:
        url = f"{server.base_url}/ws"
        async with session.ws_connect(url, autoping=answers_pings) as socket:
            assert await ending(socket) == code
    (closed,) = venue.ledger.of("stream.closed")
    assert closed.body["code"] == code


async def test_pings_of_the_venue_carry_something_and_those_of_a_client_are_answered(
    wire: Wire,
) -> None:
    async with wire.session.ws_connect(f"{wire.server.base_url}/ws", autoping=False) as socket:
        await socket.ping(b"here")
        async with asyncio.timeout(WAIT_S):
            message = await socket.receive()
    assert (message.type, bytes(message.data)) == (aiohttp.WSMsgType.PONG, b"here")


async def test_the_end_of_the_venue_is_told_to_its_connections() -> None:
    server = serving(spot(clock=Clock()))
    async with aiohttp.ClientSession() as session:
        async with server:
            socket = await session.ws_connect(f"{server.base_url}/ws")
            reading = asyncio.create_task(ending(socket))
        assert await reading == 1001
