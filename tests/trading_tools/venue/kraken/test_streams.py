"""The WebSocket's own conversation: acknowledgements, books, heartbeats, executions, refusals."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from tests.support.kraken_venue import Wire
from tests.support.venues import WAIT_S, Clock
from trading_tools.venue.kraken.books import checksum

PAIR = "BTC/USD"


class Socket:
    """One connection of a client that reads numbers exactly."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket

    async def ask(self, method: str, req_id: int | None = None, **params: Any) -> None:
        """Send a request."""
        request: dict[str, Any] = {"method": method, "params": params}
        await self._socket.send_str(json.dumps(request | ({"req_id": req_id} if req_id else {})))

    async def next(self, channel: str = "", method: str = "") -> dict[str, Any]:
        """The next message of a channel, or the next answer to a method."""
        async with asyncio.timeout(WAIT_S):
            while True:
                message = await self._socket.receive()
                assert message.type is WSMsgType.TEXT, message
                told: dict[str, Any] = json.loads(message.data, parse_float=Decimal)
                if told.get("channel", "") == channel and told.get("method", "") == method:
                    return told

    async def closed(self) -> bool:
        """Whether the venue ends the connection."""
        async with asyncio.timeout(WAIT_S):
            while (await self._socket.receive()).type is WSMsgType.TEXT:
                pass
        return self._socket.closed


@pytest.fixture
async def public(wire: Wire) -> AsyncIterator[Socket]:
    async with wire.session.ws_connect(f"{wire.server.base_url}/ws.kraken.com/v2") as socket:
        yield Socket(socket)


@pytest.fixture
async def private(wire: Wire) -> AsyncIterator[Socket]:
    async with wire.session.ws_connect(f"{wire.server.base_url}/ws-auth.kraken.com/v2") as socket:
        yield Socket(socket)


async def token(wire: Wire) -> str:
    made: str = (await wire.private("GetWebSocketsToken"))["token"]
    return made


def test_the_checksum_is_that_of_the_documentation() -> None:
    bids = [
        ("45283.5", "0.10000000"), ("45283.4", "1.54582015"), ("45282.1", "0.10000000"),
        ("45281.0", "0.10000000"), ("45280.3", "1.54592586"), ("45279.0", "0.07990000"),
        ("45277.6", "0.03310103"), ("45277.5", "0.30000000"), ("45277.3", "1.54602737"),
        ("45276.6", "0.15445238"),
    ]  # fmt: skip
    asks = [
        ("45285.2", "0.00100000"), ("45286.4", "1.54571953"), ("45286.6", "1.54571109"),
        ("45289.6", "1.54560911"), ("45290.2", "0.15890660"), ("45291.8", "1.54553491"),
        ("45294.7", "0.04454749"), ("45296.1", "0.35380000"), ("45297.5", "0.09945542"),
        ("45299.5", "0.18772827"),
    ]  # fmt: skip
    ticks, steps = Decimal(10), Decimal(10**8)

    def levels(rows: list[tuple[str, str]]) -> dict[int, int]:
        return {int(Decimal(price) * ticks): int(Decimal(size) * steps) for price, size in rows}

    assert checksum(levels(asks), levels(bids)) == 3310070434


async def test_a_connection_begins_with_its_status(public: Socket) -> None:
    status = await public.next("status")
    assert status["data"][0] | {"connection_id": 0} == {
        "version": "2.0.10",
        "system": "online",
        "api_version": "v2",
        "connection_id": 0,
    }


