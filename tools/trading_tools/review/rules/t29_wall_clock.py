"""T29: a span of time measured with a clock that can be set."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_calls

_WALL: Final = frozenset({"time.time", "time.time_ns"})
_PARTS: Final = (
    ast.BinOp, ast.UnaryOp, ast.Call, ast.keyword, ast.FormattedValue, ast.JoinedStr, ast.IfExp
)  # fmt: skip
_PACING: Final = frozenset(
    {"limiter", "limit", "limits", "bucket", "breaker", "circuit", "throttle", "pacer", "backoff",
     "watchdog", "stale", "health", "acquire", "cooldown", "heartbeat", "rate"}
)  # fmt: skip


def _measured(call: ast.Call, module: Module) -> Iterator[Hit]:
    if module.dotted(call.func) not in _WALL:
        return
    if _is_nonce(call, module):
        yield Hit(call, "a nonce of the wall clock goes back when the clock does, or is used twice")
        return
    if not _paces(call, module):
        return
    holder = _span(call, module)
    if holder is not None and _earlier(holder, module):
        yield Hit(
            holder, f"`{ast.unparse(holder)}` measures a span with a clock that can be set back"
        )


def _is_nonce(call: ast.Call, module: Module) -> bool:
    statement = module.statement(call)
    if not isinstance(statement, ast.Assign) or not isinstance(
        module.parent(call), (*_PARTS, ast.Assign)
    ):
        return False
    for target in statement.targets:
        name = last_name(target)
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            name = str(target.slice.value)
        if "nonce" in words(name):
            return True
    return False


def _paces(call: ast.Call, module: Module) -> bool:
    """Whether what stands around limits, breaks or watches something."""
    context = words(module.context(call).replace(".", "_"))
    return not context.isdisjoint(_PACING)


def _span(call: ast.Call, module: Module) -> ast.BinOp | None:
    """The difference of two times that this call begins, itself or by a name."""
    above = module.parent(call)
    if isinstance(above, ast.BinOp) and isinstance(above.op, ast.Sub):
        return above if above.left is call else None
    statement = module.statement(call)
    if not isinstance(statement, ast.Assign) or statement.value is not call:
        return None
    names = {each.id for each in statement.targets if isinstance(each, ast.Name)}
    function = module.function(call)
    if not names or function is None:
        return None
    for each in module.own(function, ast.BinOp):
        if isinstance(each.op, ast.Sub) and last_name(each.left) in names:
            return each
    return None


def _earlier(span: ast.BinOp, module: Module) -> bool:
    """Whether the other end is a time that was taken before, kept in an attribute or a table."""
    for value in module.values(span.right):
        if isinstance(value.node, ast.Call):
            if value.module.dotted(value.node.func) in _WALL:
                return True
            if last_name(value.node.func) == "get" and isinstance(value.node.func, ast.Attribute):
                return _is_time(value.node.func.value)
        if isinstance(value.node, ast.Constant) and value.node.value == 0:
            continue
        if isinstance(value.node, ast.Subscript) and _is_time(value.node.value):
            return True
    return _is_time(span.right)


def _is_time(node: ast.expr) -> bool:
    own = words(last_name(node))
    return bool(own & {"last", "opened", "started", "since"}) and isinstance(node, ast.Attribute)


RULE = Rule(
    id="T29",
    title="a span of time measured with a clock that can be set",
    severity=Severity.WARNING,
    topic=Topic.EDGES,
    why="When the machine's clock is set back by an hour, a limiter sleeps for an hour with its "
    "lock held, a breaker stays open, and a watchdog finds nothing stale; a nonce that goes back "
    "is refused until the clock has caught up.",
    fix="measure with `time.monotonic()`; count nonces up per key and keep the last one",
    link="https://docs.python.org/3/library/time.html#time.monotonic",
    visits=(on_calls(_measured, "time", "time_ns"),),
    bad=(
        """
import asyncio
import time

class Bot:
    async def _enforce_rate_limit(self):
        elapsed = time.time() - self._last_request_time  # <-
        if elapsed < self._interval:
            await asyncio.sleep(self._interval - elapsed)
        self._last_request_time = time.time()

class TokenBucket:
    def __init__(self):
        self.last_refill = time.time()

    async def acquire(self):
        now = time.time()
        elapsed = now - self.last_refill  # <-
        self.tokens += elapsed * self.rate
""",
        """
import time as clock

class CircuitBreaker:
    def allow(self):
        return clock.time() - self._opened_at > 60  # <-

class Kraken:
    def sign(self, request):
        request["nonce"] = int(clock.time() * 1000)  # <-
        nonce = str(int(clock.time() * 1000))  # <-
""",
    ),
    good=(
        """
import time

class TokenBucket:
    async def acquire(self):
        now = time.monotonic()
        self.tokens += (now - self.last_refill) * self.rate
        self.last_refill = now

def report(begun):
    print(f"took {time.time() - begun} s")

class RateLimitReply:
    def wait_until(self, headers):
        return int(headers["X-RateLimit-Reset"]) - time.time()

def order(self):
    return {"timestamp": int(time.time() * 1000)}
""",
    ),
)
