"""The venues' own test systems, by ccxt's unmodified clients: streams and orders there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import ccxt
import pytest

from tests.support.bybit_venue import SMALL, bybit, serving_bybit
from tests.support.ccxt_clients import within
from tests.support.usdm_venue import TWO, usdm
from tests.support.venues import FEW, keys, point_at, serving, spot
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.client_ids import client_order_id
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.streams import ccxt_streams
from trading_tools.venue.wire.server import VenueServer

SPOT, CONTRACT = "BTC/USDT", "BTC/USDT:USDT"
SERVERS: dict[str, Callable[[], VenueServer]] = {
    "binance": lambda: serving(spot(instruments=FEW)),
    "binanceusdm": lambda: serving(usdm(instruments=TWO)),
    "bybit": lambda: serving_bybit(bybit(instruments=SMALL)),
}


async def in_its_test_system(
    name: str, door: str, server: VenueServer, act: Callable[[Any], Awaitable[None]]
) -> None:
    """Let a client that was switched to its test system act there."""
    import ccxt.pro

    client = getattr(ccxt.pro, name)(keys(server.venues[0]))
    getattr(client, door)(True)
    try:
        await act(point_at(client, server.port))
    finally:
        await client.close()


@pytest.mark.parametrize(
    ("name", "door", "symbol"),
    [
        ("binance", "set_sandbox_mode", SPOT),
        ("binance", "enable_demo_trading", SPOT),
        ("binanceusdm", "enable_demo_trading", CONTRACT),
        ("bybit", "set_sandbox_mode", CONTRACT),
        ("bybit", "enable_demo_trading", SPOT),
    ],
)
async def test_books_and_the_accounts_orders_are_streamed(
    name: str, door: str, symbol: str
) -> None:
    async def trade(client: Any) -> None:
        orders = CcxtOrders(client)
        await orders.load()
        (book,) = await within(ccxt_streams.book(client, symbol)())
        resting = Decimal(str(book["bids"][0][0])) - 1000
        told = ccxt_streams.own_orders(client, symbol)
        waiting = asyncio.ensure_future(told())
        # The first wait opens the account's stream; one order a moment until it is heard.
        async with asyncio.timeout(30):
            number = 0
            while not waiting.done():
                intent = Intent(f"{number}", symbol, "buy", Decimal("0.01"), resting)
                placed = await orders.submit(intent, client_order_id(name, "test", f"{number}"))
                await asyncio.wait({waiting}, timeout=0.3)
                number += 1
        assert placed.venue_order_id in {row["id"] for row in waiting.result()}

    async with SERVERS[name]() as server:
        await in_its_test_system(name, door, server, trade)


async def test_ccxt_has_no_testnet_of_binance_usdm_any_more() -> None:
    async def ask(client: Any) -> None:
        with pytest.raises(ccxt.NotSupported, match="demo trading instead"):
            await client.fapiPrivateGetLeverageBracket()

    async with SERVERS["binanceusdm"]() as server:
        await in_its_test_system("binanceusdm", "set_sandbox_mode", server, ask)
