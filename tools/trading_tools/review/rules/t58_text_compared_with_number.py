"""T58: a number that venues send as text is compared as if it were one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.payloads import field_read, sets_field
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

_TABLES: Final = frozenset({"df", "frame", "dataframe"})


def _equal(node: ast.Compare, module: Module) -> Iterator[Hit]:
    if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return
    for field, other in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
        key = _key(field, module)
        if key and isinstance(other, ast.Constant):
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
        key = _key(each, module)
        asks = isinstance(each, ast.Call)  # `get` may ask whether it is there at all
        if key and not _is_read(key, node if asks else node.test, module):
            what = f'`{key}` is text like "0.000", which counts as true'
            yield Hit(each, what, Severity.WARNING if asks else None)


def _is_read(key: str, within: ast.AST, module: Module) -> bool:
    """Whether a number is made of the field there."""
    return any(
        last_name(each.func) in {"float", "Decimal"} and _key(each.args[0], module) == key
        for each in module.within(within, ast.Call)
        if each.args
    )


def _key(node: ast.expr, module: Module) -> str:
    """The field that an expression reads, where it is text; in a table it may be a number."""
    holder, key = field_read(node) or (node, "")
    if key not in _TEXTS or words(last_name(holder)) & _TABLES or sets_field(module, key):
        return ""
    return key


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

def close_held(desk, position):
    if position["positionAmt"]:  # <-
        desk.close(float(position["positionAmt"]))
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

def close_held(desk, position):
    if position["positionAmt"] and float(position["positionAmt"]) > 0:
        desk.close(position)

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
