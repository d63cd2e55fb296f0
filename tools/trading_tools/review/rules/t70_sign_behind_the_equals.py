"""T70: a sign that slipped behind the equals sign."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, in_trading, on_module

_SIGNS: Final = {ast.UAdd: "+", ast.USub: "-"}


def _signed(module: Module, _: Module) -> Iterator[Hit]:
    for assign in module.nodes(ast.Assign):
        if assign.value.__class__ is ast.UnaryOp:
            yield from _slipped(assign, assign.value, module)


def _slipped(assign: ast.Assign, value: ast.UnaryOp, module: Module) -> Iterator[Hit]:
    """`size =- cost` as it is written, and `order.fee = +fee`: one name, and two things."""
    sign = _SIGNS.get(value.op.__class__)
    if sign is None or isinstance(value.operand, ast.Constant):
        return
    line = module.source.line(value.lineno).encode()
    written = line[: value.col_offset].endswith(b"=") and line[value.col_offset + 1 :][:1] == b" "
    target, given = assign.targets[0], value.operand
    # Of one and the same number `+` rounds, where it is a Decimal.
    alike = last_name(target) == last_name(given) and ast.unparse(target) != ast.unparse(given)
    if written or (sign == "+" and alike):
        name = last_name(target) or ast.unparse(target)
        severity = None if written else Severity.WARNING
        yield Hit(assign, f"`{name}` is set and not changed: is `{sign}=` meant?", severity)


RULE = Rule(
    id="T70",
    title="a sign that slipped behind the equals sign",
    severity=Severity.ERROR,
    topic=Topic.EDGES,
    why="The fee of the second fill takes the place of the first's, a position is what was bought "
    "last: each order after that is sized by it.",
    fix="write `+=`",
    link="https://docs.python.org/3/reference/simple_stmts.html#augmented-assignment-statements",
    visits=(in_trading(on_module(_signed)),),
    bad=(
        """
import ccxt

def book(transaction, position, fee, sold):
    transaction.fee = +fee  # <-
    position.size =- sold  # <-
    position["größe"] =- sold  # <-
""",
    ),
    good=(
        """
import ccxt

def book(transaction, position, fee, sold):
    transaction.fee += fee
    position.size -= sold
    position.change = -sold
    position.sign = +1

def signed(side, size, total):
    change = +size if side == "buy" else -size
    low = -size
    high = +size
    total = +total
    return change, low, high, total
""",
    ),
)
