"""T39: a client is made again and again, and none is closed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.imports import dotted
from trading_tools.review.model.index import last_name
from trading_tools.review.model.libraries import TRADING_PACKAGES, is_asynchronous
from trading_tools.review.model.loops import loop_around
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_module, on_nodes

_OPENED: Final = frozenset({"connections", "streams", "clients", "sessions", "sockets",
                            "subscriptions", "subscribed", "exchanges", "tasks"})  # fmt: skip


def _clients(module: Module, _: Module) -> Iterator[Hit]:
    if module.imports.roots & TRADING_PACKAGES or module.source.fragment:
        for node in module.nodes(ast.Assign):
            yield from _made(node, module)


def _made(node: ast.Assign, module: Module) -> Iterator[Hit]:
    if len(node.targets) != 1 or not isinstance(node.value, ast.Call):
        return
    target = node.targets[0]
    loop = loop_around(module, node) if isinstance(target, ast.Name | ast.Attribute) else None
    if loop is None:
        return
    kind = module.kind(node.value)
    if kind is None or kind.library is None or not is_asynchronous(kind.library, kind.name):
        return
    name = ast.unparse(target)
    if _closed(name, loop, module) or _kept(name, loop, module):
        return
    yield Hit(node, f"each turn makes another `{kind.name}`, and none is closed")


def _looked_up(node: ast.Compare, module: Module) -> Iterator[Hit]:
    """`if key not in self.connections`, of a table that nobody puts anything into."""
    table = node.comparators[0]
    if not isinstance(node.ops[0], ast.NotIn) or not isinstance(table, ast.Attribute):
        return
    owner = module.owner(node)
    if owner is None or last_name(table.value) != "self" or not words(table.attr) & _OPENED:
        return
    if owner.bases or not _begins_empty(table.attr, owner, module):
        return
    shown = f"self.{table.attr}"
    used = [
        each
        for each in ast.walk(owner)
        if isinstance(each, ast.Attribute) and dotted(each) == shown and each is not table
    ]
    if not any(_may_fill(each, module) for each in used):
        yield Hit(node, f"`{shown}` is never filled, so each call makes another one")


def _begins_empty(name: str, owner: ast.ClassDef, module: Module) -> bool:
    first = module.project.attributes(module, owner).get(name, [])
    return len(first) == 1 and ast.unparse(first[0]) in {"{}", "[]", "set()", "dict()", "list()"}


def _may_fill(use: ast.Attribute, module: Module) -> bool:
    """Whether a use of the table may put something into it: all but the first empty one may."""
    above = module.parent(use)
    if isinstance(above, ast.Assign | ast.AnnAssign):
        return isinstance(use.ctx, ast.Load)
    if isinstance(above, ast.Compare | ast.For):
        return False
    return not (isinstance(above, ast.Subscript) and isinstance(above.ctx, ast.Load | ast.Del))


def _closed(name: str, loop: ast.AST, module: Module) -> bool:
    for call in module.within(loop, ast.Call):
        closing = isinstance(call.func, ast.Attribute) and call.func.attr in {
            "close", "aclose", "close_connection"
        }  # fmt: skip
        if closing and ast.unparse(call.func).rpartition(".")[0] == name:
            return True
    return False


def _kept(name: str, loop: ast.AST, module: Module) -> bool:
    """Whether the client is given to somebody else: stored, returned, passed on."""
    given: list[ast.expr] = []
    for assign in module.within(loop, ast.Assign):
        given.append(assign.value)
    for call in module.within(loop, ast.Call):
        given += [*call.args, *(each.value for each in call.keywords)]
    for each in module.within(loop, ast.Return):
        given += [each.value] if each.value is not None else []
    for made in module.within(loop, ast.Yield):
        given += [made.value] if made.value is not None else []
    parts = [part for each in given for part in _parts(each)]
    return any(isinstance(each, ast.Name) and each.id == name for each in parts)


def _parts(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple | ast.List) else [node]


RULE = Rule(
    id="T39",
    title="a client is made again and again, and none is closed",
    severity=Severity.ERROR,
    topic=Topic.PRODUCTION,
    why="Each client has its own sockets, its own limiter and loads all markets anew: fifteen "
    "reconnects leave fifteen open sessions, and the limit of the venue is passed by what should "
    "keep it.",
    fix="make one client outside of the loop, and close it in a `finally`",
    link="https://github.com/ccxt/ccxt/wiki/Manual#rate-limit",
    visits=(on_module(_clients), on_nodes(_looked_up, ast.Compare)),
    bad=(
        """
import ccxt.pro

async def stream(symbol, callback):
    while True:
        try:
            exchange = ccxt.pro.binance()  # <-
            while True:
                await callback(await exchange.watch_ticker(symbol))
        except ccxt.NetworkError:
            continue
""",
        """
import ccxt.async_support as cx

class Poller:
    async def run(self, symbols):
        for symbol in symbols:
            self.client = getattr(cx, self.name)({"enableRateLimit": True})  # <-
            self.last[symbol] = await self.client.fetch_ticker(symbol)
""",
        """
class Streams:
    def __init__(self):
        self.connections = {}

    async def subscribe(self, key):
        if key not in self.connections:  # <-
            await self.connect(key)
""",
    ),
    good=(
        """
import ccxt.pro
import ccxt.async_support as cx

async def stream(symbol, callback):
    exchange = ccxt.pro.binance()
    try:
        while True:
            await callback(await exchange.watch_ticker(symbol))
    finally:
        await exchange.close()

async def each(names):
    clients = {}
    for name in names:
        client = getattr(cx, name)()
        clients[name] = client
    return clients

async def try_all(names, symbol):
    for name in names:
        client = getattr(cx, name)()
        try:
            print(await client.fetch_ticker(symbol))
        finally:
            await client.close()
""",
        """
class Streams:
    def __init__(self, shared):
        self.connections = {}
        self.clients = shared
        self.tasks = set()

    async def subscribe(self, key):
        if key not in self.connections:
            self.connections[key] = await self.connect(key)
        if key not in self.clients:
            await self.connect(key)
        if key not in self.tasks:
            remember(self.tasks, key)
""",
    ),
)
