"""T69: a list loses items while it is gone through."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, on_calls

_PACING: Final = ("ratelimit", "throttl", "limiter")


def _removed(call: ast.Call, module: Module) -> Iterator[Hit]:
    """`self.orders.remove(order)` in `for order in self.orders:`, which goes on after it."""
    if not isinstance(call.func, ast.Attribute):
        return
    if not module.trades and not module.mentions(_PACING):
        return
    holder = ast.dump(call.func.value)
    statement = module.statement(call)
    for loop in module.parents(call):
        if isinstance(loop, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        if isinstance(loop, ast.For) and ast.dump(loop.iter) == holder:
            if not _ends(statement, loop, module):
                what = f"`{ast.unparse(call.func.value)}` loses items while it is gone through"
                yield Hit(call, f"{what}: the one behind each is passed over")
            return


def _ends(statement: ast.stmt, loop: ast.For, module: Module) -> bool:
    """Whether the loop is left behind the statement, in one of the blocks around it."""
    inner: ast.AST = statement
    for above in (*module.parents(statement),):
        for block in (getattr(above, name, []) for name in ("body", "orelse", "finalbody")):
            if isinstance(block, list) and inner in block:
                behind = block[block.index(inner) + 1 :]
                if any(isinstance(each, ast.Break | ast.Return | ast.Raise) for each in behind):
                    return True
        if above is loop:
            return False
        inner = above
    return False


RULE = Rule(
    id="T69",
    title="a list loses items while it is gone through",
    severity=Severity.ERROR,
    topic=Topic.EDGES,
    why="The item behind each that is removed is never looked at: every second stale order stays, "
    "and a limiter keeps requests that are long over, until nothing may be sent.",
    fix="go through a copy (`list(orders)`), or keep what stays in a new list",
    link="https://docs.python.org/3/tutorial/controlflow.html#for-statements",
    visits=(on_calls(_removed, "remove", "pop"),),
    bad=(
        """
import ccxt

class Limiter:
    def forget(self, now):
        for task in self._tasks:
            if now - task.time > self.window:
                self._tasks.remove(task)  # <-
""",
    ),
    good=(
        """
import ccxt

class Limiter:
    def forget(self, now):
        for task in list(self._tasks):
            if now - task.time > self.window:
                self._tasks.remove(task)
        self._tasks = [task for task in self._tasks if now - task.time <= self.window]

    def forget_one(self, order_id):
        for task in self._tasks:
            if task.id == order_id:
                self._tasks.remove(task)
                break
""",
    ),
)
