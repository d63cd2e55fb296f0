"""T28: a limiter that grants more than it says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import FunctionNode, last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_calls, on_nodes, where_said

_COST: Final = frozenset({"cost", "weight", "tokens", "amount", "n", "count", "permits", "units"})
_TAKES: Final = frozenset({"acquire", "take", "consume", "wait", "reserve", "spend", "throttle"})
_LIMITS: Final = frozenset({"second", "minute", "day", "weight", "burst", "recovery", "capacity",
                            "cost"})  # fmt: skip
_HELD: Final = frozenset({"tokens", "token", "level", "available", "budget", "allowance", "permits",
                          "bucket", "weight", "remaining"})  # fmt: skip


def _taken(sleep: ast.Call, module: Module) -> Iterator[Hit]:
    function = module.function(sleep)
    if function is None or not words(function.name) & _TAKES:
        return
    for cost in module.scope(function).parameters:
        if not words(cost) & _COST:
            continue
        held = _held(cost, function, module)
        if not held or _refuses(cost, held, function, module):
            continue
        given = _set_to_cost(cost, held, function, module)
        if given is not None:
            yield Hit(given, f"a `{cost}` above what the bucket holds is granted all the same")
            continue
        loop = _waits_for_ever(cost, held, function, module)
        if loop is not None:
            yield Hit(loop, f"a `{cost}` above what the bucket holds waits here for ever")


def _held(cost: str, function: FunctionNode, module: Module) -> str:
    """The attribute that the cost is taken from."""
    for each in module.own(function, ast.AugAssign):
        target = each.target
        if (
            isinstance(each.op, ast.Sub)
            and isinstance(target, ast.Attribute)
            and words(target.attr) & _HELD
            and last_name(each.value) == cost
        ):
            return target.attr
    return ""


def _refuses(cost: str, held: str, function: FunctionNode, module: Module) -> bool:
    """Whether the cost is compared with anything but what is there now."""
    for compare in module.own(function, ast.Compare):
        parts = [last_name(each) for each in (compare.left, *compare.comparators)]
        if cost in parts and held not in parts:
            return True
    return any(
        cost in {last_name(each) for each in call.args}
        for call in module.calls_of("min")
        if module.function(call) is function
    )


def _set_to_cost(cost: str, held: str, function: FunctionNode, module: Module) -> ast.Assign | None:
    for each in module.own(function, ast.Assign):
        if last_name(each.value) == cost and any(last_name(t) == held for t in each.targets):
            return each
    return None


def _waits_for_ever(
    cost: str, held: str, function: FunctionNode, module: Module
) -> ast.While | None:
    """A loop until enough is there, of what is capped where it is filled up."""
    for loop in module.own(function, ast.While):
        test = loop.test
        if not isinstance(test, ast.Compare):
            continue
        parts = {last_name(each) for each in (test.left, *test.comparators)}
        if {cost, held} <= parts and _capped(held, function, module):
            return loop
    return None


def _capped(held: str, function: FunctionNode, module: Module) -> bool:
    owner = module.owner(function) or function
    return any(
        any(last_name(target) == held for target in assign.targets)
        for assign in module.within(owner, ast.Assign)
        if isinstance(assign.value, ast.Call) and last_name(assign.value.func) == "min"
    )


def _declared(node: ast.Assign, module: Module) -> Iterator[Hit]:
    """Limits in a table, some of which are read by name and some never."""
    if not isinstance(node.value, ast.Dict):
        return
    if not any("limits" in words(last_name(each)) for each in node.targets):
        return
    keys = {
        key.value
        for table in [node.value, *module.within(node.value, ast.Dict)]
        for key in table.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }
    limits = {each for each in keys if words(each) & _LIMITS}
    read = {
        each.value
        for each in ast.walk(module.tree)
        if isinstance(each, ast.Constant) and each.value in limits and not module.holds(node, each)
    }
    unread = sorted(limits - read)
    if read and unread:
        yield Hit(
            node,
            f"{', '.join(f'`{each}`' for each in unread)}: declared here and never looked at",
            Severity.WARNING,
        )


RULE = Rule(
    id="T28",
    title="a limiter that grants more than it says",
    severity=Severity.ERROR,
    topic=Topic.PERFORMANCE,
    why="Forty were granted at once by a bucket of twenty, which is a ban at the venue; or the one "
    "large request waits for what can never be there, and all behind it wait with it.",
    fix="refuse a cost above the capacity with an error of its own, and enforce each limit that is "
    "declared",
    link="https://github.com/upstash/ratelimit-py/pull/15",
    visits=(on_calls(_taken, "sleep"), where_said(on_nodes(_declared, ast.Assign), "limits")),
    bad=(
        """
import asyncio

class Bucket:
    async def acquire(self, cost: int = 1):
        async with self.lock:
            self.refill()
            if self.tokens < cost:
                await asyncio.sleep((cost - self.tokens) / self.rate)
                self.tokens = cost  # <-
            self.tokens -= cost
""",
        """
import time

class Bucket:
    def refill(self):
        self.available = min(self.capacity, self.available + self.rate)

    def consume(self, weight):
        while self.available < weight:  # <-
            time.sleep(0.1)
            self.refill()
        self.available -= weight
""",
        """
class Limiter:
    LIMITS = {  # <-
        "kraken": {"requests_per_second": 1, "max_cost": 15, "cost_recovery": 0.33},
    }

    def __init__(self, venue):
        self.rate = self.LIMITS[venue]["requests_per_second"]
""",
    ),
    good=(
        """
import asyncio

class Bucket:
    async def acquire(self, cost: int = 1):
        if cost > self.capacity:
            raise ValueError(f"{cost} is more than {self.capacity}")
        while self.tokens < cost:
            await asyncio.sleep(0.1)
            self.tokens = min(self.capacity, self.tokens + 1)
        self.tokens -= cost

LIMITS = {"kraken": {"max_cost": 15, "cost_recovery": 0.33}}
OTHER_LIMITS = {"okx": {"orders_per_second": 30}}

def counter(venue):
    return Counter(LIMITS[venue]["max_cost"], LIMITS[venue]["cost_recovery"])

class Clamped:
    async def acquire(self, cost: int = 1):
        cost = min(cost, self.capacity)
        if self.tokens < cost:
            await asyncio.sleep(1)
            self.tokens = cost
        self.tokens -= cost
""",
    ),
)
