"""The examples of docs/orders.md, run as they stand against a venue on loopback."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.venues import FEW, point_at, spot
from tests.trading_tools.exchange.desk.conftest import Line
from tests.trading_tools.exchange.orders.conftest import Shop
from trading_tools.exchange.bars import Bar
from trading_tools.exchange.ccxt_venue import CcxtVenue, public_client
from trading_tools.exchange.market_data import MarketData
from trading_tools.exchange.orders.guard import LIVE_TOKEN
from trading_tools.exchange.orders.life import Stage
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.wire.server import VenueServer

PAGE = Path(__file__).parents[4] / "docs" / "orders.md"


def _example(number: int) -> dict[str, Any]:
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)[number]
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    return names


async def test_the_example_places_one_order_and_a_second_run_none(shop: Shop) -> None:
    names = _example(0)
    port = int(shop.client.urls["api"]["public"].split(":")[2].split("/")[0])

    def opened(name: str) -> CcxtVenue:
        return CcxtVenue(name, point_at(public_client(name), port))

    async with MarketData(opened) as data:
        for _ in range(2):
            order = await names["buy_a_little"](shop.client, data, shop.folder, LIVE_TOKEN)
            assert order.stage is Stage.OPEN
            assert order.size_base == Decimal("0.001")
    assert len(shop.accepted()) == 1


@pytest.mark.slow  # it waits for what the example's seconds leave of a market
async def test_the_bars_of_a_stream_say_where_a_cut_has_taken_trades() -> None:
    import ccxt.pro

    line, bars = Line(), asyncio.Queue[Bar]()
    async with VenueServer([BinanceSpot(spot(instruments=FEW))], interference=line) as server:
        client = point_at(ccxt.pro.binance(), server.port)
        watch = _example(1)["watch_bars"]
        watching = asyncio.create_task(watch(client, "BTC/USDT", 200, bars.put_nowait))
        try:
            async with asyncio.timeout(30):
                while not (await bars.get()).complete:
                    pass
                line.cut()
                while (found := await bars.get()).complete:
                    pass
                assert found.missing is not None
                assert "Connection closed by remote server" in found.missing
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await client.close()
