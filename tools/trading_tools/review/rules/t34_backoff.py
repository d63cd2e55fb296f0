"""T34: a back-off that only ever grows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.loops import is_endless, is_left, loop_around
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_calls

_COUNTER: Final = frozenset({"attempt", "attempts", "retry", "retries", "failures", "reconnects",
                             "tries", "backoff", "errors"})  # fmt: skip
_RESETTING: Final = frozenset({"pop", "clear", "reset"})


def _sleeps(call: ast.Call, module: Module) -> Iterator[Hit]:
    if module.function(call) is None or not call.args:
        return
    for power in _powers(call.args[0], module):
        holder = _attribute(power, module)
        if holder is not None:
            owner = module.owner(call)
            if owner is not None and not _is_reset(holder, owner, module):
                yield Hit(call, _said(f"self.{holder}"))
        elif isinstance(power, ast.Name) and _only_grows(power.id, call, module):
            yield Hit(call, _said(power.id))


def _said(name: str) -> str:
    return f"`{name}` grows with each failure and nothing sets it back after a success"


def _powers(node: ast.expr, module: Module) -> Iterator[ast.expr]:
    """What stands in the exponent of the time that is slept."""
    for value in module.values(node):
        for part in ast.walk(value.node):
            if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Pow):
                for each in ast.walk(part.right):
                    if isinstance(each, ast.Name | ast.Attribute) and _names_counter(each):
                        yield each


def _names_counter(node: ast.expr) -> bool:
    return bool(words(last_name(node)) & _COUNTER)


def _attribute(node: ast.expr, module: Module) -> str | None:
    """The attribute of `self` that holds a counter, itself or by key."""
    for value in [node, *(each.node for each in module.values(node))]:
        inner: ast.AST = value
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
            inner = inner.func.value if inner.func.attr == "get" else inner
        if isinstance(inner, ast.Subscript):
            inner = inner.value
        if isinstance(inner, ast.Attribute) and last_name(inner.value) == "self":
            return inner.attr
    return None


def _is_reset(name: str, owner: ast.ClassDef, module: Module) -> bool:
    """Whether anything but the constructor and the counting itself changes the counter."""
    for assign in module.within(owner, ast.Assign):
        function = module.function(assign)
        if function is None or function.name == "__init__":
            continue
        for target in assign.targets:
            inner = target.value if isinstance(target, ast.Subscript) else target
            if last_name(inner) == name and not _counts(assign.value):
                return True
    for call in module.within(owner, ast.Call):
        if (
            isinstance(call.func, ast.Attribute)
            and call.func.attr in _RESETTING
            and last_name(call.func.value) == name
        ):
            return True
    return any(
        last_name(target.value if isinstance(target, ast.Subscript) else target) == name
        for gone in ast.walk(owner)
        if isinstance(gone, ast.Delete)
        for target in gone.targets
    )


def _counts(value: ast.expr) -> bool:
    return isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add)


def _only_grows(name: str, call: ast.Call, module: Module) -> bool:
    """Whether a local counter lives across a `while True` that goes on after a success."""
    loop = loop_around(module, call)
    while loop is not None and not is_endless(loop):
        loop = loop_around(module, loop)
    if not isinstance(loop, ast.While) or is_left(module, loop):
        return False
    grows = any(last_name(each.target) == name for each in module.within(loop, ast.AugAssign))
    for assign in module.within(loop, ast.Assign):
        if any(last_name(target) == name for target in assign.targets):
            if not _counts(assign.value):
                return False
            grows = True
    return grows


RULE = Rule(
    id="T34",
    title="a back-off that only ever grows",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="After a day with some drops, each new one waits the longest time there is: a stream that "
    "could be back in a second stays away for a minute while positions are open.",
    fix="set the counter back at the first message, add jitter, and cap the wait at a few seconds",
    visits=(on_calls(_sleeps, "sleep"),),
    bad=(
        """
import asyncio

class Streams:
    def __init__(self):
        self.reconnect_attempts = {}

    async def reconnect(self, key):
        attempt = self.reconnect_attempts.get(key, 0)
        delay = min(2 ** attempt, 60)
        await asyncio.sleep(delay)  # <-
        self.reconnect_attempts[key] = attempt + 1
""",
        """
import asyncio

class Streams:
    def __init__(self):
        self.retries = 0

    async def lost(self):
        self.retries += 1
        await asyncio.sleep(min(30, 2 ** self.retries))  # <-

async def read(socket):
    attempt = 0
    while True:
        try:
            await socket.recv()
        except OSError:
            attempt += 1
            await asyncio.sleep(2 ** attempt)  # <-
""",
    ),
    good=(
        """
import asyncio
import random

class Streams:
    def __init__(self):
        self.attempts = {}
        self.retries = 0

    async def reconnect(self, key):
        attempt = self.attempts.get(key, 0)
        await asyncio.sleep(random.uniform(0, min(2 ** attempt, 5)))
        self.attempts[key] = attempt + 1

    def message(self, key):
        self.attempts.pop(key, None)
        self.retries = 0

    async def lost(self):
        self.retries += 1
        await asyncio.sleep(min(2 ** self.retries, 5))

async def ask(client):
    for attempt in range(5):
        try:
            return await client.get()
        except OSError:
            await asyncio.sleep(2 ** attempt)

async def read(socket):
    attempt = 0
    while True:
        try:
            await socket.recv()
            attempt = 0
        except OSError:
            attempt += 1
            await asyncio.sleep(2 ** attempt)

async def once(client):
    attempt = 0
    while True:
        try:
            return await client.get()
        except OSError:
            attempt += 1
            await asyncio.sleep(2 ** attempt)
""",
    ),
)