async def test_each_symbol_is_acknowledged_and_then_told(public: Socket) -> None:
    await public.ask("subscribe", 3, channel="ticker", symbol=[PAIR, "MOON/USD", "ETH/USD"])
    first = await public.next(method="subscribe")
    assert (first["req_id"], first["success"]) == (3, True)
    assert first["result"] == {
        "channel": "ticker",
        "symbol": PAIR,
        "snapshot": True,
        "event_trigger": "trades",
    }
    assert set(first) == {"method", "req_id", "result", "success", "time_in", "time_out"}
    ticker = await public.next("ticker")
    assert set(ticker["data"][0]) == {
        "symbol", "bid", "bid_qty", "ask", "ask_qty", "last", "volume", "vwap", "low", "high",
        "change", "change_pct", "timestamp",
    }  # fmt: skip
    refused = await public.next(method="subscribe")
    assert refused["error"] == "Currency pair not supported MOON/USD"
    assert (refused["success"], refused["symbol"], refused["req_id"]) == (False, "MOON/USD", 3)
    assert (await public.next(method="subscribe"))["result"]["symbol"] == "ETH/USD"


async def test_a_subscription_is_refused_in_the_venues_words(public: Socket) -> None:
    await public.ask("subscribe", channel="ticker", symbol=[PAIR])
    await public.next(method="subscribe")
    for words, params in (
        ("Already subscribed", {"channel": "ticker", "symbol": [PAIR]}),
        ("Channel not found: moon", {"channel": "moon", "symbol": [PAIR]}),
        ("Symbol(s) not found", {"channel": "trade"}),
        ("Subscription depth not supported", {"channel": "book", "symbol": [PAIR], "depth": 7}),
        ("Subscription ohlc interval not supported",
         {"channel": "ohlc", "symbol": [PAIR], "interval": 2}),
        ("Event trigger not supported",
         {"channel": "ticker", "symbol": [PAIR], "event_trigger": "x"}),
        ("Private data and trading are unavailable on this endpoint", {"channel": "executions"}),
    ):  # fmt: skip
        await public.ask("subscribe", **params)
        answer = await public.next(method="subscribe")
        assert (answer["success"], answer["error"]) == (False, words)
    await public.ask("unsubscribe", channel="ticker", symbol=[PAIR])
    assert (await public.next(method="unsubscribe"))["success"] is True
    await public.ask("unsubscribe", channel="ticker", symbol=[PAIR])
    assert (await public.next(method="unsubscribe"))["error"] == "Subscription not found"


async def test_a_book_kept_by_its_updates_has_the_venues_checksum(
    wire: Wire, public: Socket, clock: Clock
) -> None:
    await public.ask("subscribe", channel="book", symbol=[PAIR], depth=10)
    assert (await public.next(method="subscribe"))["result"]["depth"] == 10
    books: dict[str, dict[Decimal, Decimal]] = {"bids": {}, "asks": {}}
    for _ in range(30):
        told = (await public.next("book"))["data"][0]
        for side in ("bids", "asks"):
            for level in told[side]:
                if level["qty"]:
                    books[side][level["price"]] = level["qty"]
                else:
                    assert books[side].pop(level["price"]) > 0
                best = sorted(books[side], reverse=side == "bids")[:10]
                books[side] = {price: books[side][price] for price in best}
        text = "".join(
            str(number).replace(".", "").lstrip("0")
            for side in ("asks", "bids")
            for level in books[side].items()
            for number in level
        )
        assert zlib.crc32(text.encode()) == told["checksum"]
        clock.now += 5_000
    assert max(books["bids"]) < min(books["asks"])


async def test_a_heartbeat_fills_each_silent_second(public: Socket, clock: Clock) -> None:
    await public.ask("subscribe", channel="instrument")
    instrument = await public.next("instrument")
    assert {pair["symbol"] for pair in instrument["data"]["pairs"]} == {PAIR, "ETH/USD"}
    for _ in range(2):
        clock.now += 1_000
        assert await public.next("heartbeat") == {"channel": "heartbeat"}


async def test_who_has_no_subscription_and_says_nothing_is_cut_off(
    public: Socket, clock: Clock
) -> None:
    await public.next("status")
    clock.now += 59_000
    await public.ask("ping", 4)
    assert (await public.next(method="pong"))["req_id"] == 4
    clock.now += 60_000
    assert await public.closed()


