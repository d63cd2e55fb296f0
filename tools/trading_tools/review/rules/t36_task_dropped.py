"""T36: a task that nobody holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_calls

_GROUPS = frozenset({"group", "tg", "nursery", "tasks", "taskgroup"})


def _dropped(call: ast.Call, module: Module) -> Iterator[Hit]:
    if not isinstance(module.parent(call), ast.Expr) or not isinstance(call.func, ast.Attribute):
        return
    holder = call.func.value
    own = isinstance(holder, ast.Name) and holder.id == "self"
    if own or words(last_name(holder)) & _GROUPS or _is_group(module, holder):
        return
    yield Hit(call, f"nobody keeps the task that `{ast.unparse(call.func)}` starts")


def _is_group(module: Module, holder: ast.expr) -> bool:
    made = [each.node for each in module.values(holder)]
    return any(isinstance(each, ast.Call) and last_name(each.func) == "TaskGroup" for each in made)


RULE = Rule(
    id="T36",
    title="a task that nobody holds",
    severity=Severity.WARNING,
    topic=Topic.ERRORS,
    why="Its exception is lost and the garbage collector may end it: a watchdog or a reader dies, "
    "and the bot goes on without it.",
    fix="keep the task and look at how it ended, or start it in an `asyncio.TaskGroup`",
    link="https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task",
    visits=(on_calls(_dropped, "create_task", "ensure_future"),),
    bad=(
        """
import asyncio

async def subscribe(self, symbol):
    asyncio.create_task(self._watch_health(symbol))  # <-
""",
    ),
    good=(
        """
import asyncio

async def subscribe(self, symbol):
    self._health = asyncio.create_task(self._watch_health(symbol))
    self._health.add_done_callback(self._ended)
""",
        """
import asyncio

async def run(self):
    async with asyncio.TaskGroup() as both:
        both.create_task(self._read())
        both.create_task(self._watch_health())

def start(self, work):
    self.create_task(work)
""",
    ),
)
