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
    inner: ast.AST = call
    left = False
    for above in module.parents(call):
        if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return
        then = _from_there_on(inner, above)
        if any(isinstance(each, ast.Return | ast.Raise) for each in then):
            return
        left = left or any(isinstance(each, ast.Break) for each in then)
        if isinstance(above, ast.For) and inner in above.body and ast.dump(above.iter) == holder:
            if not left:
                what = f"`{ast.unparse(call.func.value)}` loses items while it is gone through"
                yield Hit(call, f"{what}: the one behind each is passed over")
            return
        if isinstance(above, ast.For | ast.AsyncFor | ast.While):
            left = False  # a `break` leaves the inner loop alone
        inner = above


def _from_there_on(inner: ast.AST, above: ast.AST) -> list[ast.stmt]:
    """A statement and those behind it in its block; nothing for what is no statement."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(above, name, None)
        if isinstance(block, list) and inner in block:
            return block[block.index(inner) :]
    return []


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

    def forget_late(self, late):
        for task in self._tasks:
            for name in late:
                if task.name == name:
                    self._tasks.remove(task)  # <-
                    break
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

    def forget_later(self):
        for task in self._tasks:
            task.add_done_callback(lambda done: self._tasks.remove(done))

    def first(self):
        for task in self._tasks:
            return self._tasks.pop(task.id)

    def add(self, new):
        for task in self._tasks:
            if task.id == new.id:
                break
        else:
            self._tasks.remove(new)
""",
    ),
)
