"""T06: an order without a price is valued at a price that somebody made up."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes, where_said

_DECIDING = frozenset(
    {
        "allow", "allowed", "check", "exposure", "guard", "limit", "notional", "risk", "valid",
        "validate", "value",
    }
)  # fmt: skip


def _multiplied(node: ast.BinOp, module: Module) -> Iterator[Hit]:
    if not isinstance(node.op, ast.Mult):
        return
    for side in (node.left, node.right):
        for part in _followed(side, module):
            name, made_up = _fallback(part)
            if made_up is not None and _is_price(name) and _number(made_up) is not None:
                what = f"where `{ast.unparse(name)}` is missing, {_said(made_up)} is taken"
                sure = _decides(node, module) and str(_number(made_up)).strip("0.") != ""
                yield Hit(node, what, None if sure else Severity.WARNING)


def _decides(node: ast.AST, module: Module) -> bool:
    """Whether an order depends on the value, by what names it: not a fee or a line of a log."""
    function = module.function(node)
    named = words(function.name) if function is not None else frozenset()
    statement = module.statement(node)
    if isinstance(statement, ast.Assign):
        named |= {word for each in statement.targets for word in words(last_name(each))}
    return not named.isdisjoint(_DECIDING)


def _followed(side: ast.expr, module: Module) -> list[ast.expr]:
    """The factor itself, and what a local name of it was set to."""
    if isinstance(side, ast.Name):
        return module.scope(module.function(side)).only(side.id)
    return [side]


def _fallback(node: ast.expr) -> tuple[ast.expr, ast.expr | None]:
    """The value and what stands in for it: `price or 1`, `price if price else 1`."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        return node.values[0], node.values[-1]
    if isinstance(node, ast.IfExp) and ast.unparse(node.body) in ast.unparse(node.test):
        return node.body, node.orelse
    return node, None


def _is_price(node: ast.expr) -> bool:
    return bool(words(last_name(node)) & {"price", "px"})


def _number(node: ast.expr) -> object:
    """The number that an expression spells, `Decimal("1")` included; None for others."""
    if isinstance(node, ast.Call) and last_name(node.func) in {"Decimal", "float", "int"}:
        node = node.args[0] if len(node.args) == 1 else node
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str):
        return node.value
    return None


def _said(node: ast.expr) -> str:
    return f"a price of {_number(node)}"


RULE = Rule(
    id="T06",
    title="a market order is valued at a price that somebody made up",
    severity=Severity.ERROR,
    topic=Topic.RISK,
    why="Ten BTC without a price are then worth ten: every limit on exposure and notional lets "
    "market orders through, which are the ones that cost most when they are wrong.",
    fix="value it at the mark price or the far side of the book, and refuse it where there is none",
    visits=(where_said(on_nodes(_multiplied, ast.BinOp), "price", "px"),),
    bad=(
        """
from decimal import Decimal

def check(self, order):
    value = order.size * (order.price or Decimal("1"))  # <-
    price = order.price if order.price else 1
    again = order.size * price  # <-
    return value <= self.max_exposure
""",
    ),
    good=(
        """
def check(self, order):
    price = order.price if order.price is not None else self.mark_price(order.symbol)
    if price is None:
        raise Refused("no price is known")
    return order.size * price <= self.max_exposure
""",
        """
def grid(self, amount, price, buy_side):
    return amount * (price if buy_side else 1)
""",
    ),
)
