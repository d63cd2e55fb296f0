"""A process that ends anywhere around a stop of USD-M, which has another list, number and order."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.trading_tools.exchange.orders.conftest import opened
from tests.trading_tools.exchange.orders.guards import guard
from tests.trading_tools.exchange.orders.test_crashes import Killed, Mortal
from tests.trading_tools.exchange.orders.test_every_venue import MADE
from tests.trading_tools.exchange.orders.test_stops import HELD, fall, quote, stop
from trading_tools.audit.trade import OrderIntent, TradeAudit
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import UNSURE, Stage
from trading_tools.exchange.orders.manager import OrderManager

SYMBOL = "BTC/USDT:USDT"
ENTRY = Intent("entry", SYMBOL, "buy", HELD * 2, Decimal(62_000))
POINTS = 48
"""How often it acts; at 31 the venue has taken the stop and its answer is not written down."""


async def _at_once(seconds: float) -> None:
    return None


@pytest.mark.parametrize(
    "last",
    [
        pytest.param(each, marks=() if each == 31 else pytest.mark.slow)
        for each in range(POINTS + 1)
    ],
)
async def test_wherever_it_ends_a_stop_is_one_order_whose_trigger_is_not_missed(
    last: int, audit: TradeAudit, tmp_path: Path
) -> None:
    async with opened(audit, tmp_path, MADE["binanceusdm"](market=False)) as shop:
        shop.symbol = SYMBOL
        quote(shop)
        mortal, venue = Mortal(last), shop.manager.venue
        try:
            first = OrderManager(
                mortal.before(venue), mortal.before(audit), "m", guard(tmp_path), sleep=_at_once
            )
            await first.submit(ENTRY)
            await first.reconcile([SYMBOL])
            await first.submit(stop(shop))
            fall(shop)
            await first.reconcile([SYMBOL])
            survived = True
        except Killed:
            survived = False
        assert survived is (last == POINTS), "the work has another number of points"
        after = OrderManager(venue, audit, "m", guard(tmp_path), sleep=_at_once)
        await after.reconcile([SYMBOL])
        if shop.venue.account.open_orders():
            fall(shop)
        await after.reconcile([SYMBOL])
        names = [each.client_order_id for each in audit.trail() if isinstance(each, OrderIntent)]
        accepted = shop.accepted()
        assert accepted == names[: len(accepted)]
        for name in names:
            order = after.records.orders[name]
            if name in accepted:
                assert (order.stage, order.settled) == (Stage.FILLED, True)
            else:  # written down and not sent: proven when its window has passed
                assert order.stage in UNSURE
        theirs = sum(each.size for each in shop.venue.account.every_position())
        step = shop.venue.exchange.instruments["BTCUSDT"].step_size
        assert after.records.position_base(SYMBOL) == theirs * step
