"""T37: the event loop stands still while something waits."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.index import FunctionNode
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module
from trading_tools.review.model.values import called
from trading_tools.review.rule import Hit, Rule, Topic, on_acts, on_module, where_said

_BLOCKING: Final = frozenset(
    {
        "time.sleep", "urllib.request.urlopen", "subprocess.run", "subprocess.call",
        "subprocess.check_call", "subprocess.check_output", "os.system",
        *(f"requests.{each}" for each in ("get", "post", "put", "delete", "patch", "request")),
        *(f"httpx.{each}" for each in ("get", "post", "put", "delete", "patch", "request")),
    }
)  # fmt: skip
_PACKAGES: Final = frozenset(each.partition(".")[0] for each in _BLOCKING)
_NAMES: Final = tuple({each.rpartition(".")[2] for each in _BLOCKING})


def _plain(module: Module, _: Module) -> Iterator[Hit]:
    if module.imports.roots.isdisjoint(_PACKAGES) and not module.source.fragment:
        return
    helpers: dict[ast.AST, str] = {}
    for call in module.calls_of(*_NAMES):
        name = module.dotted(call.func)
        if name not in _BLOCKING:
            continue
        if module.in_coroutine(call):
            yield Hit(call, f"`{name}` blocks the event loop")
        elif (function := module.function(call)) and isinstance(function, ast.FunctionDef):
            helpers[function] = name
    yield from _through(helpers, module)


def _through(helpers: dict[ast.AST, str], module: Module) -> Iterator[Hit]:
    """Calls in coroutines of plain functions that block."""
    names = {each.name for each in helpers if isinstance(each, ast.FunctionDef)}
    for call in module.calls_of(*names):
        if module.in_coroutine(call):
            target = called(module, call)
            if target is not None and target.node in helpers:
                name = helpers[target.node]
                yield Hit(call, f"`{ast.unparse(call.func)}` blocks the event loop by `{name}`")


def _said_to_wait(module: Module, _: Module) -> Iterator[Hit]:
    """`self._fetch_sync(…)` in a coroutine of a class that has an asynchronous `_fetch` too.

    Not in that one itself, which decides when it is worth a thread.
    """
    for name in module.index.calls():
        plain = name.removesuffix("_sync")
        known = module.functions_by_name
        if plain == name or not known.get(name) or _asynchronous(known[name]):
            continue
        twins = _asynchronous(known.get(plain, []))
        for call in module.calls_of(name) if twins else ():
            if module.in_coroutine(call) and module.function(call) not in twins:
                what = f"`{name}` waits, and there is an asynchronous `{plain}`"
                yield Hit(call, what, Severity.WARNING)


def _asynchronous(functions: list[FunctionNode]) -> list[FunctionNode]:
    return [each for each in functions if isinstance(each, ast.AsyncFunctionDef)]


def _venue(call: VenueCall, module: Module) -> Iterator[Hit]:
    if call.asynchronous is not False or call.carried or not module.in_coroutine(call.node):
        return
    if call.act is Act.WATCH:
        return  # only the async clients have these, whatever the annotation says
    library = call.library.name if call.library is not None else ""
    if not module.awaited(call.node):
        yield Hit(
            call.node, f"`{call.shown}` of {library} blocks the event loop until it is answered"
        )
    elif not module.source.fragment:
        yield Hit(
            call.node, f"`{call.shown}` is awaited, but this client of {library} is not async"
        )


RULE = Rule(
    id="T37",
    title="the event loop stands still",
    severity=Severity.ERROR,
    topic=Topic.PERFORMANCE,
    why="While one request waits, no stream is read, no stop is moved and no order cancelled: a "
    "book ages by 300 ms at each order, and by a minute when the venue hangs.",
    fix="use the async client (`ccxt.async_support`, `ccxt.pro`, `AsyncClient`), `asyncio.sleep`, "
    "or `asyncio.to_thread`",
    link="https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code",
    visits=(
        on_module(_plain),
        where_said(on_module(_said_to_wait), "sync"),
        on_acts(_venue, *Act),
    ),
    bad=(
        """
import time
import requests
from py_clob_client.client import ClobClient

class Trader:
    def __init__(self):
        self.client = ClobClient("https://clob.example")

    async def send(self, order):
        signed = self.client.create_order(order)
        return self.client.post_order(signed)  # <-

    def _mark(self):
        return requests.get("https://venue.example/mark").json()

    async def run(self):
        while True:
            mark = self._mark()  # <-
            time.sleep(1)  # <-
""",
        """
import ccxt

exchange = ccxt.binance()

async def price():
    ticker = await exchange.fetch_ticker("BTC/USDT")  # <-
    return ticker["last"]
""",
        """
class Rest:
    def _fetch_sync(self, path):
        return self._http.get(path)

    async def _fetch(self, path):
        return await self._session.get(path)

    async def balance(self):
        return self._fetch_sync("/account")  # <-
""",
    ),
    good=(
        """
import asyncio
import time
import ccxt.async_support as ccxt
from py_clob_client.client import ClobClient

exchange = ccxt.binance()
client = ClobClient("https://clob.example")

async def run(signed):
    await asyncio.to_thread(client.post_order, signed)
    ticker = await exchange.fetch_ticker("BTC/USDT")
    await asyncio.sleep(1)
    return ticker

def once():
    time.sleep(1)

class Packer:
    def pack_sync(self, data):
        return self._packed(data)

    async def pack(self, data):
        return self.pack_sync(data) if len(data) < 1024 else await self._in_thread(data)

    async def time_sync(self):
        return await self.time()

    async def time(self):
        self.tasks.append(asyncio.create_task(self.time_sync()))
""",
    ),
)
