"""T04: floats of money are compared for equality."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.numbers import Number, number
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, in_trading, on_nodes

_HELD: Final = frozenset(
    {
        "amount", "balance", "exposure", "filled", "holding", "holdings", "inventory", "position",
        "qty", "quantity", "remaining", "size", "unfilled",
    }
)  # fmt: skip
_LEFT: Final = frozenset(
    {
        "balance", "exposure", "holding", "holdings", "inventory", "left", "net", "position",
        "remaining", "unfilled",
    }
)  # fmt: skip
"""What is left after sums; any other size is zero when something has made it so."""

_NOT_HELD: Final = frozenset({"step", "tick", "min", "max", "batch", "id", "side", "type", "count"})


def _equal(node: ast.Compare, module: Module) -> Iterator[Hit]:
    if len(node.ops) != 1 or not isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
        return
    left, right = node.left, node.comparators[0]
    if not (_is_held(left) or _is_held(right)):
        return
    if isinstance(module.statement(node), ast.Assert):
        return
    types = {number(module, left), number(module, right)}
    literal = any(isinstance(each, ast.Constant) and _is_float(each) for each in (left, right))
    zero = isinstance(right, ast.Constant) and right.value == 0
    if zero and not _summed(left, module) and words(ast.unparse(left)).isdisjoint(_LEFT):
        return
    # A float against an int is one against zero, which is exact right after `= 0`.
    summed = Number.FLOAT in types and _summed(left, module)
    if Number.DECIMAL not in types and (types == {Number.FLOAT} or literal or summed):
        yield Hit(node, f"`{ast.unparse(node)}` is true of floats only by luck")


def _is_float(node: ast.Constant) -> bool:
    return isinstance(node.value, float)


def _is_held(node: ast.expr) -> bool:
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        name = str(node.slice.value)
    else:
        name = last_name(node)
    own = words(name)
    return not own.isdisjoint(_HELD) and own.isdisjoint(_NOT_HELD)


def _summed(node: ast.expr, module: Module) -> bool:
    """Whether a value is what is left after additions or subtractions."""
    return any(
        isinstance(each.node, ast.BinOp) and isinstance(each.node.op, ast.Add | ast.Sub)
        for each in module.values(node)
    )


RULE = Rule(
    id="T04",
    title="floats of money are compared for equality",
    severity=Severity.WARNING,
    topic=Topic.EDGES,
    why="0.1 + 0.2 - 0.3 is 5.5e-17: a position that is closed counts as open, is closed again, "
    "and is then short.",
    fix="compare Decimals on the venue's step, or test against the smallest size that can be held",
    link="https://github.com/nautechsystems/nautilus_trader/commit/4e784f47bf",
    visits=(in_trading(on_nodes(_equal, ast.Compare)),),
    bad=(
        """
import ccxt

class Book:
    def __init__(self):
        self.position = 0.0

    def is_flat(self):
        return self.position == 0.0  # <-

def done(order, amount: float, sent: float):
    if order["remaining"] == 0.0:  # <-
        return True
    remaining = amount - sent
    return remaining != 0  # <-
""",
        """
from alpaca.trading.client import TradingClient

def same(filled_qty: float, quantity: float | None = None) -> bool:
    return filled_qty == quantity  # <-
""",
    ),
    good=(
        """
import ccxt
from decimal import Decimal

class Book:
    def __init__(self):
        self.position = Decimal(0)

    def is_flat(self):
        return self.position == 0

def done(order, filled: Decimal, quantity: Decimal, lots: int):
    if filled == quantity or lots == 0:
        return True
    if order["side"] == "buy" or order["amount"] == "":
        return False
    return abs(order["remaining"]) < EPSILON

def tested(position: float) -> None:
    assert position == 0.5

def sized(amount: float) -> bool:
    return amount == 0.0

def rsi(loss: float) -> float:
    return 100.0 if loss == 0.0 else 50.0
""",
        """
def at_start(position: float) -> bool:
    return position == 0.0
""",
    ),
)
