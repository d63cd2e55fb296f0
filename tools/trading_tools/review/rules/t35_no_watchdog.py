"""T35: a stream whose silence nobody notices."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.imports import dotted
from trading_tools.review.model.index import FunctionNode, last_name
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.loops import loop_around
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_acts, on_functions

_DOGS: Final = frozenset({"monitor", "watchdog", "health", "stale", "liveness"})
_LATE_S: Final = 30
_BOUNDS: Final = frozenset(
    {"wait_for", "timeout", "timeout_at", "fail_after", "move_on_after", "wait"}
)


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


def _watchdog(function: FunctionNode, module: Module) -> Iterator[Hit]:
    """A watchdog that barks too early, too late, or not at all."""
    if not words(function.name) & _DOGS:
        return
    for compare in module.own(function, ast.Compare):
        span = compare.left
        if not isinstance(span, ast.BinOp) or not isinstance(span.op, ast.Sub):
            continue
        if not any(_is_clock(each) for each in _sources(span.left, module)):
            continue
        if any(_is_nothing(each) for each in _sources(span.right, module)):
            yield Hit(
                span,
                "before the first message this is the time since 1970: a stream that has just "
                "begun is taken for stale",
                Severity.WARNING,
            )
        most = module.constant(compare.comparators[0])
        if isinstance(most, int | float) and most >= _LATE_S:
            yield Hit(
                compare, f"a stream that fell silent is noticed after {most} s", Severity.WARNING
            )
    yield from _undefined(function, module)


def _sources(node: ast.expr, module: Module) -> list[ast.AST]:
    return [node, *(each.node for each in module.values(node))]


def _is_clock(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) in {"time", "monotonic", "now"}


def _is_nothing(node: ast.AST) -> bool:
    """`table.get(key, 0)`."""
    return (
        isinstance(node, ast.Call)
        and last_name(node.func) == "get"
        and len(node.args) == 2
        and isinstance(node.args[1], ast.Constant)
        and node.args[1].value == 0
    )


def _undefined(function: FunctionNode, module: Module) -> Iterator[Hit]:
    """What a watchdog calls to mend the stream, where the class does not have it."""
    owner = module.owner(function)
    if owner is None or owner.bases or owner.keywords or owner.decorator_list:
        return
    known = {each.name for each in owner.body if isinstance(each, FunctionNode)}
    if "__getattr__" in known:
        return
    known |= module.project.attributes(module, owner).keys()
    for call in module.own(function, ast.Call):
        name = dotted(call.func)
        if name.startswith("self.") and name.count(".") == 1 and name[5:] not in known:
            yield Hit(call, f"`{name}` is not there: the watchdog dies at the first stall")


RULE = Rule(
    id="T35",
    title="a stream whose silence nobody notices",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="A socket that is open and sends nothing raises nothing: `watch_order_book` has hung like "
    "that for twelve hours, and the bot traded on the last book it had.",
    fix="put `asyncio.timeout` around each `watch_…`, count what is stale, and fall back to REST",
    link="https://github.com/ccxt/ccxt/issues/22662",
    visits=(on_acts(_silent, Act.WATCH), on_functions(_watchdog)),
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
        """
import asyncio
import time

class Streams:
    async def _monitor(self, key):
        while True:
            await asyncio.sleep(30)
            last = self.last_message.get(key, 0)
            if time.monotonic() - last > 60:  # <-
                await self._force_reconnect(key)  # <-
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
        """
import asyncio
import time

class Streams:
    def __init__(self, on_stale):
        self.on_stale = on_stale

    async def _monitor(self, key):
        self.last_message[key] = time.monotonic()
        while True:
            await asyncio.sleep(1)
            if time.monotonic() - self.last_message[key] > 5:
                self.on_stale(key)
                self._reconnect(key)

    def _reconnect(self, key):
        self.reader.close(key)

class Mixed(Base):
    async def _watchdog(self):
        await self.revive()
""",
    ),
)
