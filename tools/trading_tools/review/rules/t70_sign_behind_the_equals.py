"""T70: a sign that slipped behind the equals sign."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, in_trading, on_module


def _signed(module: Module, _: Module) -> Iterator[Hit]:
    for assign in module.nodes(ast.Assign):
        if assign.value.__class__ is ast.UnaryOp:
            yield from _slipped(assign, assign.value, module)


def _slipped(assign: ast.Assign, value: ast.UnaryOp, module: Module) -> Iterator[Hit]:
    """`fee = +fee`, and `fee =- cost` as it is written."""
    if isinstance(value.operand, ast.Constant):
        return
    line = module.source.line(value.lineno)
    written = line[: value.col_offset].endswith("=") and line[value.col_offset + 1 :][:1] == " "
    sign = "+" if isinstance(value.op, ast.UAdd) else "-"
    if isinstance(value.op, ast.UAdd) or (isinstance(value.op, ast.USub) and written):
        target = last_name(assign.targets[0]) or ast.unparse(assign.targets[0])
        yield Hit(assign, f"`{target}` is set and not changed: is `{sign}=` meant?")


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
""",
    ),
)
