"""Rows of a list that cannot be read: the others are taken in, and nothing counts as proven."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.trading_tools.exchange.orders.conftest import Shop
from tests.trading_tools.exchange.orders.test_stopping import Time
from tests.trading_tools.exchange.orders.wanted import resting
from trading_tools.exchange.orders.cancel_all import cancel_all
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.venue.wire.messages import Operation, Reply


def with_row(**strange: Any) -> Callable[[Reply], Reply]:
    """A list whose first row is there a second time, with something that nobody knows."""

    def change(reply: Reply) -> Reply:
        rows = json.loads(reply.body)
        return Reply(reply.status, json.dumps([{**rows[0], **strange}, *rows]).encode())

    return change


async def test_a_sweep_ends_what_it_can_read_and_names_the_order_that_it_cannot(shop: Shop) -> None:
    await shop.manager.submit(resting("one"))
    odd = with_row(status="HALF_NEW", orderId=77, clientOrderId="odd")
    shop.mishaps.after_it[Operation.OPEN_ORDERS] = [odd]
    swept = await cancel_all(CcxtOrders(shop.client, Pacer("binance", ())), 0, Time().sleep, Time())
    assert (len(swept.left), swept.clean) == (1, False)
    assert "order '77' of BTC/USDT cannot be read" in str(swept.why)
    assert shop.venue.account.open_orders() == []


async def test_a_comparison_takes_in_the_rest_and_is_not_clean_while_a_row_cannot_be_read(
    shop: Shop,
) -> None:
    order = await shop.manager.submit(resting("one"))
    filled = await shop.manager.submit(resting("two", price_quote=None, order_type="market"))
    shop.mishaps.after_it[Operation.OPEN_ORDERS] = [with_row(status="HALF_NEW", orderId=77)]
    shop.mishaps.after_it[Operation.MY_TRADES] = [with_row(id=78, price="much")]
    found = await shop.manager.reconcile(["BTC/USDT"])
    assert not found.clean
    assert [line.partition(" cannot")[0] for line in found.unread] == [
        "1 of binance's rows: order '77' of BTC/USDT",
        "1 of binance's rows: fill '78' of BTC/USDT",
    ]
    assert (order.stage, filled.settled) == (Stage.OPEN, True)
    assert not shop.manager.records.reconciled_at  # the next one asks for these fills again
    assert (await shop.manager.reconcile(["BTC/USDT"])).clean
