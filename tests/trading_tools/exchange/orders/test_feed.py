"""What ccxt.pro's unmodified clients tell of an account on each venue, and what is learnt by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.venues import keys, point_at
from tests.trading_tools.exchange.orders.guards import guard
from tests.trading_tools.exchange.orders.test_every_venue import MADE, MARKETS
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.feed import OrderFeed
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.streams import ccxt_streams
from trading_tools.exchange.streams.delivery import Delivery
from trading_tools.exchange.streams.stream import Gap, Patience, Stream
from trading_tools.venue.wire.server import VenueServer

QUIET = Patience(silent_after_s=None, settle_s=0.2, first_s=0.05)


@asynccontextmanager
async def fed(
    name: str, symbol: str, audit: TradeAudit, folder: Path
) -> AsyncIterator[tuple[OrderManager, Any]]:
    """A manager that hears of its orders by streams; it is asked for nothing by REST."""
    import ccxt.pro

    served = MADE[name]()
    async with VenueServer([served]) as server:
        client = point_at(getattr(ccxt.pro, name)(keys(served)), server.port)
        try:
            await client.load_markets()
            port = CcxtOrders(client, Pacer(name, ()))
            manager = OrderManager(port, audit, "drill", guard(folder))
            feed = OrderFeed(manager, port)
            ready: list[Gap] = []

            async def recover(gap: Gap) -> None:
                ready.append(gap)

            reopen = ccxt_streams.letting_go(client)
            listened = None if name == "kraken" else symbol
            streams = [
                Stream(
                    ccxt_streams.own_orders(client, listened),
                    reopen,
                    Delivery(feed.order, on_error=failed),
                    recover,
                    QUIET,
                )
            ]
            if port.streams_fills:
                fills = ccxt_streams.own_trades(client, symbol)
                consumer = Delivery(feed.fill, on_error=failed)
                streams.append(Stream(fills, reopen, consumer, recover, QUIET))
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(stream.run()) for stream in streams]
                await until(lambda: len(ready) == len(streams))
                yield manager, client
                for task in running:
                    task.cancel()
        finally:
            await client.close()


def failed(error: Exception) -> None:
    raise AssertionError(error)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


def bought(symbol: str, key: str, price: int) -> Intent:
    return Intent(key, symbol, "buy", Decimal("0.01"), Decimal(price))


@pytest.mark.parametrize(("name", "symbol"), MARKETS, ids=map(" ".join, MARKETS))
async def test_an_end_and_a_fill_are_learnt_from_the_streams(
    name: str, symbol: str, audit: TradeAudit, tmp_path: Path
) -> None:
    async with fed(name, symbol, audit, tmp_path) as (manager, client):
        taken = await manager.submit(bought(symbol, "take", 64_000))
        await until(lambda: taken.settled)
        assert (taken.stage, taken.filled_size_base) == (Stage.FILLED, Decimal("0.01"))
        rests = await manager.submit(bought(symbol, "rest", 50_000))
        await client.cancel_order(rests.venue_order_id, symbol)
        await until(lambda: rests.ended)
        assert (rests.stage, rests.filled_size_base) == (Stage.CANCELED, Decimal(0))
        assert (await manager.reconcile([symbol])).clean
