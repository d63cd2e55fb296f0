"""T47: a circuit breaker that does not break, or does not mend."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import FunctionNode, last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes

_PROBES: Final = frozenset(
    {"probe", "probes", "probing", "trial", "trials", "half", "permits", "permit", "flight",
     "inflight", "testing", "attempts", "token", "tokens", "calls", "lock", "semaphore"}
)  # fmt: skip
_BREAKER: Final = frozenset({"breaker", "circuit"})
_ASKS: Final = re.compile(r"_*(can|allow|is_|may|should|check|before|permit|acquire|admit)\w*")
_FAILS: Final = re.compile(r"\w*(fail|error)\w*")


def _breaker(owner: ast.ClassDef, module: Module) -> Iterator[Hit]:
    if not words(owner.name) & _BREAKER:
        return
    methods = [each for each in owner.body if isinstance(each, FunctionNode)]
    if not any(_speaks_of(each, "HALFOPEN") for each in methods):
        return
    for method in methods:
        if _ASKS.fullmatch(method.name) and _admits_all(method, owner, module):
            yield Hit(method, f"`{method.name}` lets every request through while HALF_OPEN")
        elif _FAILS.fullmatch(method.name) and _opens(method):
            if not _speaks_of(method, "HALFOPEN") and _opens_only_at_threshold(method, module):
                yield Hit(
                    method,
                    f"`{method.name}` does not open again at once when the probe fails",
                )
            if not _asks_state(method, module) and _stamps(method, module):
                yield Hit(
                    method,
                    f"`{method.name}` moves the opening time on at each failure that arrives late",
                    Severity.WARNING,
                )
    yield from _too_short(owner, module)


def _admits_all(method: FunctionNode, owner: ast.ClassDef, module: Module) -> bool:
    """Whether it turns to HALF_OPEN and admits, and nothing counts who was let through."""
    if not _speaks_of(method, "HALFOPEN"):
        return False
    says_yes = any(_is_yes(each.value) for each in module.own(method, ast.Return))
    return says_yes and not any(
        words(name) & _PROBES for name in _written(owner, module) if not _is_state(name)
    )


def _is_state(name: str) -> bool:
    return bool(words(name) & {"state", "status"})


def _written(owner: ast.ClassDef, module: Module) -> set[str]:
    """The attributes that change after the object was made."""
    found: set[str] = set()
    changed: list[ast.Assign | ast.AugAssign] = [*module.within(owner, ast.Assign)]
    changed += module.within(owner, ast.AugAssign)
    for node in changed:
        function = module.function(node)
        if function is not None and function.name != "__init__":
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update(each.attr for each in targets if isinstance(each, ast.Attribute))
    blocks: list[ast.With | ast.AsyncWith] = [*module.within(owner, ast.With)]
    blocks += module.within(owner, ast.AsyncWith)
    for held in blocks:
        found.update(last_name(item.context_expr) for item in held.items)
    return found


def _is_yes(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Tuple) and value.elts:
        value = value.elts[0]
    return isinstance(value, ast.Constant) and value.value is True


def _named(node: ast.AST) -> str:
    """A state by its constant, name or member."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    else:
        text = last_name(node)
    return re.sub(r"[\W_]", "", text).upper()


def _speaks_of(node: ast.AST, state: str) -> bool:
    return any(_named(each) == state for each in ast.walk(node))


def _opens(method: FunctionNode) -> bool:
    return any(
        isinstance(each, ast.Assign) and _named(each.value) == "OPEN" for each in ast.walk(method)
    )


def _opens_only_at_threshold(method: FunctionNode, module: Module) -> bool:
    return all(
        isinstance(module.parent(each), ast.If)
        for each in module.own(method, ast.Assign)
        if _named(each.value) == "OPEN"
    )


def _asks_state(method: FunctionNode, module: Module) -> bool:
    return any(
        _is_state(last_name(part))
        for compare in module.own(method, ast.Compare)
        for part in (compare.left, *compare.comparators)
    )


def _stamps(method: FunctionNode, module: Module) -> bool:
    return any(
        isinstance(target, ast.Attribute) and "opened" in words(target.attr)
        for each in module.own(method, ast.Assign)
        for target in each.targets
    )


