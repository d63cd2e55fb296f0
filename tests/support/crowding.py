"""Processes of one account: one wants three times the limits, one asks on, one stops it all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

from tests.support.lives import SYMBOL, Account
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.port import NotSent, Unanswered
from trading_tools.exchange.orders.stopping import main
from trading_tools.exchange.pacing.machine import host_of, machine_slots
from trading_tools.exchange.pacing.pacer import Pacer

_BOOK_WEIGHT = 250
_BOOK_LEVELS = 5_000


def stop(account: Account) -> None:
    """The command that stops trading, which ends with its exit code."""
    all_of_it = ["--cancel-all", account.venue, "--within", "30"]
    words = [str(account.folder / "stop"), "enough", *all_of_it]
    raise SystemExit(main(words, lambda venue: account.client()))


def ask_on(account: Account, s: float) -> None:
    """Ask for the open orders, three at a time and whatever the limits are, for `s` seconds."""
    asyncio.run(_ask_on(account, s))


async def _ask_on(account: Account, s: float) -> None:
    client: Any = account.client()
    client.enableRateLimit = False
    nonces_alone = Pacer(client.id, (), account.key, machine_slots(), where=host_of(client))
    port = CcxtOrders(client, nonces_alone)
    await port.load()

    async def ask() -> None:
        while True:
            with suppress(Unanswered):
                await port.everything()

    with suppress(TimeoutError):
        async with asyncio.timeout(s), asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(ask())
    await port.close()


def crowd(account: Account, name: str, weight_a_s: float, orders_a_s: float, s: float) -> None:
    """Ask so much for `s` seconds, whether or not the last ones have been answered."""
    asyncio.run(_crowd(account, name, weight_a_s, orders_a_s, s))


async def _crowd(
    account: Account, name: str, weight_a_s: float, orders_a_s: float, s: float
) -> None:
    client: Any = account.client()
    port = CcxtOrders(client)
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
