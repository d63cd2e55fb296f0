"""A process that asks a venue for three times what its limits allow, through the kit's pacer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.lives import SYMBOL, Account
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.port import NotSent
from trading_tools.exchange.pacing.slots import SharedSlots
from trading_tools.exchange.pacing.venues import pacer_for

_BOOK_WEIGHT = 250
_BOOK_LEVELS = 5_000


def crowd(
    account: Account, slots: Path, name: str, weight_a_s: float, orders_a_s: float, s: float
) -> None:
    """Ask so much for `s` seconds, whether or not the last ones have been answered."""
    asyncio.run(_crowd(account, slots, name, weight_a_s, orders_a_s, s))


async def _crowd(
    account: Account, slots: Path, name: str, weight_a_s: float, orders_a_s: float, s: float
) -> None:
    client: Any = account.client()
    port = CcxtOrders(client, pacer_for("binance", account.key, SharedSlots(slots)))
    await port.load()

    async def book(number: int) -> None:
        await client.fetch_order_book(SYMBOL, _BOOK_LEVELS)

    async def order(number: int) -> None:
        size, price = Decimal("0.001"), Decimal(50_000)
        intent = Intent(f"{name} {number}", SYMBOL, "buy", size, price, time_in_force="IOC")
        await port.submit(intent, f"{name}-{number}")

    with suppress(TimeoutError):
        async with asyncio.timeout(s), asyncio.TaskGroup() as group:
            group.create_task(_at_a_rate(book, weight_a_s / _BOOK_WEIGHT))
            group.create_task(_at_a_rate(order, orders_a_s))
    await port.close()


async def _at_a_rate(act: Callable[[int], Awaitable[None]], a_second: float) -> None:
    async def tried(number: int) -> None:
        with suppress(NotSent):
            await act(number)

    async with asyncio.TaskGroup() as group:
        number = 0
        while True:
            group.create_task(tried(number))
            number += 1
            await asyncio.sleep(1 / a_second)
