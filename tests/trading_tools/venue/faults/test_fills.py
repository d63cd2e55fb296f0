"""Orders that fill in parts, or between a cancel and its being done."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.support.faulty import ORDER, api, deliveries, over, playing, signed, told
from tests.support.venues import Wire
from trading_tools.venue.faults.fills import CancelRace, Filled


async def state(wire: Wire, order: Any) -> tuple[str, str]:
    """An order's status and what it has filled."""
    which = {"symbol": "BTCUSDT", "orderId": order["orderId"]}
    _, row, _ = await wire.signed("GET", "/api/v3/order", **which)
    return row["status"], row["executedQty"]


async def trade_ids(wire: Wire, order: Any) -> list[int]:
    """The ids of an order's trades."""
    which = {"symbol": "BTCUSDT", "orderId": order["orderId"]}
    _, rows, _ = await wire.signed("GET", "/api/v3/myTrades", **which)
    return [row["id"] for row in rows]


async def test_the_second_order_at_rest_fills_in_parts() -> None:
    fault = Filled("parts", nth=2, share=Fraction(1, 4), pieces=2, delay_s=0.01)
    async with playing(fault) as wire:
        _, first, _ = await wire.order()
        await wire.order(type="MARKET", price=None, timeInForce=None)
        _, second, _ = await wire.order()
        await over(wire)
        assert await state(wire, first) == ("FILLED", "0.01000000")  # it was served before
        assert await state(wire, second) == ("PARTIALLY_FILLED", "0.00437000")
        assert len(set(await trade_ids(wire, second))) == 2
        assert len(deliveries(wire)) == 2


async def test_all_parts_may_carry_one_trade_id() -> None:
    fault = Filled("parts", share=Fraction(1, 3), pieces=3, delay_s=0.01, one_trade_id=True)
    async with playing(fault) as wire:
        _, order, _ = await wire.order()
        await over(wire)
        ids = await trade_ids(wire, order)
        assert len(ids) == 3
        assert len(set(ids)) == 1
        await wire.order(type="MARKET", price=None, timeInForce=None)
        assert wire.venue.recent["BTCUSDT"][-1].id > ids[0]


async def test_an_order_over_the_websocket_fills_as_well() -> None:
    async with playing(Filled("parts", delay_s=0.01)) as wire, api(wire) as socket:
        await socket.send_json(signed(wire, "order.place", **ORDER))
        order = (await told(socket))["result"]
        await over(wire)
        assert (await state(wire, order))[0] == "PARTIALLY_FILLED"


@pytest.mark.parametrize(
    ("share", "status", "code"),
    [(Fraction(1), "FILLED", -2011), (Fraction(1, 2), "CANCELED", None)],
)
async def test_an_order_trades_before_its_cancel_is_done(
    share: Fraction, status: str, code: int | None
) -> None:
    async with playing(CancelRace("race", nth=2, share=share)) as wire:
        _, first, _ = await wire.order(price="49000")
        _, second, _ = await wire.order()
        assert (await cancel(wire, first)).get("code") is None
        assert await state(wire, first) == ("CANCELED", "0.00000000")
        assert (await cancel(wire, second)).get("code") == code
        filled = "0.01000000" if share == 1 else "0.00500000"
        assert await state(wire, second) == (status, filled)


async def cancel(wire: Wire, order: Any) -> Any:
    """Ask for an order's end: the answer's body."""
    which = {"symbol": "BTCUSDT", "orderId": order["orderId"]}
    return (await wire.signed("DELETE", "/api/v3/order", **which))[1]
