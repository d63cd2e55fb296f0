"""T08: a number of contracts is valued as if a contract were one coin."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes, where_said

_SIZES: Final = ("contractsize", "multiplier", "contractvalue", "contractval", "ctval", "lotsize")
"""Words, without `_` and capitals, of code that knows what a contract holds."""

_PRICES: Final = frozenset({"price", "px", "mark", "last", "close", "bid", "ask"})
_NOT_CONTRACTS: Final = frozenset({"value", "size", "price", "cost", "max"})


def _valued(node: ast.BinOp, module: Module) -> Iterator[Hit]:
    if not isinstance(node.op, ast.Mult):
        return
    sides = [_name(each, module) for each in (node.left, node.right)]
    for contracts, price in (sides, sides[::-1]):
        own = words(contracts)
        counts = "contracts" in own and not own & _NOT_CONTRACTS
        if counts and words(price) & _PRICES and not module.mentions(_SIZES):
            what = "nothing in this file knows how much a contract holds"
            yield Hit(node, f"`{ast.unparse(node)}` is taken for a value; {what}")
            return


def _name(node: ast.expr, module: Module, *, bound: bool = True) -> str:
    """What a factor is called: `x` of `x`, `a.x`, `a["x"]`, `float(x)`, `abs(x)`, `a.get("x")`.

    A local name is called what it was set to, one step back.
    """
    if isinstance(node, ast.Call):
        if last_name(node.func) == "get" and node.args:
            return _text(node.args[0])
        return _name(node.args[0], module, bound=bound) if len(node.args) == 1 else ""
    if isinstance(node, ast.Subscript):
        return _text(node.slice)
    if bound and isinstance(node, ast.Name) and "contracts" not in words(node.id):
        made = module.scope(module.function(node)).only(node.id)
        if len(made) == 1 and isinstance(made[0], ast.Subscript | ast.Call):
            return _name(made[0], module, bound=False) or node.id
    return last_name(node)


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


RULE = Rule(
    id="T08",
    title="contracts are valued as if each were one coin",
    severity=Severity.WARNING,
    topic=Topic.RISK,
    why="A contract of BTC is 1 BTC at Binance, 0.01 at OKX and some dollars for inverse ones: "
    "notional, margin and every limit on them are off by a factor of a hundred or more.",
    fix="multiply by the market's `contractSize`, and treat inverse contracts apart",
    link="https://github.com/freqtrade/freqtrade/commit/46855221a",
    visits=(where_said(on_nodes(_valued, ast.BinOp), "contracts"),),
    bad=(
        """
def exposure(positions, marks):
    return sum(abs(each["contracts"]) * marks[each["symbol"]]["mark"] for each in positions)  # <-

class Desk:
    def notional(self, position):
        held = float(position["contracts"])
        return held * position["markPrice"]  # <-
""",
        """
def value(num_contracts: float, price: float) -> float:
    return num_contracts * price  # <-
""",
    ),
    good=(
        """
def exposure(exchange, positions, marks):
    total = 0
    for each in positions:
        size = exchange.market(each["symbol"])["contractSize"]
        total += each["contracts"] * size * marks[each["symbol"]]
    return total
""",
        """
def value(amount, price):
    return amount * price

def again(price, held):
    price = float(price)
    return held * price

def fee(contracts, rate):
    return contracts * rate
""",
    ),
)
