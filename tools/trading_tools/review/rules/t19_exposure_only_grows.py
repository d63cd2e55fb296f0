"""T19: an exposure that only ever grows, or that does not count what rests in the book."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.imports import dotted
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes

_EXPOSURE: Final = frozenset({"exposure", "position", "inventory"})
_NOT_EXPOSURE: Final = frozenset({"max", "limit", "count", "total", "history", "cum", "peak"})
_SIGNED: Final = frozenset(
    {"signed", "delta", "change", "diff", "net", "sign", "direction", "side", "pnl", "adjustment"}
)
_RESERVED: Final = (
    "reserv", "pending", "openorder", "working", "outstanding", "inflight", "resting", "release",
)  # fmt: skip
_FILLED: Final = frozenset({"filled", "fill", "executed"})
_ORDERING: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def _grows(owner: ast.ClassDef, module: Module) -> Iterator[Hit]:
    for name, added in _added(owner, module).items():
        if _is_lowered(name, owner, module) or not _is_of_trading(owner, module):
            continue
        for node in added:
            yield Hit(node, f"`self.{name}` grows by buys and by sells, and nothing lowers it")
        by_fills = all(words(ast.unparse(each.value)) & _FILLED for each in added)
        if by_fills and not _reserves(owner):
            for compare in _limits(name, owner, module):
                what = f"`self.{name}` knows fills only: orders that rest in the book pass"
                yield Hit(compare, f"{what} this limit in any number")


def _is_of_trading(owner: ast.ClassDef, module: Module) -> bool:
    """Readers have a position too, and cameras an exposure."""
    said = ast.unparse(owner).lower()
    return module.trades or any(each in said for each in ("order", "price", "trade", "sell"))


def _added(owner: ast.ClassDef, module: Module) -> dict[str, list[ast.AugAssign]]:
    """The exposures of a class by name, with what adds to them without a sign."""
    found: dict[str, list[ast.AugAssign]] = {}
    for node in module.within(owner, ast.AugAssign):
        name = dotted(node.target)
        own = words(name)
        is_one = name.startswith("self.") and name.count(".") == 1 and isinstance(node.op, ast.Add)
        if is_one and own & _EXPOSURE and not own & _NOT_EXPOSURE and not _signed(node, module):
            found.setdefault(name[5:], []).append(node)
    return found


def _signed(node: ast.AugAssign, module: Module) -> bool:
    """Whether what is added may be negative, or the side has been asked around it."""
    parts = list(ast.walk(node.value))
    if any(isinstance(each, ast.UnaryOp | ast.IfExp | ast.Constant) for each in parts):
        return True
    if words(ast.unparse(node.value)) & _SIGNED:
        return True
    names = [each for each in parts if isinstance(each, ast.Name)]
    for each in names:
        bound = module.scope(module.function(each)).bound.get(each.id, [])
        if any(isinstance(part, ast.UnaryOp | ast.IfExp) for b in bound for part in ast.walk(b)):
            return True
    tests = [each.test for each in module.parents(node) if isinstance(each, ast.If)]
    return any("side" in words(ast.unparse(each)) or "buy" in ast.unparse(each) for each in tests)


def _is_lowered(name: str, owner: ast.ClassDef, module: Module) -> bool:
    """Whether anything in the class takes from it, or sets it anew outside of `__init__`."""
    for node in module.within(owner, ast.AugAssign):
        lowers = not isinstance(node.op, ast.Add) or _signed(node, module)
        if dotted(node.target) == f"self.{name}" and lowers:
            return True
    for assign in module.within(owner, ast.Assign):
        function = module.function(assign)
        starts = function is not None and function.name in {"__init__", "__post_init__"}
        if not starts and any(dotted(each) == f"self.{name}" for each in assign.targets):
            return True
    return False


def _reserves(owner: ast.ClassDef) -> bool:
    text = ast.unparse(owner).replace("_", "").lower()
    return any(each in text for each in _RESERVED)


def _limits(name: str, owner: ast.ClassDef, module: Module) -> Iterator[ast.Compare]:
    for compare in module.within(owner, ast.Compare):
        if isinstance(compare.ops[0], _ORDERING):
            names = {dotted(each) for each in ast.walk(compare) if isinstance(each, ast.Attribute)}
            if f"self.{name}" in names:
                yield compare


RULE = Rule(
    id="T19",
    title="an exposure that only grows, or knows fills only",
    severity=Severity.ERROR,
    topic=Topic.RISK,
    why="A sale that closes the position counts like a second purchase, and a flat book is locked "
    "out; what rests in the book counts nothing, and five orders of 900 pass a limit of 1000.",
    fix="keep a signed position for each symbol, and reserve what is sent until it has ended",
    visits=(on_nodes(_grows, ast.ClassDef),),
    bad=(
        """
class Bot:
    def __init__(self):
        self.current_exposure = 0

    def check(self, order):
        if self.current_exposure + order.value > self.max_exposure:  # <-
            return False
        return True

    async def execute(self, order):
        result = await self._send(order)
        if result.success:
            self.current_exposure += result.filled_size * result.avg_price  # <-
        return result
""",
        """
class Limits:
    exposure: float = 0

    def record(self, amount, price):
        self.exposure += amount * price  # <-
""",
    ),
    good=(
        """
class Bot:
    def __init__(self):
        self.exposure = 0
        self.reserved = 0
        self.position = 0

    def fill(self, order, size, price):
        if order.side == "buy":
            self.exposure += size * price
        else:
            self.exposure -= size * price
        self.position += size if order.side == "buy" else -size

    def rebuild(self, positions):
        self.inventory = 0
        for each in positions:
            self.inventory += each.value

class Book:
    def __init__(self):
        self.position = 0

    def fill(self, signed_qty):
        self.position += signed_qty
""",
        """
class Cursor:
    def __init__(self, data):
        self.position = 0

    def skip(self, amount):
        self.position += amount
""",
    ),
)
