"""A process that trades over FIX until somebody kills it: `python -m tests.support.fix_trader`."""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal
from pathlib import Path

from tests.support.fix_acceptor import Acceptor
from tests.trading_tools.exchange.links.fix.conftest import Desk, resting, taking
from trading_tools.exchange.orders.manager import OrderManager

ORDERS = 6


async def life(manager: OrderManager) -> None:
    """Orders rest and are cancelled, others fill; the same each time it is begun."""
    await manager.reconcile(["BTC/USDT"])
    for number in range(ORDERS):
        size = Decimal(number + 1) / 100
        order = await manager.submit(resting(f"rest {number}", size_base=size))
        await manager.submit(taking(f"take {number}", size_base=size))
        await manager.cancel(order.client_order_id, "done")
    await manager.reconcile(["BTC/USDT"])


async def _main(port: int, folder: Path) -> None:
    acceptor = Acceptor()
    acceptor.port = port
    async with Desk(acceptor, folder).trading() as (manager, _):
        await life(manager)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), Path(sys.argv[2])))
