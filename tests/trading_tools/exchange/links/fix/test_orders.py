"""Orders over FIX against an acceptor over TCP: nothing is lost, nothing is doubled."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.trading_tools.exchange.links.fix.conftest import Desk, resting, taking
from trading_tools.exchange.orders.life import Stage


async def test_an_order_rests_is_cancelled_and_another_one_fills(desk: Desk) -> None:
    async with desk.trading() as (manager, _):
        order = await manager.submit(resting())
        assert (order.stage, order.venue_order_id) == (Stage.OPEN, "v1")
        assert (await manager.cancel(order.client_order_id, "done")).stage is Stage.CANCELED
        filled = await manager.submit(taking())
        found = await manager.reconcile(["BTC/USDT"])
        assert found.clean
        assert (filled.stage, filled.settled) == (Stage.FILLED, True)
        assert manager.records.position_base("BTC/USDT") == Decimal("0.01")


@pytest.mark.parametrize(
    ("symbol", "code"),
    [("ETH/USDT", "order reject 1"), ("BTC/USD", "session reject 5")],
)
async def test_a_refusal_is_a_rejection_with_its_code(desk: Desk, symbol: str, code: str) -> None:
    async with desk.trading() as (manager, _):
        order = await manager.submit(resting(symbol=symbol))
        assert (order.stage, order.reason) == (Stage.REJECTED, code)
