"""T65: a division by what is zero when nothing is held."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.exceptions import covers
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, in_trading, on_module

_EMPTY: Final = frozenset(
    {"position", "balance", "equity", "invested", "cost", "exposure", "contracts", "filled",
     "holdings", "margin"}
)  # fmt: skip
"""Words of what is zero in a flat account."""
_SURE: Final = frozenset(
    {"max", "initial", "init", "start", "starting", "sampling", "limit", "frame"}
)
_MONEY: Final = frozenset({"pnl", "profit", "loss", "gain", "value", "amount", "price", "fee"})


def _divided(module: Module, _: Module) -> Iterator[Hit]:
    for node in module.nodes(ast.BinOp):
        if node.op.__class__ is ast.Div:
            yield from _unguarded(node, module)


def _unguarded(node: ast.BinOp, module: Module) -> Iterator[Hit]:
    names = _names(node.right)
    own = frozenset[str]().union(*(words(each) for each in names))
    function = module.function(node)
    if function is None or own & _SURE or not _is_money(node.left):
        return
    looked_up = "rate" in own and _is_looked_up(node.right, module)
    if own.isdisjoint(_EMPTY) and not looked_up:
        return
    if _caught(node, module) or _tested(names, function, module):
        return
    where = "where the venue has none" if looked_up else "where nothing is held"
    yield Hit(node, f"`{ast.unparse(node.right)}` is zero {where}")


def _is_looked_up(rate: ast.expr, module: Module) -> bool:
    """Whether a rate was asked for in this function: one that is handed in is its caller's."""
    if not isinstance(rate, ast.Name):
        return False
    bound = module.scope(module.function(rate)).only(rate.id)
    return bool(bound) and all(isinstance(each, ast.Call) for each in bound)


def _names(node: ast.expr) -> set[str]:
    """The names that a divisor is a product of."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _names(node.left) | _names(node.right)
    if isinstance(node, ast.Call) and last_name(node.func) in {"abs", "float", "Decimal"}:
        return _names(node.args[0]) if node.args else set()
    name = last_name(node)
    return {name} if name else set()


def _is_money(node: ast.expr) -> bool:
    named = (each for each in ast.walk(node) if isinstance(each, ast.Name | ast.Attribute))
    return any(words(last_name(each)) & _MONEY for each in named)


def _caught(node: ast.AST, module: Module) -> bool:
    return any(
        covers(module.caught(handler), "ZeroDivisionError")
        for _, handler in module.handlers_around(node)
    )


def _tested(names: set[str], function: ast.AST, module: Module) -> bool:
    """Whether the function looks at the divisor anywhere."""
    tests: list[ast.expr] = [each.test for each in module.within(function, ast.If)]
    tests += [each.test for each in module.within(function, ast.IfExp)]
    tests += [each.test for each in module.within(function, ast.Assert)]
    tests += [each.test for each in module.within(function, ast.While)]
    tests += [test for each in module.within(function, ast.comprehension) for test in each.ifs]
    tests += module.within(function, ast.BoolOp)
    tests += [
        each for each in module.within(function, ast.Call) if last_name(each.func) in {"max", "any"}
    ]
    return any(
        isinstance(each, ast.Name | ast.Attribute) and last_name(each) in names
        for test in tests
        for each in ast.walk(test)
    )


RULE = Rule(
    id="T65",
    title="a division by what is zero when nothing is held",
    severity=Severity.WARNING,
    topic=Topic.EDGES,
    why="The last position is closed, a transfer empties the account, a venue knows no rate: the "
    "loop ends in ZeroDivisionError, with open orders behind it.",
    fix="ask for zero first, and say what the answer is then",
    link="https://github.com/ryu878/bybit_scalp_bot_v2/issues/5",
    visits=(in_trading(on_module(_divided)),),
    bad=(
        """
import ccxt

def position_pnl(position):
    return position.pnl / abs(position.average_cost * position.contracts)  # <-

def converted(self, fee, pair):
    conversion_rate = self.rates.get(pair)
    return fee / conversion_rate  # <-
""",
    ),
    good=(
        """
import ccxt

def position_pnl(position):
    denominator = abs(position.average_cost * position.contracts)
    return position.pnl / denominator if denominator else 0

def share(value, equity):
    if equity <= 0:
        raise Empty(equity)
    return value / equity

def shares(rows):
    return [row.pnl / row.equity for row in rows if row.equity]

def converted(fee, conversion_rate=1):
    return fee / conversion_rate

def price(proceeds, amount):
    return proceeds / amount
""",
    ),
)