async def test_trades_and_candles_begin_with_what_was(
    wire: Wire, public: Socket, clock: Clock
) -> None:
    await wire.order(ordertype="market", price=None)
    await public.ask("subscribe", channel="trade", symbol=["ETH/USD", PAIR])
    past = await public.next("trade")
    assert (past["type"], past["data"][-1]["side"]) == ("snapshot", "buy")
    await public.ask("subscribe", channel="ohlc", symbol=[PAIR], interval=60)
    candles = await public.next("ohlc")
    assert (candles["type"], candles["data"][-1]["interval"]) == ("snapshot", 60)
    await wire.order(ordertype="market", price=None, type="sell")
    trade = await public.next("trade")
    assert (trade["type"], trade["data"][0]["side"]) == ("update", "sell")
    candle = await public.next("ohlc")
    assert candle["data"][0]["close"] == trade["data"][0]["price"]


async def test_executions_follow_an_order_from_its_acceptance_to_its_end(
    wire: Wire, private: Socket
) -> None:
    await wire.order(cl_ord_id="before")
    await private.ask("subscribe", 1, channel="executions", token=await token(wire))
    acknowledged = await private.next(method="subscribe")
    assert acknowledged["result"] == {
        "channel": "executions",
        "maxratecount": 10**6,
        "snap_orders": True,
        "snap_trades": False,
    }
    snapshot = await private.next("executions")
    assert [row["cl_ord_id"] for row in snapshot["data"]] == ["before"]
    await wire.order(cl_ord_id="mine", price="70000", volume="0.001")
    sequence: int = snapshot["sequence"]
    seen: list[dict[str, Any]] = []
    while not seen or seen[-1]["exec_type"] != "filled":
        message = await private.next("executions")
        assert message["sequence"] == sequence + 1
        sequence = message["sequence"]
        seen += message["data"]
    assert [row["exec_type"] for row in seen] == ["pending_new", "new", "trade", "filled"]
    assert {row["cl_ord_id"] for row in seen} == {"mine"}
    trade = seen[2]
    assert (trade["liquidity_ind"], trade["order_status"]) == ("t", "filled")
    assert trade["fees"][0]["asset"] == "USD"
    assert seen[3]["cum_qty"] == Decimal("0.001")
    await wire.private("CancelOrder", cl_ord_id="before")
    canceled = (await private.next("executions"))["data"][0]
    assert (canceled["exec_type"], canceled["reason"]) == ("canceled", "User requested")


async def test_coarse_executions_leave_the_steps_between_out(wire: Wire, private: Socket) -> None:
    coarse: dict[str, Any] = {"order_status": False, "snap_orders": False, "ratecounter": True}
    await private.ask("subscribe", channel="executions", token=await token(wire), **coarse)
    await private.next(method="subscribe")
    await private.next("executions")
    await wire.order()
    row = (await private.next("executions"))["data"][0]
    assert (row["exec_type"], row["ratecount"]) == ("new", 1)


async def test_balances_tell_what_a_trade_moved(wire: Wire, private: Socket) -> None:
    await private.ask("subscribe", channel="balances", token=await token(wire))
    start = await private.next("balances")
    held = {row["asset"]: row["balance"] for row in start["data"]}
    await wire.order(ordertype="market", price=None)
    moved = await private.next("balances")
    assert [row["asset"] for row in moved["data"]] == ["USD", "BTC"]
    for row in moved["data"]:
        change = row["amount"] - row["fee"]
        assert abs(held[row["asset"]] + change - row["balance"]) < Decimal("0.001")
    assert (await wire.private("Balance"))["XXBT"] == str(moved["data"][1]["balance"])


