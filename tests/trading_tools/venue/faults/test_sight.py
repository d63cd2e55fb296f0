"""What an account is shown: orders that cannot be found yet, balances of before, long histories."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.support.faulty import let_pass, over, playing
from tests.support.venues import Wire
from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.pasts import LongHistory
from trading_tools.venue.faults.sight import StaleBalance, Unseen


async def listed(wire: Wire, path: str) -> list[Any]:
    """The ids of what a list shows."""
    _, rows, _ = await wire.signed("GET", path, symbol="BTCUSDT")
    return [row["orderId"] for row in rows]


async def test_an_accepted_order_is_nowhere_until_it_is_everywhere() -> None:
    async with playing(Unseen("hidden", nth=1, for_s=60)) as wire:
        _, order, _ = await wire.order(newClientOrderId="mine")
        by_id = {"symbol": "BTCUSDT", "orderId": order["orderId"]}
        by_client = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}

        for which in (by_id, by_client):
            status, body, _ = await wire.signed("GET", "/api/v3/order", **which)
            assert (status, body["code"]) == (400, -2013)
        assert await listed(wire, "/api/v3/openOrders") == []
        assert await listed(wire, "/api/v3/allOrders") == []
        assert (await wire.signed("DELETE", "/api/v3/order", **by_id))[1]["code"] == -2011
        duplicate = await wire.order(newClientOrderId="mine")
        assert duplicate[1]["msg"] == "Duplicate order sent."

        let_pass(60)
        await over(wire)
        assert (await wire.signed("GET", "/api/v3/order", **by_client))[0] == 200
        assert await listed(wire, "/api/v3/openOrders") == [order["orderId"]]
        assert (await wire.signed("DELETE", "/api/v3/order", **by_id))[0] == 200


async def test_fills_of_a_hidden_order_are_hidden_too() -> None:
    async with playing(Unseen("hidden", nth=1, for_s=60)) as wire:
        await wire.order(type="MARKET", price=None, timeInForce=None)
        assert await listed(wire, "/api/v3/myTrades") == []
        let_pass(60)
        await over(wire)
        assert len(await listed(wire, "/api/v3/myTrades")) >= 1


async def test_balances_lag_behind_an_order() -> None:
    async def locked(wire: Wire) -> str:
        _, account, _ = await wire.signed("GET", "/api/v3/account")
        held = {row["asset"]: row["locked"] for row in account["balances"]}
        return str(held["USDT"])

    async with playing(StaleBalance("stale", Act(), for_s=60)) as wire:
        await wire.order()
        assert await locked(wire) == "0.00000000"
        let_pass(60)
        await over(wire)
        assert await locked(wire) == "500.00000000"


async def test_a_long_history_takes_several_pages_and_adds_up_to_nothing() -> None:
    async with playing(LongHistory("past")) as wire:
        assert not wire.venue.ledger.of("fault.delivered")
        first = await wire.signed(
            "GET", "/api/v3/allOrders", symbol="BTCUSDT", orderId=1, limit=1000
        )
        assert len(first[1]) == 1_000
        after = first[1][-1]["orderId"] + 1
        rest = await wire.signed(
            "GET", "/api/v3/allOrders", symbol="BTCUSDT", orderId=after, limit=1000
        )
        assert len(rest[1]) == 106
        signs = {"BUY": 1, "SELL": -1}
        bought = [signs[row["side"]] * Decimal(row["executedQty"]) for row in first[1] + rest[1]]
        assert sum(bought) == 0
        assert all(sum(bought[-page:]) for page in (50, 100, 500, 1_000))
        assert wire.venue.ledger.of("fault.ended")
        assert all(not entry.body["request"] for entry in wire.venue.ledger.of("order.accepted"))
