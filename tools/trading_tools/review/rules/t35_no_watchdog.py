"""T35: a stream whose silence nobody notices."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.index import last_name
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.loops import loop_around
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, on_acts

_BOUNDS = frozenset({"wait_for", "timeout", "timeout_at", "fail_after", "move_on_after", "wait"})


def _silent(call: VenueCall, module: Module) -> Iterator[Hit]:
    if not module.awaited(call.node) or loop_around(module, call.node) is None:
        return
    if _bounded(call.node, module) or _watched(call.node, module):
        return
    yield Hit(
        call.node, f"`{call.shown}` may wait for ever: nothing bounds the time without a message"
    )


def _bounded(node: ast.AST, module: Module) -> bool:
    for above in module.parents(node):
        if isinstance(above, ast.Call) and _bounds(above):
            return True
        if isinstance(above, ast.AsyncWith | ast.With):
            inside = (each.context_expr for each in above.items)
            if any(isinstance(each, ast.Call) and _bounds(each) for each in inside):
                return True
    return False


def _bounds(call: ast.Call) -> bool:
    name = last_name(call.func)
    return name in _BOUNDS or "timeout" in name.lower()


def _watched(node: ast.AST, module: Module) -> bool:
    """Whether somebody bounds the function around, or a watchdog cancels its task."""
    function = module.function(node)
    for name in ("cancel", "reconnect", "restart"):
        if any(True for _ in module.calls_of(name)):
            return True
    if function is None:
        return False
    return any(_bounded(call, module) for call in module.calls_of(function.name))


RULE = Rule(
    id="T35",
    title="a stream whose silence nobody notices",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="A socket that is open and sends nothing raises nothing: `watch_order_book` has hung like "
    "that for twelve hours, and the bot traded on the last book it had.",
    fix="put `asyncio.timeout` around each `watch_…`, count what is stale, and fall back to REST",
    link="https://github.com/ccxt/ccxt/issues/22662",
    visits=(on_acts(_silent, Act.WATCH),),
    bad=(
        """
import ccxt.pro as ccxtpro

class Feed:
    def __init__(self):
        self.exchange = ccxtpro.kraken()

    async def run(self, symbol):
        while True:
            try:
                book = await self.exchange.watch_order_book(symbol)  # <-
                self.on_book(book)
            except ccxtpro.NetworkError as error:
                self.log(error)
""",
        """
import ccxt.pro

async def trades(exchange: ccxt.pro.Exchange, symbols):
    while running():
        for trade in await exchange.watch_trades_for_symbols(symbols):  # <-
            yield trade
""",
    ),
    good=(
        """
import asyncio
import ccxt.pro as ccxtpro

exchange = ccxtpro.kraken()

async def timed(symbol):
    while True:
        async with asyncio.timeout(10):
            book = await exchange.watch_order_book(symbol)
        on_book(book)

async def waited(symbol):
    while True:
        ticker = await asyncio.wait_for(exchange.watch_ticker(symbol), timeout=10)
        on_ticker(ticker)

async def one(symbol):
    while True:
        yield await exchange.watch_ticker(symbol)

async def once(symbol):
    return await exchange.watch_ticker(symbol)

async def outer(symbol):
    async with asyncio.timeout(60):
        async for each in one(symbol):
            on_ticker(each)
""",
        """
import asyncio
import ccxt.pro

class Feed:
    async def read(self, symbol):
        while True:
            self.book = await self.exchange.watch_order_book(symbol)
            self.seen = asyncio.get_running_loop().time()

    async def guard(self):
        while True:
            await asyncio.sleep(1)
            if asyncio.get_running_loop().time() - self.seen > 10:
                self.reader.cancel()
                self.reader = asyncio.create_task(self.read(self.symbol))
""",
    ),
)
