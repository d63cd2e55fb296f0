"""T67: what was filled is valued at the price that was asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.payloads import field_read
from trading_tools.review.rule import Hit, Rule, Topic, on_module

_FILLED: Final = frozenset({"filled", "executedQty", "cumExecQty", "filled_qty", "accFillSz"})
_READS: Final = frozenset({ast.Subscript, ast.Call})
_KNOWS: Final = ("average", "avgprice", "avgpx", "cummulativequoteqty", "cumexecvalue", "cost")
_THROUGH: Final = frozenset({"float", "Decimal", "str", "abs"})


def _products(module: Module, _: Module) -> Iterator[Hit]:
    for node in module.nodes(ast.BinOp):
        if node.op.__class__ is ast.Mult and {node.left.__class__, node.right.__class__} <= _READS:
            yield from _valued(node, module)


def _valued(node: ast.BinOp, module: Module) -> Iterator[Hit]:
    left, right = _field(node.left), _field(node.right)
    for filled, price in ((left, right), (right, left)):
        if filled[1] in _FILLED and price[1] == "price" and filled[0] == price[0] != "":
            if not module.mentions(_KNOWS):
                yield Hit(node, f"`{ast.unparse(node)}` takes the limit for the price of the fill")
            return


def _field(node: ast.expr) -> tuple[str, str]:
    """What a field is read from, and its name; two empty texts for anything else."""
    if isinstance(node, ast.Call) and last_name(node.func) in _THROUGH and len(node.args) == 1:
        return _field(node.args[0])
    read = field_read(node)
    return ("", "") if read is None else (ast.unparse(read[0]), read[1])


RULE = Rule(
    id="T67",
    title="what was filled is valued at the limit",
    severity=Severity.WARNING,
    topic=Topic.EDGES,
    why="`price` of an order is what was asked for: 0 at market, worse than the fill at a limit "
    "that was crossed. The cost, the profit and the next size are wrong by the difference.",
    fix="take `average`, `cost` or the trades (Binance: `cummulativeQuoteQty / executedQty`)",
    link="https://github.com/ccxt/ccxt/wiki/Manual#order-structure",
    visits=(on_module(_products),),
    bad=(
        """
import ccxt

def spent(order):
    return order["filled"] * order["price"]  # <-

def received(order):
    return float(order.get("executedQty")) * float(order.get("price"))  # <-
""",
    ),
    good=(
        """
import ccxt

def spent(order):
    return order["filled"] * (order["average"] or order["price"])

def asked(order):
    return order["amount"] * order["price"]
""",
    ),
)
