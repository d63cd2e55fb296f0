"""T20: a limit is checked, then something is awaited, then it is counted."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from trading_tools.review.findings import Severity
from trading_tools.review.model.imports import dotted
from trading_tools.review.model.index import FunctionNode
from trading_tools.review.model.module import Module
from trading_tools.review.model.values import called
from trading_tools.review.model.words import names_money, words
from trading_tools.review.rule import Hit, Rule, Topic, on_coroutines

_LOCKS = frozenset({"lock", "mutex", "semaphore", "sem", "guard", "limiter", "condition"})
_COUNTED = frozenset({"trades", "orders", "count", "used", "tokens", "budget", "exposure", "daily"})
_PLACES = frozenset({"idx", "index"})
_PACING = frozenset({"acquire", "limit", "pace", "rate", "throttle"})
_ORDERING = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


@dataclass
class _Course:
    """What a coroutine does with one attribute, by line."""

    checked: list[ast.AST] = field(default_factory=list)
    written: list[ast.AST] = field(default_factory=list)


def _raced(function: ast.AsyncFunctionDef, module: Module) -> Iterator[Hit]:
    awaits = [each for each in module.own(function, ast.Await) if not _is_lock(each)]
    if not awaits:
        return
    for name, course in _courses(function, module).items():
        for written in course.written:
            between = [
                (checked, each)
                for checked in course.checked
                for each in awaits
                if _before(checked, each) and _before(each, written)
            ]
            if between and not any(_locked(checked, written, module) for checked, _ in between):
                what = f"`self.{name}` is checked in line {_line(between[0][0])} and changed here"
                what = f"{what}; other tasks run at the `await` between"
                yield Hit(written, what, Severity.WARNING if _is_entry(written) else None)
                break


def _is_entry(written: ast.AST) -> bool:
    """`self.orders[id] = order`: an entry that is kept, and may be that of this order alone."""
    return isinstance(written, ast.Assign) and isinstance(written.targets[0], ast.Subscript)


def _counts(name: str, written: ast.AST, function: FunctionNode) -> bool:
    """Whether what is changed is something that a limit is about, and no mark or cache."""
    if words(name) & _PLACES:
        return False  # how far a list is read
    if names_money(name) or words(name) & _COUNTED:
        return True
    return not isinstance(written, ast.AugAssign) and bool(words(function.name) & _PACING)


def _courses(function: ast.AsyncFunctionDef, module: Module) -> dict[str, _Course]:
    """The attributes that are changed and count, with where they are checked."""
    found: dict[str, _Course] = {}
    for added in module.own(function, ast.AugAssign):
        _written(found, added.target, added, function)
    for assign in module.own(function, ast.Assign):
        if not isinstance(assign.value, ast.Constant):
            for each in assign.targets:
                _written(found, each, assign, function)
    if found:
        for name, node in _checks(function, module):
            if name in found:
                found[name].checked.append(node)
    return {name: course for name, course in found.items() if course.checked}


def _checks(function: ast.AsyncFunctionDef, module: Module) -> Iterator[tuple[str, ast.AST]]:
    """What is checked in a coroutine, or in a plain method that it asks."""
    for compare in module.own(function, ast.Compare):
        for name in _ordered(compare, function, module):
            yield name, compare
    for call in module.own(function, ast.Call):
        target = called(module, call) if dotted(call.func).startswith("self.") else None
        if target is not None and isinstance(target.node, ast.FunctionDef):
            if isinstance(module.parent(call), ast.Expr) and not target.module.within(
                target.node, ast.Raise
            ):
                continue  # it decides nothing here: it draws, or logs
            for name in _checked_in(target.node, target.module):
                yield name, call


def _written(
    found: dict[str, _Course], target: ast.expr, node: ast.AST, function: FunctionNode
) -> None:
    name = _attribute(target)
    if name and _counts(name, node, function):
        found.setdefault(name, _Course()).written.append(node)


def _checked_in(function: FunctionNode, module: Module) -> Iterator[str]:
    """The attributes that a helper compares; none where it takes its share of them at once."""
    names = {
        name
        for compare in module.own(function, ast.Compare)
        for name in _ordered(compare, function, module)
    }
    targets = [each.target for each in module.own(function, ast.AugAssign)]
    for assign in module.own(function, ast.Assign):
        targets += [each for each in assign.targets if isinstance(each, ast.Subscript)]
    if names.isdisjoint(_attribute(each) for each in targets):
        yield from sorted(names)


def _ordered(compare: ast.Compare, function: FunctionNode, module: Module) -> Iterator[str]:
    """The attributes whose size decides a comparison, by way of local names too."""
    if not any(isinstance(each, _ORDERING) for each in compare.ops):
        return
    pending: list[ast.expr] = [compare.left, *compare.comparators]
    scope = module.scope(function)
    seen: set[str] = set()
    while pending:
        for part in ast.walk(pending.pop()):
            if isinstance(part, ast.Name) and part.id not in seen:
                seen.add(part.id)
                pending += scope.bound.get(part.id, [])
            elif isinstance(part, ast.Attribute):
                name = _attribute(part)
                if name:
                    yield name


def _attribute(node: ast.AST) -> str:
    """`x` of `self.x` and of `self.x[key]`."""
    if isinstance(node, ast.Subscript):
        node = node.value
    name = dotted(node)
    return name[5:] if name.startswith("self.") and name.count(".") == 1 else ""


def _is_lock(node: ast.Await) -> bool:
    called_name = dotted(node.value.func) if isinstance(node.value, ast.Call) else ""
    return called_name.endswith(".acquire") and bool(words(called_name) & _LOCKS)


def _locked(checked: ast.AST, written: ast.AST, module: Module) -> bool:
    """Whether both stand under the same `async with lock`."""
    return any(
        words(ast.unparse(item.context_expr)) & _LOCKS
        for above in module.parents(written)
        if isinstance(above, ast.AsyncWith) and module.holds(above, checked)
        for item in above.items
    )


def _before(one: ast.AST, other: ast.AST) -> bool:
    return _line(one) < _line(other)


def _line(node: ast.AST) -> int:
    line: int = node.lineno  # type: ignore[attr-defined]  # only of statements and expressions
    return line


RULE = Rule(
    id="T20",
    title="a limit is checked, then something is awaited, then it is counted",
    severity=Severity.ERROR,
    topic=Topic.RISK,
    why="Two orders that are checked at the same time both pass: five of 900 went through a limit "
    "of 1000, and six requests through one a second.",
    fix="count before the `await` and take it back when nothing came of it, or hold one lock "
    "around the check and the act",
    visits=(on_coroutines(_raced),),
    bad=(
        """
