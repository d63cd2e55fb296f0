"""The same seed, clock and requests give the same history, byte for byte; the ledger tells it."""

from __future__ import annotations

import json
from typing import Any

import aiohttp

from tests.support.venues import Clock, Wire, serving, spot


async def session(seed: int) -> tuple[str, list[Any]]:
    """A short session: the ledger as it is served, and every reply."""
    clock = Clock()
    replies = []
    venue = spot(seed, clock=clock)
    async with serving(venue) as server:
        async with aiohttp.ClientSession() as http:
            wire = Wire(http, server, venue)
            for number in range(20):
                clock.now += 250
                price = str(60_000 - 5 * number)
                replies.append((await wire.order(price=price, quantity="0.02"))[1])
                market = {"type": "MARKET", "side": "SELL", "price": None, "timeInForce": None}
                replies.append((await wire.order(**market))[1])
            query = "symbol=BTCUSDT&limit=1000"
            replies.append((await wire.send("GET", "/api/v3/aggTrades", query))[1])
            replies.append((await wire.signed("GET", "/api/v3/account"))[1])
            replies.append((await wire.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT"))[1])
            ledger = (await wire.send("GET", "/_ledger"))[1]
    return ledger, replies


async def test_the_same_session_is_the_same_history_byte_for_byte() -> None:
    first, again, other = await session(7), await session(7), await session(8)
    assert first == again
    assert first[0] != other[0]
    assert "order.traded" in first[0]


async def test_the_ledger_joins_a_request_its_order_and_its_answer() -> None:
    ledger, replies = await session(7)
    entries = [json.loads(line) for line in ledger.splitlines()]
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    accepted = next(entry for entry in entries if entry["kind"] == "order.accepted")
    asked = entries[accepted["request"] - 1]
    answered = next(
        entry
        for entry in entries
        if entry["kind"] == "request.answered" and entry["request"] == asked["seq"]
    )
    assert (asked["kind"], asked["params"]["price"]) == ("request.received", "60000")
    assert answered["status"] == 200
    assert accepted["order"] == replies[0]["orderId"]
    assert "signature" not in asked["params"]
