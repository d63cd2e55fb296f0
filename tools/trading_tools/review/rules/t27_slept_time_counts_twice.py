"""T27: a limiter pays out the time that it slept a second time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.imports import dotted
from trading_tools.review.model.index import FunctionNode, last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_calls

_CLOCKS: Final = frozenset({"time", "monotonic", "perf_counter", "clock", "now", "_clock", "_now"})
_TIMES: Final = frozenset(
    {"last", "refill", "refilled", "updated", "update", "timestamp", "at", "checked", "previous"}
)


def _again(call: ast.Call, module: Module) -> Iterator[Hit]:
    function = module.function(call)
    if function is None or _in_a_loop(call, function, module):
        return
    stamps = [
        each for each in module.own(function, ast.Assign) if _is_stamp(each, function, module)
    ]
    for stamp in stamps:
        name = dotted(stamp.targets[0])
        if stamp.lineno > call.lineno:
            if isinstance(stamp.value, ast.Name) and _read_before(stamp.value, call, module):
                what = f"`{name}` is set to a time from before the sleep"
                yield Hit(stamp, f"{what}: the next call counts the slept time as well")
        elif not any(
            dotted(each.targets[0]) == name and each.lineno > call.lineno for each in stamps
        ) and _grants(call, function, module):
            what = f"`{name}` stays where it was before the sleep"
            yield Hit(call, f"{what}: the next call is paid for the slept time again")


def _in_a_loop(call: ast.Call, function: FunctionNode, module: Module) -> bool:
    """A loop looks at the clock again after the sleep."""
    for above in module.parents(call):
        if above is function:
            return False
        if isinstance(above, ast.While | ast.For | ast.AsyncFor):
            return True
    return False


def _is_stamp(node: ast.Assign, function: FunctionNode, module: Module) -> bool:
    """`self.last = now`, where the function takes `self.last` off a time."""
    name = dotted(node.targets[0])
    if not name.startswith("self.") or words(name).isdisjoint(_TIMES):
        return False
    if not _is_time(node.value, module):
        return False
    return any(
        isinstance(each.op, ast.Sub) and dotted(each.right) == name
        for each in module.own(function, ast.BinOp)
    )


def _is_time(node: ast.expr, module: Module) -> bool:
    """`time.time()`, `self._clock()`, and a name for one."""
    if isinstance(node, ast.Call):
        return last_name(node.func) in _CLOCKS
    if isinstance(node, ast.Name):
        bound = module.scope(module.function(node)).only(node.id)
        return bool(bound) and all(
            isinstance(each, ast.Call) and last_name(each.func) in _CLOCKS for each in bound
        )
    return False


def _read_before(name: ast.Name, call: ast.Call, module: Module) -> bool:
    bound = module.scope(module.function(name)).only(name.id)
    return bool(bound) and all(each.lineno < call.lineno for each in bound)


def _grants(call: ast.Call, function: FunctionNode, module: Module) -> bool:
    """Whether tokens are given out behind the sleep, in the same block."""
    statement = module.statement(call)
    above = module.parent(statement)
    blocks: list[list[ast.stmt]] = [
        getattr(above, each, []) for each in ("body", "orelse", "finalbody")
    ]
    block = next((each for each in blocks if statement in each), [])
    for each in block[block.index(statement) + 1 :] if block else []:
        if isinstance(each, ast.Assign) and dotted(each.targets[0]).startswith("self."):
            return True
    return False


RULE = Rule(
    id="T27",
    title="a limiter pays out the time that it slept a second time",
    severity=Severity.ERROR,
    topic=Topic.PERFORMANCE,
    why="The tokens are granted for the wait, and the next call counts the same wait as time that "
    "has passed: a limit of 20 a second sends 40, and the venue bans the address.",
    fix="set the time to the end of the sleep, or reserve the moment before sleeping and let the "
    "balance go below zero",
    link="https://github.com/use-agent-os/agent-os/pull/1954",
    visits=(on_calls(_again, "sleep"),),
    bad=(
        """
import asyncio
import time

class Bucket:
    async def acquire(self, cost=1):
        now = time.time()
        self.tokens = min(self.rate, self.tokens + (now - self.last_refill) * self.rate)
        self.last_refill = now
        if self.tokens < cost:
            await asyncio.sleep((cost - self.tokens) / self.rate)  # <-
            self.tokens = cost
        self.tokens -= cost

class Channel:
    async def acquire(self):
        async with self._lock:
            now = time.monotonic()
            self._tokens = min(self._most, self._tokens + (now - self._last_refill) * self._rate)
            self._last_refill = now
            if self._tokens < 1.0:
                await asyncio.sleep((1.0 - self._tokens) / self._rate)  # <-
                self._tokens = 0.0
            else:
                self._tokens -= 1.0

class Pacer:
    def wait(self):
        now = time.monotonic()
        elapsed = now - self.last_call
        if elapsed < self.interval:
            time.sleep(self.interval - elapsed)
        self.last_call = now  # <-
""",
    ),
    good=(
        """
import asyncio
import time

class Bucket:
    async def acquire(self, cost=1):
        now = time.monotonic()
        self.tokens = min(self.rate, self.tokens + (now - self.last_refill) * self.rate)
        self.last_refill = now
        self.tokens -= cost
        if self.tokens < 0:
            await asyncio.sleep(-self.tokens / self.rate)

    async def slow(self, cost=1):
        now = time.monotonic()
        self.tokens += (now - self.last_refill) * self.rate
        self.last_refill = now
        if self.tokens < cost:
            await asyncio.sleep((cost - self.tokens) / self.rate)
            self.tokens = cost
            self.last_refill = time.monotonic()
        self.tokens -= cost

    async def turns(self, cost=1):
        while True:
            now = time.monotonic()
            self.tokens += (now - self.last_refill) * self.rate
            self.last_refill = now
            if self.tokens >= cost:
                self.tokens -= cost
                return
            await asyncio.sleep(0.01)

class Pacer:
    def wait(self):
        elapsed = time.monotonic() - self.last_call
        if elapsed < self.interval:
            time.sleep(self.interval - elapsed)
        self.last_call = time.monotonic()
""",
    ),
)
