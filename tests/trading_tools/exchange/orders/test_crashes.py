"""A process that ends anywhere: every point between two acts, and what its successor makes of it.

The venue is real and over a socket; the process ends by an exception that nothing catches, after
which a new manager works on the same audit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from tests.trading_tools.exchange.orders.conftest import Shop, opened
from tests.trading_tools.exchange.orders.guards import guard
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import OrderIntent, TradeAudit
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import UNSURE, Stage
from trading_tools.exchange.orders.manager import OrderManager

RESTING = Intent("rest", "BTC/USDT", "buy", Decimal("0.01"), Decimal("50000"))
TAKING = Intent("take", "BTC/USDT", "buy", Decimal("0.01"), Decimal("62000"))


class Killed(BaseException):
    """The process ends here."""


class Mortal:
    """Ends the process at its `last` call of any of the methods it stands before."""

    def __init__(self, last: int) -> None:
        self.left = last
        self.survived = False

    def before(self, real: Any) -> Any:
        """`real` with its coroutine methods; the process may end before and after each call."""
        mortal = self

        class Proxy:
            def __getattr__(self, name: str) -> Any:
                found = getattr(real, name)
                if not callable(found):
                    return found

                async def called(*given: Any) -> Any:
                    mortal.step()
                    told = await found(*given)
                    mortal.step()
                    return told

                def wrote(**given: Any) -> Any:
                    mortal.step()
                    told = found(**given)
                    mortal.step()
                    return told

                if isinstance(real, TradeAudit):
                    return found if name == "trail" else wrote
                return called

        return Proxy()

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


async def work(manager: OrderManager) -> None:
    """A short life: one order rests and is cancelled, one fills, and all is compared."""
    await manager.reconcile(["BTC/USDT"])
    order = await manager.submit(RESTING)
    await manager.submit(TAKING)
    await manager.cancel(order.client_order_id, "done")
    await manager.reconcile(["BTC/USDT"])


@pytest.fixture
async def shop(tmp_path: Any) -> AsyncIterator[Shop]:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        async with opened(TradeAudit(ledger, "0"), tmp_path) as shop:
            yield shop


async def test_wherever_the_process_ends_each_intent_is_one_order_and_the_end_is_the_same(
    shop: Shop,
) -> None:
    ledger = shop.audit._ledger
    for last in range(200):
        accepted = len(shop.accepted())
        audit = TradeAudit(ledger, f"life {last}")
        mortal = Mortal(last)
        manager = shop.restarted()
        account = f"life {last}"

        def manager_of(audit_: Any, venue: Any, account_: str = account) -> OrderManager:
            return OrderManager(venue, audit_, account_, guard(shop.folder), sleep=_at_once)

        try:
            await work(manager_of(mortal.before(audit), mortal.before(manager.venue)))
            survived = True
        except Killed:
            survived = False
        after = manager_of(audit, manager.venue)
        await work(after)
        stages = {order.price_quote: order.stage for order in after.records.orders.values()}
        unsure = [order for order in after.records.orders.values() if order.stage in UNSURE]
        names = [entry for entry in audit.trail() if isinstance(entry, OrderIntent)]
        orders = shop.accepted()[accepted:]
        assert len(names) == 2
        assert len(orders) == len(set(orders)) <= 2
        # One that was written down and not sent stays unknown until its window has passed.
        assert len(orders) + len(unsure) == 2, (last, stages)
        for order in after.records.orders.values():
            if order not in unsure:
                wanted = Stage.CANCELED if order.price_quote == 50_000 else Stage.FILLED
                assert order.stage is wanted
                assert order.settled
        if survived:
            assert last > 30, "the work has more points than these"
            return
    pytest.fail("the work never came to its end")


async def _at_once(seconds: float) -> None:
    return None
