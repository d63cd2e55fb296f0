"""The streams without a library: acknowledgements, pings, snapshots, deltas, and the login."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from tests.support.bybit_venue import SMALL, BybitWire, bybit, serving_bybit
from tests.support.venues import WAIT_S, Clock
from trading_tools.venue.wire.connection import SocketRules

Socket = aiohttp.ClientWebSocketResponse


async def opened(wire: BybitWire, path: str = "/v5/public/spot") -> Socket:
    return await wire.session.ws_connect(wire.server.base_url + path)


async def heard(socket: Socket, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first message that is wanted."""
    async with asyncio.timeout(WAIT_S):
        while True:
            told: dict[str, Any] = await socket.receive_json()
            if wanted(told):
                return told


async def answered(socket: Socket, **request: Any) -> dict[str, Any]:
    """The very next message after a request."""
    await socket.send_json(request)
    async with asyncio.timeout(WAIT_S):
        told: dict[str, Any] = await socket.receive_json()
    return told


def login(wire: BybitWire, secret: str = "", expires: int = 0) -> list[Any]:
    expires = expires or wire.place.clock() + 10_000
    key = (secret or wire.place.credentials.secret).encode()
    signature = hmac.new(key, f"GET/realtime{expires}".encode(), hashlib.sha256).hexdigest()
    return [wire.place.credentials.key, expires, signature]


async def private(wire: BybitWire, *topics: str) -> Socket:
    socket = await opened(wire, "/v5/private")
    assert (await answered(socket, op="auth", args=login(wire)))["success"] is True
    assert (await answered(socket, op="subscribe", args=list(topics)))["success"] is True
    return socket


async def test_a_subscription_is_acknowledged_before_its_first_message(wire: BybitWire) -> None:
    socket = await opened(wire)
    told = await answered(socket, op="subscribe", req_id="7", args=["orderbook.50.BTCUSDT"])
    assert (told["success"], told["req_id"], told["op"]) == (True, "7", "subscribe")
    async with asyncio.timeout(WAIT_S):
        first = await socket.receive_json()
    assert (first["type"], len(first["data"]["b"]), len(first["data"]["a"])) == ("snapshot", 20, 20)
    await socket.close()


async def test_a_book_goes_on_from_its_snapshot_without_a_gap(
    wire: BybitWire, clock: Clock
) -> None:
    socket = await opened(wire)
    await answered(socket, op="subscribe", args=["orderbook.50.BTCUSDT"])
    first = await heard(socket, lambda told: told.get("type") == "snapshot")
    sides = {side: dict(first["data"][side]) for side in "ba"}
    number = first["data"]["u"]
    for _ in range(8):
        clock.now += 1_000
        told = await heard(socket, lambda told: told["type"] == "delta")
        number += 1
        assert told["data"]["u"] == number
        for side, levels in sides.items():
            for price, size in told["data"][side]:
                if float(size):
                    levels[price] = size
                else:
                    assert levels.pop(price)
    each, book = wire.place.instruments["BTCUSDT"], wire.place.exchange.books["BTCUSDT"]
    for side, own in (("b", book.bids), ("a", book.asks)):
        assert {float(p): float(s) for p, s in sides[side].items()} == {
            float(each.price_text(price)): float(each.size_text(size))
            for price, size in own.depth(50)
        }
    await socket.close()


async def test_a_book_of_one_level_is_a_snapshot_that_is_repeated_after_3_seconds(
    wire: BybitWire, clock: Clock
) -> None:
    wire.place.market = None
    socket = await opened(wire)
    await answered(socket, op="subscribe", args=["orderbook.1.BTCUSDT"])
    first = await heard(socket, lambda told: True)
    clock.now += 3_000
    again = await heard(socket, lambda told: told["ts"] > first["ts"])
    assert again["data"] == first["data"]
    assert (again["type"], len(again["data"]["b"])) == ("snapshot", 1)
    await socket.close()


async def test_a_candle_is_confirmed_once_it_has_closed(wire: BybitWire, clock: Clock) -> None:
    socket = await opened(wire)
    await answered(socket, op="subscribe", args=["kline.1.BTCUSDT"])
    clock.now += 1_000
    open_ = (await heard(socket, lambda told: "data" in told))["data"][0]
    assert open_["confirm"] is False
    clock.now += 60_000
    closed, after = (await heard(socket, lambda told: len(told["data"]) == 2))["data"]
    assert (closed["start"], closed["confirm"]) == (open_["start"], True)
    assert (after["start"], after["confirm"]) == (open_["end"] + 1, False)
    await socket.close()


async def test_a_topic_that_was_ended_is_silent(wire: BybitWire, clock: Clock) -> None:
    socket = await opened(wire)
    topics = ["publicTrade.BTCUSDT", "tickers.BTCUSDT"]
    await answered(socket, op="subscribe", args=topics)
    await heard(socket, lambda told: told.get("topic") == "tickers.BTCUSDT")
    await socket.send_json({"op": "unsubscribe", "args": topics})
    await heard(socket, lambda told: told.get("op") == "unsubscribe")
    clock.now += 5_000
    await wire.send("GET", "/v5/market/time")
    assert (await answered(socket, op="ping"))["ret_msg"] == "pong"
    await socket.close()


