"""A position that the venue closes by force: a fill of no order of the account's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt.async_support as ccxt

from tests.support.venues import point_at, wall_clock
from trading_tools.venue.faults.fault import Fault
from trading_tools.venue.faults.forced import Deleveraged, Liquidated
from trading_tools.venue.faults.plan import Plan
from trading_tools.venue.names import VENUES
from trading_tools.venue.wire.server import VenueServer
from trading_tools.venue.wire.venue import Venue

SYMBOL = "BTC/USDT:USDT"


@asynccontextmanager
async def account(fault: Fault) -> AsyncIterator[tuple[Any, Venue]]:
    """A client of an account that meets the fault, and its venue."""
    venue = VENUES["binanceusdm"](7, wall_clock)
    keys = venue.credentials
    async with VenueServer([venue], interference=Plan([fault], 1)) as server:
        client = point_at(
            ccxt.binanceusdm({"apiKey": keys.key, "secret": keys.secret}), server.port
        )
        try:
            yield client, venue
        finally:
            await client.close()


async def test_the_first_position_is_gone_at_the_next_request() -> None:
    async with account(Deleveraged("adl")) as (client, venue):
        order = await client.create_order(SYMBOL, "market", "buy", 0.01)
        assert await client.fetch_positions([SYMBOL]) == []
        trades = await client.fetch_my_trades(SYMBOL)
    assert sum(trade["amount"] for trade in trades if trade["side"] == "sell") == 0.01
    assert {trade["order"] for trade in trades if trade["side"] == "sell"} != {order["id"]}
    ledger = venue.place.ledger
    assert [entry.kind for entry in ledger.of("position.deleveraged", "fault.ended")] == [
        "position.deleveraged",
        "fault.ended",
    ]


async def test_a_liquidation_takes_the_orders_of_the_market_and_then_the_position() -> None:
    async with account(Liquidated("margin")) as (client, venue):
        await client.create_order(SYMBOL, "limit", "buy", 0.01, 40_000)
        order = await client.create_order(SYMBOL, "market", "buy", 0.01)
        assert await client.fetch_positions([SYMBOL]) == []
        assert await client.fetch_open_orders(SYMBOL) == []
        trades = await client.fetch_my_trades(SYMBOL)
    assert sum(trade["amount"] for trade in trades if trade["side"] == "sell") == 0.01
    assert {trade["order"] for trade in trades if trade["side"] == "sell"} != {order["id"]}
    kinds = [entry.kind for entry in venue.place.ledger.of("order.canceled", "position.liquidated")]
    assert kinds == ["order.canceled", "position.liquidated"]
