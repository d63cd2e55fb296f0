"""T26: a limiter sleeps while it holds its lock."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_calls

_LOCKS: Final = frozenset({"lock", "mutex", "rlock"})
_PACING: Final = frozenset(
    {"limiter", "limit", "rate", "ratelimit", "throttle", "throttler", "bucket", "pace", "pacer"}
)


def _holding(call: ast.Call, module: Module) -> Iterator[Hit]:
    function = module.function(call)
    owner = module.owner(call)
    if function is None:
        return
    named = words(function.name) | (words(owner.name) if owner is not None else frozenset())
    if not named & _PACING:
        return
    for above in module.parents(call):
        if above is function:
            return
        if isinstance(above, ast.With | ast.AsyncWith):
            for item in above.items:
                if words(ast.unparse(item.context_expr)) & _LOCKS:
                    lock = ast.unparse(item.context_expr)
                    what = f"`{last_name(call.func)}` is called while `{lock}` is held"
                    yield Hit(call, f"{what}: whoever comes next waits for all before")
                    return


RULE = Rule(
    id="T26",
    title="a limiter sleeps while it holds its lock",
    severity=Severity.WARNING,
    topic=Topic.PERFORMANCE,
    why="One call that costs 100 holds up every cheap one behind it: a cancel came 4 seconds late, "
    "and a clock that is set back holds up all for an hour.",
    fix="work out the moment under the lock, release it, then sleep until then",
    visits=(on_calls(_holding, "sleep"),),
    bad=(
        """
import asyncio
import time
import threading

class RateLimiter:
    async def acquire(self, cost):
        async with self.lock:
            if self.tokens < cost:
                await asyncio.sleep((cost - self.tokens) / self.rate)  # <-
            self.tokens -= cost

_lock = threading.Lock()

def throttle():
    with _lock:
        time.sleep(max(0, NEXT - time.monotonic()))  # <-
""",
    ),
    good=(
        """
import asyncio

class RateLimiter:
    async def acquire(self, cost):
        async with self.lock:
            at = max(self.next_at, self.clock())
            self.next_at = at + cost / self.rate
        await asyncio.sleep(at - self.clock())

class Session:
    async def refresh(self):
        async with self.lock:
            await asyncio.sleep(1)
""",
    ),
)
