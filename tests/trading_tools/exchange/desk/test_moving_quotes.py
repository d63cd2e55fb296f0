"""Quotes that move: an order ended and another sent in its place, at a venue on loopback."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.trading_tools.exchange.desk.conftest import Stall
from tests.trading_tools.exchange.desk.test_desk import ZERO, until
from trading_tools.exchange.orders.guard import Refused
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import Unanswered
from trading_tools.venue.wire.interference import Cut
from trading_tools.venue.wire.messages import Operation


def bid(key: str, price: str) -> Intent:
    return Intent(key, "BTC/USDT", "buy", Decimal("0.001"), Decimal(price))


async def test_the_example_moves_a_quote_to_another_price(stall: Stall) -> None:
    page = Path(__file__).parents[4] / "docs" / "desk.md"
    code = re.findall(r"```python\n(.*?)```", page.read_text(), re.S)[1]
    names: dict[str, Any] = {}
    exec(compile(code, str(page), "exec"), names)
    async with stall.desk() as desk:
        order = await names["keep"](desk, None, bid("first", "58000"))
        moved = await names["keep"](desk, order, bid("second", "58100.009"))
        assert stall.open_orders() == [moved.client_order_id]
        assert (order.stage, moved.price_quote) == (Stage.CANCELED, Decimal("58100"))
        assert desk.range_base("BTC/USDT") == (ZERO, Decimal("0.001"))


async def test_a_quote_whose_replacement_is_refused_has_ended_and_the_next_one_goes_out(
    stall: Stall,
) -> None:
    async with stall.desk() as desk:
        order = await desk.submit(bid("first", "58000"))
        with pytest.raises(Refused, match="price-collar"):
            await desk.replace(order, bid("far", "40000"))
        assert (order.stage, stall.open_orders()) == (Stage.CANCELED, [])
        assert (await desk.submit(bid("next", "58100"))).stage is Stage.OPEN


async def test_a_quote_that_filled_before_it_could_be_replaced_is_not_sent_again(
    stall: Stall,
) -> None:
    async with stall.desk() as desk:
        ask = (await desk.quote("BTC/USDT")).asks[0][0]
        order = await desk.submit(bid("taken", str(ask * Decimal("1.01"))))
        assert await desk.replace(order, bid("late", "58100")) is order
        assert order.stage is Stage.FILLED
        assert len(stall.accepted()) == 1


async def test_a_quote_whose_end_is_not_known_is_not_replaced_and_the_desk_ends_it(
    stall: Stall,
) -> None:
    async with stall.desk(known_within_s=1.0) as desk:
        order = await desk.submit(bid("stays", "58000"))
        stall.line.silent = "ws-api"
        stall.line.before_it[Operation.CANCEL] = [Cut()] * 50
        with pytest.raises(Unanswered, match="not known yet"):
            await desk.replace(order, bid("never", "58100"))
        assert stall.open_orders() == [order.client_order_id]
        del stall.line.before_it[Operation.CANCEL]
        await until(lambda: order.ended)
        assert (stall.open_orders(), len(stall.accepted())) == ([], 1)


async def test_a_quote_that_a_bots_own_time_limit_leaves_in_the_middle_is_ended_by_the_desk(
    stall: Stall,
) -> None:
    async with stall.desk() as desk:
        order = await desk.submit(bid("stays", "58000"))
        stall.line.silent = "ws-api"
        stall.line.before_it[Operation.CANCEL] = [Cut()] * 50
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(desk.replace(order, bid("never", "58100")), 0.3)
        del stall.line.before_it[Operation.CANCEL]
        await until(lambda: order.ended)
        assert (stall.open_orders(), len(stall.accepted())) == ([], 1)