async def test_orders_over_the_socket_are_the_same_orders(wire: Wire, private: Socket) -> None:
    key = await token(wire)
    order = {"order_type": "limit", "side": "buy", "order_qty": 0.01, "limit_price": 50_000.0}
    await private.ask("add_order", 8, token=key, symbol=PAIR, cl_ord_id="ws", **order)
    added = await private.next(method="add_order")
    assert (added["success"], added["req_id"]) == (True, 8)
    txid = added["result"]["order_id"]
    assert added["result"] == {"order_id": txid, "cl_ord_id": "ws"}
    assert list((await wire.private("OpenOrders"))["open"]) == [txid]

    await private.ask("add_order", 9, token=key, symbol=PAIR, cl_ord_id="ws", **order)
    refused = await private.next(method="add_order")
    assert refused["error"] == "EGeneral:Invalid arguments:cl_ord_id not unique"
    await private.ask("add_order", 10, token=key, symbol=PAIR, price=5, **order)
    assert (await private.next(method="add_order"))["error"] == (
        "Unsupported field: 'price' for the given msg type: add order"
    )
    await private.ask("edit_order", token=key, order_id=txid, symbol=PAIR, limit_price=51_000.0)
    edited = (await private.next(method="edit_order"))["result"]
    assert edited["original_order_id"] == txid
    rows = [{**order, "cl_ord_id": f"b{number}"} for number in range(2)]
    await private.ask("batch_add", token=key, symbol=PAIR, orders=rows)
    batch = (await private.next(method="batch_add"))["result"]
    assert [row["cl_ord_id"] for row in batch] == ["b0", "b1"]
    await private.ask("batch_cancel", token=key, orders=[row["order_id"] for row in batch])
    assert (await private.next(method="batch_cancel"))["orders_cancelled"] == 2
    await private.ask("cancel_all_orders_after", token=key, timeout=60)
    switch = (await private.next(method="cancel_all_orders_after"))["result"]
    assert set(switch) == {"currentTime", "triggerTime"}
    await private.ask("cancel_order", token=key, order_id=[edited["order_id"], "nothing"])
    assert (await private.next(method="cancel_order"))["success"] is True
    assert (await private.next(method="cancel_order"))["error"] == "EOrder:Unknown order"
    stop = {"reference": "last", "price": -2.0, "price_type": "pct"}
    sell: dict[str, Any] = {
        "order_type": "stop-loss",
        "side": "sell",
        "order_qty": 0.01,
        "triggers": stop,
    }
    await private.ask("add_order", token=key, symbol=PAIR, **sell)
    placed = (await private.next(method="add_order"))["result"]["order_id"]
    assert (await wire.private("QueryOrders", txid=placed))[placed]["descr"]["ordertype"] == (
        "stop-loss"
    )
    await private.ask("cancel_all", token=key)
    assert (await private.next(method="cancel_all"))["result"] == {"count": 1}


async def test_only_a_fresh_token_on_the_private_host_opens_the_account(
    wire: Wire, public: Socket, private: Socket, clock: Clock
) -> None:
    made = await token(wire)
    await public.ask("cancel_all", token=made)
    assert (await public.next(method="cancel_all"))["error"] == (
        "Private data and trading are unavailable on this endpoint"
    )
    await private.ask("cancel_all", token="unknown")
    assert (await private.next(method="cancel_all"))["error"] == "ESession:Invalid session"
    await private.ask("moon", token=made)
    assert (await private.next(method="moon"))["error"] == "Method not found: moon"
    assert wire.venue.ledger.of("endpoint.missing")
    clock.now += 900_001
    await private.ask("subscribe", channel="executions", token=made)
    assert (await private.next(method="subscribe"))["error"] == "ESession:Invalid session"
    fresh = await token(wire)
    await private.ask("cancel_all", token=fresh)
    assert (await private.next(method="cancel_all"))["success"] is True
    clock.now += 900_001
    await private.ask("cancel_all", token=fresh)  # used once, it lives as long as its connection
    assert (await private.next(method="cancel_all"))["success"] is True
    assert made not in "".join(wire.venue.ledger.lines())