async def test_each_kind_of_connection_answers_pings_in_its_own_form(wire: BybitWire) -> None:
    public, account, trade = [
        await opened(wire, path) for path in ("/v5/public/spot", "/v5/private", "/v5/trade")
    ]
    told = await answered(public, op="ping", req_id="1")
    assert (told["op"], told["ret_msg"], told["req_id"]) == ("ping", "pong", "1")
    told = await answered(account, op="ping", req_id="1")
    assert (told["op"], told["args"]) == ("pong", [str(wire.place.clock())])
    told = await answered(trade, op="ping")
    assert (told["op"], told["retCode"]) == ("pong", 0)
    for socket in (public, account, trade):
        await socket.close()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["orderbook.7.BTCUSDT"], "handler not found,topic:orderbook.7.BTCUSDT"),
        (["tickers.BTCEUR"], "handler not found"),
        (["nonsense"], "handler not found"),
        (["publicTrade.BTCUSDT"], "already subscribed,topic:publicTrade.BTCUSDT"),
        (["tickers.BTCUSDT"] * 11, "args size >10"),
        ([], "empty"),
        ("tickers.BTCUSDT", "list"),
        ([1], "list"),
    ],
)
async def test_a_subscription_that_cannot_be_is_refused_as_a_whole(
    wire: BybitWire, args: Any, words: str
) -> None:
    socket = await opened(wire)
    assert (await answered(socket, op="subscribe", args=["publicTrade.BTCUSDT"]))["success"] is True
    told = await answered(socket, op="subscribe", req_id="1", args=args)
    assert told["success"] is False
    assert words in told["ret_msg"]
    await socket.close()


async def test_a_private_stream_wants_a_login_that_is_in_order(wire: BybitWire) -> None:
    socket = await opened(wire, "/v5/private")
    told = await answered(socket, op="subscribe", args=["order"])
    assert (told["success"], told["ret_msg"]) == (False, "Request not authorized")
    for args in (
        login(wire, secret="another"),
        login(wire, expires=wire.place.clock()),
        ["unknown", *login(wire)[1:]],
        login(wire)[:2],
        None,
    ):
        assert (await answered(socket, op="auth", args=args))["success"] is False
    assert (await answered(socket, op="auth", args=login(wire)))["success"] is True
    assert (await answered(socket, op="subscribe", args=["order"]))["success"] is True
    text = "".join(wire.place.ledger.lines())
    assert login(wire)[2] not in text
    await socket.close()


async def test_an_order_that_is_rejected_after_it_was_taken_is_told_by_the_stream(
    wire: BybitWire,
) -> None:
    socket = await private(wire, "order.spot")
    sent = (await wire.order(timeInForce="PostOnly", price="70000"))[1]
    assert sent["retCode"] == 0
    told = await heard(socket, lambda told: told.get("topic") == "order.spot")
    (row,) = told["data"]
    assert (row["orderId"], row["orderStatus"]) == (sent["result"]["orderId"], "Rejected")
    assert row["rejectReason"] == "EC_PostOnlyWillTakeLiquidity"
    await socket.close()


async def test_a_fill_is_told_with_order_wallet_and_both_kinds_of_execution(
    wire: BybitWire,
) -> None:
    topics = ("order", "execution", "execution.fast", "wallet")
    socket = await private(wire, *topics)
    sent = (await wire.order(orderType="Market", side="Sell", price=None))[1]["result"]
    rows: dict[str, dict[str, Any]] = {}
    while not (set(rows) == set(topics) and rows["order"]["orderStatus"] == "Filled"):
        told = await heard(socket, lambda told: True)
        rows[told["topic"]] = told["data"][0]
    assert rows["order"]["orderId"] == rows["execution"]["orderId"] == sent["orderId"]
    assert rows["execution"]["execId"] == rows["execution.fast"]["execId"]
    assert "execFee" not in rows["execution.fast"]
    assert rows["order"]["category"] == "spot"
    assert rows["wallet"]["accountType"] == "UNIFIED"
    await socket.close()


async def test_a_stop_is_told_as_triggered_and_then_as_what_became_of_it(
    wire: BybitWire, clock: Clock
) -> None:
    socket = await private(wire, "order")
    last = wire.place.exchange.books["BTCUSDT"].last_price
    near = wire.place.instruments["BTCUSDT"].price_text(last + 100)
    stop = {"orderFilter": "StopOrder", "orderType": "Market", "marketUnit": "baseCoin"}
    assert (await wire.order(triggerPrice=near, price=None, **stop))[1]["retCode"] == 0
    statuses: list[str] = []
    while statuses[-1:] != ["Filled"]:
        clock.now += 1_000
        told = await answered(socket, op="ping")
        if "data" in told:
            statuses += [row["orderStatus"] for row in told["data"]]
    assert statuses[0] == "Untriggered"
    assert "Triggered" in statuses
    await socket.close()


async def test_orders_are_canceled_when_nobody_has_been_connected_for_the_window(
    wire: BybitWire, clock: Clock
) -> None:
    await wire.post("/v5/order/disconnected-cancel-all", product="SPOT", timeWindow=10)
    socket = await private(wire, "dcp.spot")
    order_id = (await wire.order())[1]["result"]["orderId"]
    clock.now += 20_000
    await wire.send("GET", "/v5/market/time")
    assert wire.place.account.open_orders()
    await socket.close()
    async with asyncio.timeout(WAIT_S):
        while not wire.place.ledger.of("stream.closed"):
            await asyncio.sleep(0)
        clock.now += 10_000
        while wire.place.account.open_orders():
            await asyncio.sleep(0)
    told = await wire.get("/v5/order/history", category="spot", orderId=order_id)
    assert told[1]["result"]["list"][0]["cancelType"] == "CancelByDCP"


async def test_a_connection_on_which_nothing_comes_is_ended(clock: Clock) -> None:
    rules = SocketRules(ping_every_s=None, idle_s=0.05)
    async with (
        serving_bybit(bybit(clock=clock, instruments=SMALL), rules) as server,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{server.base_url}/v5/public/spot") as socket,
        asyncio.timeout(WAIT_S),
    ):
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
