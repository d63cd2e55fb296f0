"""The example of docs/orders.md, run as it stands against a venue on loopback."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.venues import point_at
from tests.trading_tools.exchange.orders.conftest import Shop
from trading_tools.exchange.ccxt_venue import CcxtVenue, public_client
from trading_tools.exchange.market_data import MarketData
from trading_tools.exchange.orders.guard import LIVE_TOKEN
from trading_tools.exchange.orders.life import Stage

PAGE = Path(__file__).parents[4] / "docs" / "orders.md"


async def test_the_example_places_one_order_and_a_second_run_none(shop: Shop) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    port = int(shop.client.urls["api"]["public"].split(":")[2].split("/")[0])

    def opened(name: str) -> CcxtVenue:
        return CcxtVenue(name, point_at(public_client(name), port))

    async with MarketData(opened) as data:
        for _ in range(2):
            order = await names["buy_a_little"](shop.client, data, shop.folder, LIVE_TOKEN)
            assert order.stage is Stage.OPEN
            assert order.size_base == Decimal("0.001")
    assert len(shop.accepted()) == 1
