"""T53: an order that was checked once and can be changed, or holds what no order may."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import FunctionNode, last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.values import method_of
from trading_tools.review.model.words import names_money, words
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes

_ORDERS: Final = frozenset({"order", "orders", "request", "intent", "limits", "limit", "quote"})
_FINITE: Final = frozenset({"is_finite", "isfinite", "is_nan", "isnan", "is_infinite", "isinf"})
_NUMBERS: Final = frozenset({"Decimal", "float"})
_ORDERING: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def _order(owner: ast.ClassDef, module: Module) -> Iterator[Hit]:
    marker = _dataclass(owner, module)
    check = method_of(owner, "__post_init__")
    if marker is None or check is None or not words(owner.name) & _ORDERS:
        return
    money = _money(owner)
    checked = _checked(check, module) & set(money)
    if not checked or not any(isinstance(each, ast.Raise) for each in ast.walk(check)):
        return
    named = ", ".join(f"`{each}`" for each in sorted(checked))
    if not _frozen(marker):
        yield Hit(owner, f"{named} can be set to anything after the check")
    if not any(last_name(each.func) in _FINITE for each in module.within(check, ast.Call)):
        yield Hit(check, f"{named} may be Infinity, or NaN with another error")
    decimals = sorted(each for each in checked if "Decimal" in ast.dump(money[each]))
    if decimals and not any(_looks_at_type(each) for each in module.within(check, ast.Call)):
        yield Hit(check, f"`{decimals[0]}` says Decimal and takes a float without a word")


def _dataclass(owner: ast.ClassDef, module: Module) -> ast.expr | None:
    for each in owner.decorator_list:
        target = each.func if isinstance(each, ast.Call) else each
        if module.dotted(target) in {"dataclasses.dataclass", "dataclass"}:
            return each
    return None


def _frozen(marker: ast.expr) -> bool:
    if not isinstance(marker, ast.Call):
        return False
    return any(each.arg == "frozen" and _is_true(each.value) for each in marker.keywords)


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _money(owner: ast.ClassDef) -> dict[str, ast.expr]:
    return {
        each.target.id: each.annotation
        for each in owner.body
        if isinstance(each, ast.AnnAssign)
        and isinstance(each.target, ast.Name)
        and names_money(each.target.id)
        and any(last_name(part) in _NUMBERS for part in ast.walk(each.annotation))
    }


def _checked(check: FunctionNode, module: Module) -> set[str]:
    """The fields that are compared with something."""
    return {
        last_name(part)
        for compare in module.within(check, ast.Compare)
        if any(isinstance(each, _ORDERING) for each in compare.ops)
        for part in (compare.left, *compare.comparators)
        if isinstance(part, ast.Attribute)
    }


def _looks_at_type(call: ast.Call) -> bool:
    return last_name(call.func) in {"isinstance", "type", "Decimal", "__setattr__"}


RULE = Rule(
    id="T53",
    title="an order that was checked once and can be changed",
    severity=Severity.WARNING,
    topic=Topic.RISK,
    why="`order.size = -5` after the check goes to the venue; Infinity is above zero, so it passes "
    "`size <= 0`, and a comparison with NaN in Decimal raises what no caller expects.",
    fix="make it `@dataclass(frozen=True)` and refuse what is no Decimal or not `is_finite()`",
    link="https://docs.python.org/3/library/decimal.html#special-values",
    visits=(on_nodes(_order, ast.ClassDef),),
    bad=(
        """
from dataclasses import dataclass
from decimal import Decimal

@dataclass
class OrderRequest:  # <-
    symbol: str
    size: Decimal
    price: Decimal | None = None

    def __post_init__(self):  # <-
        if self.size <= 0:
            raise ValueError(f"size {self.size}")
""",
        """
import dataclasses as dc
from decimal import Decimal

@dc.dataclass(slots=True)
class TradeIntent:  # <-
    notional: Decimal

    def __post_init__(self):
        if not isinstance(self.notional, Decimal) or not self.notional.is_finite():
            raise TypeError("a finite Decimal")
        if not 0 < self.notional:
            raise ValueError("above zero")
""",
    ),
    good=(
        """
from dataclasses import dataclass
from decimal import Decimal

@dataclass(frozen=True)
class OrderRequest:
    size: Decimal

    def __post_init__(self):
        if not isinstance(self.size, Decimal) or not self.size.is_finite() or self.size <= 0:
            raise ValueError(f"size {self.size}")

@dataclass
class Book:
    size: Decimal

    def __post_init__(self):
        self.rows = {}

@dataclass
class OrderView:
    size: Decimal
""",
    ),
)
