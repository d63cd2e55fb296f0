"""Short lives of a bot at its desk, each a process that may be killed anywhere.

    lives = Lives(stall)
    await lives.one(Moment("after", 7))

Processes are forked from one that has imported everything, so that a life begins at once.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from tests.support.venues import point_at
from trading_tools.exchange.desk.desk import NOT_NOW, Desk
from trading_tools.exchange.desk.opening import open_desk
from trading_tools.exchange.desk.protection import stops_of
from trading_tools.exchange.orders.guard import GuardLimits
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import Stage
from trading_tools.venue.wire.interference import Cut, Interference, Request
from trading_tools.venue.wire.messages import Reply

SYMBOL = "BTC/USDT"
PERPETUAL = "BTC/USDT:USDT"
CLIP = Decimal("0.001")
LIMITS = GuardLimits(
    max_order_quote=Decimal(10_000),
    max_position_base={SYMBOL: Decimal(10), PERPETUAL: Decimal(10)},
    max_leverage=Decimal(100),
    max_exposure_quote=Decimal(2_000_000),
    max_orders_a_day=100_000,
    repeats=100_000,
)
_LONGEST_LIFE_S = 60.0


@dataclass(frozen=True)
class Account:
    """Where a life trades and by which key."""

    port: int
    key: str
    secret: str
    folder: Path
    venue: str = "binance"
    symbol: str = SYMBOL
    stops: bool = False
    """Whether a life protects what it holds."""

    def client(self) -> Any:
        """A ccxt.pro client of it."""
        import ccxt.pro

        given = {"apiKey": self.key, "secret": self.secret, "timeout_on_exit": 0}
        return point_at(getattr(ccxt.pro, self.venue)(given), self.port)


def live(account: Account) -> None:
    """One life: says its last order again, as after any doubt, and goes on until it is killed."""
    asyncio.run(_live(account))


async def _live(account: Account) -> None:
    # Two hundred lives want more in a minute than one bot may: each counts for itself.
    alone = account.folder / "pacing" / str(os.getpid())
    async with open_desk(
        account.client,
        [account.symbol],
        account.folder,
        LIMITS,
        live=None,
        simulated=True,
        shared=alone,
    ) as desk:
        orders = desk.manager.records.orders
        if orders:
            await _again(desk, len(orders) - 1)
        while True:
            if account.stops:
                await _next_guarded(desk, account.symbol, len(orders))
            else:
                await _next(desk, len(orders))


async def _again(desk: Desk, number: int) -> None:
    last = list(desk.manager.records.orders.values())[number]
    side: Literal["buy", "sell"] = "buy" if last.side == "buy" else "sell"
    same = Intent(
        f"order {number}",
        last.symbol,
        side,
        last.size_base,
        last.price_quote,
        "market" if last.price_quote is None else "limit",
        reduce_only=side == "sell",
        stop_price_quote=last.stop_price_quote,
    )
    await desk.manager.submit(same, 0)


async def _next(desk: Desk, number: int) -> None:
    """Buy at once, or rest and be cancelled, or sell what is there; by what is there."""
    key, held = f"order {number}", desk.range_base(SYMBOL)[0]
    quote = await desk.quote(SYMBOL)
    if held >= CLIP:
        price = quote.bids[0][0] * Decimal("0.995")
        intent = Intent(key, SYMBOL, "sell", held, price, reduce_only=True)
    else:
        far = Decimal("0.97") if number % 2 else Decimal("1.005")
        intent = Intent(key, SYMBOL, "buy", CLIP, quote.asks[0][0] * far)
    try:
        order = await desk.submit(intent)
        await desk.finish(order)
    except NOT_NOW:
        await desk.rest(0.05)


async def _next_guarded(desk: Desk, symbol: str, number: int) -> None:
    """Buy; let a stop wait, so near that the market may set it off; sell in its place."""
    key, clip = f"order {number}", CLIP * 3
    quote, held = await desk.quote(symbol), desk.range_base(symbol)[0]
    bid = quote.bids[0][0]
    try:
        if stops := stops_of(desk.manager.records, symbol):
            size, price = stops[0].size_base, bid * Decimal("0.995")
            out = Intent(key, symbol, "sell", size, price, reduce_only=True)
            await desk.finish(await desk.replace(stops[0], out))
        elif held >= CLIP * 2:
            near = bid * Decimal("0.9999")
            wanted = Intent(
                key, symbol, "sell", held, None, "market", reduce_only=True, stop_price_quote=near
            )
            await desk.submit(wanted)
            await desk.rest(0.1)
        else:
            entry = Intent(key, symbol, "buy", clip, quote.asks[0][0] * Decimal("1.005"))
            await desk.finish(await desk.submit(entry))
    except NOT_NOW:
        await desk.rest(0.05)


@dataclass(frozen=True)
class Moment:
    """When a life ends: `before` or `after` its `nth` request is acted on, or `seconds` from it."""

    when: str
    nth: int
    seconds: float = 0.0


def moments(count: int, seed: int) -> list[Moment]:
    """Seeded ones, all over a life."""
    draw = random.Random(seed)
    return [
        Moment(draw.choice(("before", "after", "later")), draw.randint(1, 40), draw.random() / 20)
        for _ in range(count)
    ]


class Executioner(Interference):
    """Kills the process whose requests it counts, at the moment that was chosen."""

    def __init__(self) -> None:
        self._moment: Moment | None = None
        self._kill: Callable[[], None] = lambda: None
        self._seen = 0

    def aim(self, moment: Moment, kill: Callable[[], None]) -> None:
        """The next life, and its moment."""
        self._moment, self._kill, self._seen = moment, kill, 0

    async def before(self, request: Request) -> Reply | Cut | None:
        self._seen += 1
        self._strike("before")
        return None

    async def after(self, request: Request, reply: Reply) -> Reply | Cut:
        self._strike("after")
        # Nor is it told what the others asked for.
        return replace(reply, headers={})

    def _strike(self, when: str) -> None:
        moment = self._moment
        if moment is None or self._seen < moment.nth:
            return
        if moment.when == "later":
            self._moment = None
            asyncio.get_running_loop().call_later(moment.seconds, self._kill)
        elif moment.when == when:
            self._moment = None
            self._kill()


class Lives:
    """One life after the other over the same folder."""

    def __init__(self, account: Account, executioner: Executioner) -> None:
        self._account = account
        self._executioner = executioner
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__, "ccxt.pro"])

    async def one(self, moment: Moment) -> int:
        """A life until its moment; the signal that ended it, as a negative number."""
        life = self._context.Process(target=live, args=(self._account,), daemon=True)
        await asyncio.to_thread(life.start)
        self._executioner.aim(moment, life.kill)
        await asyncio.to_thread(life.join, _LONGEST_LIFE_S)
        if life.exitcode is None:
            life.kill()
            await asyncio.to_thread(life.join)
            raise AssertionError(f"a life did not come to {moment}")
        return life.exitcode


async def settled(account: Account) -> Desk:
    """A last life that is not killed, until everything is known; its desk, closed."""
    async with open_desk(
        account.client, [account.symbol], account.folder, LIMITS, live=None, simulated=True
    ) as desk:
        async with asyncio.timeout(90):
            found = await desk.manager.reconcile([account.symbol])
            while not found.clean:
                await asyncio.sleep(1)
                found = await desk.manager.reconcile([account.symbol])
            for stop in stops_of(desk.manager.records, account.symbol):
                await desk.finish(stop)
    return desk


def told_by_the_venue(place: Any) -> dict[str, Decimal]:
    """What each accepted order has filled, by client id.

    Raises:
        AssertionError: a client id was accepted twice.
    """
    names: dict[int, str] = {}
    filled: dict[str, Decimal] = {}
    for entry in place.ledger.of("order.accepted", "order.traded"):
        body = entry.body
        if entry.kind == "order.accepted":
            assert body["client_order_id"] not in filled, "an intent became two orders"
            names[body["order"]] = body["client_order_id"]
            filled[body["client_order_id"]] = Decimal(0)
        else:
            filled[names[body["order"]]] += Decimal(body["size"])
    return filled


NOTHING_CAME_OF_IT = (Stage.REJECTED, Stage.VOID)
