"""T15: a fill that is told twice is booked twice, or one that failed is never booked."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import FunctionNode, last_name
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, in_trading, on_calls, on_nodes

_OWN: Final = frozenset({"fetch_my_trades", "watch_my_trades", "fetch_order_trades"})
_SEEN: Final = frozenset({"seen", "processed", "handled", "known", "done"})
_FILL: Final = frozenset({"fill", "fills", "trade", "trades", "execution", "exec", "executions"})


def _twice(node: ast.AugAssign, module: Module) -> Iterator[Hit]:
    """`for trade in exchange.fetch_my_trades(…): self.position += trade["amount"]`."""
    if not isinstance(node.op, ast.Add | ast.Sub) or isinstance(node.target, ast.Name):
        return
    for above in module.parents(node):
        if isinstance(above, ast.For | ast.AsyncFor):
            name = last_name(above.target)
            source = _source(above.iter, module)
            if source and name in _names(node.value) and not _tells_apart(above, module):
                yield Hit(
                    node,
                    f"a trade that `{source}` tells again is added to "
                    f"`{ast.unparse(node.target)}` again",
                )
            return


def _source(node: ast.expr, module: Module) -> str:
    calls = {each.node: each for each in module.acts(Act.READ, Act.WATCH)}
    for value in module.values(node):
        call = calls.get(value.node) if isinstance(value.node, ast.Call) else None
        if call is not None and call.method in _OWN:
            return call.shown
    return ""


def _names(node: ast.expr) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _tells_apart(loop: ast.For | ast.AsyncFor, module: Module) -> bool:
    """Whether the loop asks if it knows the trade, or starts from nothing each time."""
    for compare in module.within(loop, ast.Compare):
        if any(isinstance(each, ast.In | ast.NotIn) for each in compare.ops):
            return True
    function = module.function(loop)
    around = module.tree if function is None else function
    reset = {
        ast.unparse(each)
        for assign in module.within(around, ast.Assign)
        for each in assign.targets
        if assign.lineno < loop.lineno
    }
    booked = module.within(loop, ast.AugAssign)
    return any(ast.unparse(each.target) in reset for each in booked)


def _before(call: ast.Call, module: Module) -> Iterator[Hit]:
    """`seen.add(fill.id)` with the work on the fill still to come."""
    function = module.function(call)
    if function is None or not isinstance(call.func, ast.Attribute):
        return
    if words(last_name(call.func.value)).isdisjoint(_SEEN) or not _about_fills(call, function):
        return
    item = _item(call)
    for later in module.own(function, ast.Await):
        works = isinstance(later.value, ast.Call) and item in _names(later.value)
        if works and later.lineno > call.lineno and not _guarded(later, module):
            mark = f"`{ast.unparse(call.func.value)}`"
            yield Hit(call, f"{mark} has the fill before it is booked: if that fails, it never is")
            return


def _about_fills(call: ast.Call, function: FunctionNode) -> bool:
    told = words(function.name) | words(ast.unparse(call))
    return bool(told & _FILL)


def _item(call: ast.Call) -> str:
    """The name of the fill whose id is kept: `fill` of `seen.add(fill["id"])`."""
    names = _names(call.args[0]) if call.args else set()
    return next(iter(sorted(names)), "")


def _guarded(node: ast.AST, module: Module) -> bool:
    return any(True for _ in module.handlers_around(node))


RULE = Rule(
    id="T15",
    title="a fill is counted twice, or not at all",
    severity=Severity.WARNING,
    topic=Topic.EDGES,
    why="Venues tell fills again after a reconnect and at the border of each query. Booked again, "
    "the position is wrong by that fill; marked first and booked after, a failure loses it.",
    fix="keep the key (venue, order, trade) of each fill together with its booking, and ask it "
    "first",
    link="https://github.com/nautechsystems/nautilus_trader/issues/3046",
    visits=(on_nodes(_twice, ast.AugAssign), in_trading(on_calls(_before, "add"))),
    bad=(
        """
import ccxt.pro

class Book:
    def __init__(self):
        self.exchange = ccxt.pro.bybit()
        self.position = 0
        self.seen_trades = set()

    async def run(self):
        while True:
            trades = await self.exchange.watch_my_trades("BTC/USDT")
            for trade in trades:
                sign = 1 if trade["side"] == "buy" else -1
                self.position += sign * trade["amount"]  # <-

    async def on_fill(self, fill):
        if fill["id"] in self.seen_trades:
            return
        self.seen_trades.add(fill["id"])  # <-
        await self.book(fill)
""",
    ),
    good=(
        """
import ccxt.pro

class Book:
    def __init__(self):
        self.exchange = ccxt.pro.bybit()
        self.position = 0
        self.seen_trades = set()

    async def run(self):
        while True:
            for trade in await self.exchange.watch_my_trades("BTC/USDT"):
                if trade["id"] not in self.seen_trades:
                    self.position += trade["amount"]
                    self.seen_trades.add(trade["id"])

    async def rebuild(self):
        self.position = 0
        for trade in await self.exchange.fetch_my_trades("BTC/USDT"):
            self.position += trade["amount"]

    async def on_fill(self, fill):
        if fill["id"] not in self.seen_trades:
            await self.book(fill)
            self.seen_trades.add(fill["id"])

    async def total(self):
        volume = 0
        for trade in await self.exchange.fetch_my_trades("BTC/USDT"):
            volume += trade["amount"]
        return volume
""",
    ),
)
