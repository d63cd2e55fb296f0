"""T71: an event is replaced while others wait for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_calls

_BEGINS: Final = frozenset(
    {"init", "aenter", "enter", "start", "setup", "reset", "connect", "open", "new", "create"}
)


def _replaced(call: ast.Call, module: Module) -> Iterator[Hit]:
    """`self.ready = asyncio.Event()` in a coroutine that has waited for `self.ready`."""
    assign = module.parent(call)
    function = module.function(call)
    if module.dotted(call.func) != "asyncio.Event" or not isinstance(assign, ast.Assign):
        return
    if not isinstance(function, ast.AsyncFunctionDef) or words(function.name) & _BEGINS:
        return
    name = ast.unparse(assign.targets[0])
    waits = (
        each.func.value
        for each in module.calls_of("wait")
        if isinstance(each.func, ast.Attribute)
        and module.function(each) is function
        and each.lineno < call.lineno
    )
    if name.startswith("self.") and any(ast.unparse(each) == name for each in waits):
        yield Hit(assign, f"`{name}` is replaced: who set the old one meanwhile is not heard")


RULE = Rule(
    id="T71",
    title="an event is replaced while others use it",
    severity=Severity.WARNING,
    topic=Topic.ERRORS,
    why="What is set between the wait and the new event is lost, and who waits for the old one "
    "waits for ever: a poll of fees or positions never runs again.",
    fix="`clear()` it before the work is done",
    link="https://docs.python.org/3/library/asyncio-sync.html#asyncio.Event.clear",
    visits=(on_calls(_replaced, "Event"),),
    bad=(
        """
import asyncio

class Poller:
    async def poll(self):
        while True:
            await self._notifier.wait()
            await self.update()
            self._notifier = asyncio.Event()  # <-
""",
    ),
    good=(
        """
import asyncio

class Poller:
    def __init__(self):
        self._notifier = asyncio.Event()

    async def poll(self):
        while True:
            await self._notifier.wait()
            self._notifier.clear()
            await self.update()

    async def filled(self, order):
        self._fill = asyncio.Event()
        await self.send(order)
        await self._fill.wait()
""",
    ),
)