class Bot:
    def allowed(self, order):
        return self.exposure + order.value <= self.max_exposure

    async def execute(self, order):
        if not self.allowed(order):
            return None
        result = await self.send(order)
        self.exposure += result.value  # <-
        return result

    async def pace(self):
        elapsed = clock() - self._last
        if elapsed < self._interval:
            await sleep(self._interval - elapsed)
        self._last = clock()  # <-
""",
    ),
    good=(
        """
class Bot:
    def reserve(self, order):
        if self.position + sum(self.reserved.values()) + order.size > self.most:
            raise Refused(order)
        self.reserved[order.id] = order.size

    async def send(self, order):
        self.reserve(order)
        await self.exchange.create_order(order.symbol, "market", order.side, order.size)
        self.position += order.size
        self.reserved.pop(order.id)
""",
        """
class Bot:
    def draw(self):
        self.colour = "red" if self.trades_lost > 3 else "green"

    async def settle(self, order):
        self.draw()
        await self.outcome(order)
        self.trades_lost += 1

    async def execute(self, order):
        if self.exposure + order.value > self.max_exposure:
            return None
        self.exposure += order.value
        result = await self.send(order)
        return result

    async def locked(self, order):
        async with self._lock:
            if self.exposure + order.value > self.max_exposure:
                return None
            result = await self.send(order)
            self.exposure += result.value
        return result

    async def connect(self):
        if self.attempts < 3:
            await self.open()
        self.connected = True
""",
        """

class Reader:
    async def read(self, orders):
        while self._last_orders_idx < len(orders):
            await self.tell(orders[self._last_orders_idx])
            self._last_orders_idx += 1
""",
    ),
)
