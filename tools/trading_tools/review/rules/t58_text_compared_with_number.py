"""T58: a number that venues send as text is compared as if it were one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.payloads import sets_field
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes, where_said

_TEXTS: Final = frozenset(
    {"positionAmt", "executedQty", "origQty", "cummulativeQuoteQty", "cumExecQty", "leavesQty",
     "accFillSz", "unRealizedProfit", "cumExecValue"}
)  # fmt: skip
"""Fields that Binance, Bybit and OKX send as text: "0.000"."""
_SAID: Final = ("positionamt", "executedqty", "cumexecqty")
"""What files say that use any of them."""
_PLACES: Final = frozenset({"positionAmt", "executedQty", "origQty", "cummulativeQuoteQty"})
"""Those of Binance, which fills them up with zeros."""


def _equal(node: ast.Compare, module: Module) -> Iterator[Hit]:
    if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return
    for field, other in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
        key = _key(field)
        if key and isinstance(other, ast.Constant) and not _is_set(key, field, module):
            number = isinstance(other.value, int | float) and not isinstance(other.value, bool)
            zero = other.value == "0" and key in _PLACES
            if number or zero:
                same = "never" if isinstance(node.ops[0], ast.Eq) else "always"
                yield Hit(node, f'`{key}` is text like "0.000": `{ast.unparse(node)}` is {same} so')
            return


def _tested(node: ast.If, module: Module) -> Iterator[Hit]:
    test = node.test
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test = test.operand
    for each in test.values if isinstance(test, ast.BoolOp) else [test]:
        key = _key(each)
        if key and not _is_set(key, each, module) and not _is_read(key, node, module):
            # `get` may ask whether it is there at all.
            severity = Severity.WARNING if isinstance(each, ast.Call) else None
            yield Hit(each, f'`{key}` is text like "0.000", which counts as true', severity)


def _is_read(key: str, node: ast.If, module: Module) -> bool:
    """Whether a number is made of the field in the same statement."""
    calls = (each for each in module.within(node, ast.Call) if each.args)
    return any(
        last_name(each.func) in {"float", "Decimal"} and _key(each.args[0]) == key for each in calls
    )


def _key(node: ast.expr) -> str:
    """The field that an expression reads, where it is one of these."""
    if isinstance(node, ast.Call) and last_name(node.func) == "get" and node.args:
        key = node.args[0]
    elif isinstance(node, ast.Subscript):
        key = node.slice
    else:
        return ""
    said = key.value if isinstance(key, ast.Constant) else None
    return said if isinstance(said, str) and said in _TEXTS else ""


def _is_set(key: str, node: ast.expr, module: Module) -> bool:
    """Whether this file makes numbers of the field, or reads it from a table of them."""
    holder = node.value if isinstance(node, ast.Subscript) else node
    return bool(words(last_name(holder)) & {"df", "frame", "dataframe"}) or sets_field(module, key)


RULE = Rule(
    id="T58",
    title="text is compared as if it were a number",
    severity=Severity.ERROR,
    topic=Topic.EDGES,
    why='Binance sends sizes as text: "0.000" is not 0, so each symbol of the account has a '
    "position, a flat one is closed again, and an order that has not filled counts as filled.",
    fix='compare `Decimal(position["positionAmt"])`',
    link="https://github.com/Hephyrius/binance_futures_bot/issues/4",
    visits=(
        where_said(on_nodes(_equal, ast.Compare), *_SAID),
        where_said(on_nodes(_tested, ast.If), *_SAID),
    ),
    bad=(
        """
from binance import Client

def held(client: Client):
    rows = client.futures_position_information()
    return [row for row in rows if row["positionAmt"] != 0]  # <-

def filled(order):
    if order.get("executedQty"):  # <-
        return True
    return order["executedQty"] == "0"  # <-
""",
    ),
    good=(
        """
from decimal import Decimal
from binance import Client

def held(client: Client):
    rows = client.futures_position_information()
    return [row for row in rows if Decimal(row["positionAmt"]) != 0]

def filled(order):
    if order.get("executedQty") and float(order["executedQty"]) > 0:
        return True
    return float(order["executedQty"]) > 0 or order["status"] == "FILLED"

def open_rows(pos_df):
    return pos_df[pos_df["positionAmt"] != 0]
""",
        """
def parsed(row):
    row["positionAmt"] = float(row["positionAmt"])
    return row["positionAmt"] != 0
""",
    ),
)
