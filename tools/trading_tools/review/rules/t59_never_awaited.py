"""T59: a coroutine that nobody awaits."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, on_acts, on_module


def _venue(call: VenueCall, module: Module) -> Iterator[Hit]:
    """`exchange.cancel_order(…)` of an asynchronous client, as a statement."""
    sure = call.certain and call.asynchronous and not call.carried
    if sure and isinstance(module.parent(call.node), ast.Expr):
        yield Hit(call.node, f"`{call.shown}` is not awaited: nothing is sent")


def _own(module: Module, _: Module) -> Iterator[Hit]:
    names = {each.name for each in module.nodes(ast.AsyncFunctionDef)}
    for call in module.calls_of(*names):
        if not isinstance(module.parent(call), ast.Expr):
            continue
        target = module.called(call)
        if target is None or not isinstance(target.node, ast.AsyncFunctionDef):
            continue
        if not target.node.decorator_list:
            yield Hit(call, f"`{ast.unparse(call.func)}` is a coroutine, and nobody awaits it")


RULE = Rule(
    id="T59",
    title="a coroutine that nobody awaits",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="The call makes a coroutine and throws it away: no order is cancelled, no balance is "
    "checked, and Python only warns once the garbage is collected.",
    fix="write `await`, or start a task and keep it",
    link="https://github.com/ccxt/ccxt/issues/6895",
    visits=(on_acts(_venue, *Act), on_module(_own)),
    bad=(
        """
import ccxt.pro

class Desk:
    def __init__(self):
        self.exchange = ccxt.pro.okx()

    async def _check_balance(self):
        await self.exchange.fetch_balance()

    async def stop(self, order_id):
        self._check_balance()  # <-
        self.exchange.cancel_order(order_id, "BTC/USDT")  # <-
""",
    ),
    good=(
        """
import asyncio
import ccxt.pro

class Desk:
    def __init__(self):
        self.exchange = ccxt.pro.okx()

    async def _check_balance(self):
        await self.exchange.fetch_balance()

    async def stop(self, order_id):
        await self._check_balance()
        self.task = asyncio.create_task(self._check_balance())
        await asyncio.gather(self.exchange.cancel_order(order_id, "BTC/USDT"))

class Other:
    def _check_balance(self):
        pass

    def start(self):
        self._check_balance()
""",
    ),
)
