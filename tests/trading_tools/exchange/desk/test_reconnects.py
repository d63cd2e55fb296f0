"""A desk whose streams are cut again and again misses nothing of its account."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.trading_tools.exchange.desk.conftest import Stall
from tests.trading_tools.exchange.desk.test_desk import until
from trading_tools.exchange.desk.desk import Desk
from trading_tools.exchange.orders.intent import Intent

SIZE, LESS = Decimal("0.001"), Decimal("0.00099")


async def cut_and_trade(stall: Stall, times: int) -> None:
    """Cut all streams, and trade before any of them is back; each time the fill is learnt."""
    async with stall.desk() as desk:
        for number in range(times):
            await cut_and_trade_once(stall, desk, number)
        records = desk.manager.records
        fills = stall.place.account.every_fill()
        assert len(fills) == sum(len(order.fills) for order in records.orders.values())
        assert len(stall.accepted()) == times


async def cut_and_trade_once(stall: Stall, desk: Desk, number: int) -> None:
    opened = len(stall.line.opened_paths)
    stall.line.cut()
    order = await desk.submit(await taking(desk, number))
    await until(lambda: order.settled)
    await until(lambda: len(stall.line.opened_paths) >= opened + 2)
    assert order.filled_size_base == order.size_base


async def taking(desk: Desk, number: int) -> Intent:
    """An order that trades at once: buys and sells in turn."""
    quote = await desk.quote("BTC/USDT")
    if number % 2:
        price = quote.bids[0][0] * Decimal("0.99")
        return Intent(f"out {number}", "BTC/USDT", "sell", LESS, price, reduce_only=True)
    return Intent(f"in {number}", "BTC/USDT", "buy", SIZE, quote.asks[0][0] * Decimal("1.01"))


async def test_a_fill_while_every_stream_is_cut_is_learnt(stall: Stall) -> None:
    await cut_and_trade(stall, 2)


@pytest.mark.slow
async def test_thirty_reconnects_in_a_row_lose_no_fill(stall: Stall) -> None:
    await cut_and_trade(stall, 30)