def _opened_inside(handler: ast.ExceptHandler, module: Module) -> Iterator[Hit]:
    """A breaker that is told of a failure by hand, after its own `async with` has seen it."""
    attempt = module.parent(handler)
    if not isinstance(attempt, ast.Try):
        return
    entered = {
        ast.unparse(item.context_expr)
        for each in attempt.body
        if isinstance(each, ast.With | ast.AsyncWith)
        for item in each.items
        if words(last_name(item.context_expr)) & _BREAKER
    }
    if not entered:
        return
    for call in module.within(handler, ast.Call):
        target = call.func
        if isinstance(target, ast.Attribute) and ast.unparse(target.value) in entered:
            yield Hit(call, f"`{ast.unparse(target.value)}` has counted this failure already")


def _too_short(owner: ast.ClassDef, module: Module) -> Iterator[Hit]:
    """Failures kept in a deque of fixed length beside a threshold that can be set higher."""
    if module.within(owner, ast.Raise):
        return
    for call in module.within(owner, ast.Call):
        length = next((each.value for each in call.keywords if each.arg == "maxlen"), None)
        if last_name(call.func) == "deque" and isinstance(length, ast.Constant):
            what = f"with a threshold above {length.value!r} the breaker never opens"
            yield Hit(call, what, Severity.WARNING)


RULE = Rule(
    id="T47",
    title="a circuit breaker that does not break",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="HALF_OPEN is there for one request that tests the venue. Without a count, all that wait "
    "go at once (1000 of 1000 were admitted) into a venue that is just coming back.",
    fix="let one probe through and refuse the others until it has ended; open again at once when "
    "it fails, and count failures only while CLOSED",
    link="https://learn.microsoft.com/en-us/azure/architecture/patterns/circuit-breaker",
    visits=(on_nodes(_breaker, ast.ClassDef), on_nodes(_opened_inside, ast.ExceptHandler)),
    bad=(
        """
import time
from collections import deque

class CircuitBreaker:
    threshold: int = 5

    def __init__(self):
        self._failures = deque(maxlen=100)  # <-
        self._state = "CLOSED"

    def record_failure(self):  # <-
        self._failures.append(time.monotonic())
        if len(self._failures) >= self.threshold:
            self._state = "OPEN"
            self._opened_at = time.monotonic()

    def can_execute(self):  # <-
        if self._state == "OPEN":
            if time.monotonic() - self._opened_at > 300:
                self._state = "HALF_OPEN"
                return True, "testing"
            return False, "open"
        return True, "ok"
""",
        """
from enum import Enum

class State(Enum):
    CLOSED = 1
    OPEN = 2
    HALF_OPEN = 3

class OrderCircuit:
    async def allow_request(self) -> bool:  # <-
        if self.state is State.OPEN and self.clock() >= self.until:
            self.state = State.HALF_OPEN
        if self.state in (State.CLOSED, State.HALF_OPEN):
            return True
        return False
""",
        """
class Connector:
    async def ticker(self, symbol):
        try:
            async with self.circuit_breaker:
                return await self.exchange.fetch_ticker(symbol)
        except OSError:
            await self.circuit_breaker.open("not available")  # <-
            raise
""",
    ),
    good=(
        """
from enum import Enum

class State(Enum):
    CLOSED = 1
    OPEN = 2
    HALF_OPEN = 3

class Breaker:
    def can_execute(self) -> bool:
        if self._state is State.OPEN and self._clock() >= self._until:
            self._state = State.HALF_OPEN
            self._probe_running = False
        if self._state is State.HALF_OPEN:
            if self._probe_running:
                return False
            self._probe_running = True
            return True
        return self._state is State.CLOSED

    def record_failure(self) -> None:
        if self._state is State.HALF_OPEN:
            self._open()
        elif self._state is State.CLOSED:
            self._count += 1
            if self._count >= self._threshold:
                self._open()

    def _open(self) -> None:
        self._state = State.OPEN
        self._opened_at = self._clock()
""",
        """
class BreakerPanel:
    def can_execute(self):
        return True

class Connector:
    async def ticker(self, symbol):
        try:
            async with self.circuit_breaker:
                return await self.exchange.fetch_ticker(symbol)
        except OSError as error:
            self.log.warning("no ticker: %s", error)
            raise

    async def book(self, symbol):
        try:
            return await self.exchange.fetch_order_book(symbol)
        except OSError:
            self.circuit_breaker.record_failure()
            raise
""",
    ),
)
