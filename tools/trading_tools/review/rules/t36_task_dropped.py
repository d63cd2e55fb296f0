"""T36: a task that nobody holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_calls

_CALLBACK_AT = {"call_soon": 0, "call_soon_threadsafe": 0, "call_later": 1, "call_at": 1}
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


def _scheduled(call: ast.Call, module: Module) -> Iterator[Hit]:
    """`loop.call_later(60, self._keep_alive)`, where that is a coroutine."""
    given = call.args[_CALLBACK_AT[last_name(call.func)] :][:1]
    for each in given:
        by_self = isinstance(each, ast.Attribute) and last_name(each.value) == "self"
        if not isinstance(each, ast.Name) and not by_self:
            continue
        functions = module.functions_by_name.get(last_name(each), [])
        if functions and all(isinstance(one, ast.AsyncFunctionDef) for one in functions):
            what = f"`{ast.unparse(each)}` is a coroutine: `{last_name(call.func)}` never runs it"
            yield Hit(call, what, Severity.ERROR)


RULE = Rule(
    id="T36",
    title="a task that nobody holds",
    severity=Severity.WARNING,
    topic=Topic.ERRORS,
    why="Its exception is lost and the garbage collector may end it: a watchdog or a reader dies, "
    "and the bot goes on without it.",
    fix="keep the task and look at how it ended, or start it in an `asyncio.TaskGroup`",
    link="https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task",
    visits=(
        on_calls(_dropped, "create_task", "ensure_future"),
        on_calls(_scheduled, *_CALLBACK_AT),
    ),
    bad=(
        """
import asyncio

async def subscribe(self, symbol):
    asyncio.create_task(self._watch_health(symbol))  # <-
""",
        """
class Stream:
    def start(self, loop):
        self._timer = loop.call_later(1800, self._keep_alive)  # <-

    async def _keep_alive(self):
        await self._client.extend(self._listen_key)
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

def late(self, loop):
    loop.call_later(60, self._note)

def _note(self):
    self.late_at = self.clock()
""",
    ),
)
