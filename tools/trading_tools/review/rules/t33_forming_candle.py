"""T33: a candle that is not over yet is taken for a closed one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, on_calls

_CANDLES = ("fetch_ohlcv", "fetchOHLCV", "watch_ohlcv", "watchOHLCV")


def _fetched(call: ast.Call, module: Module) -> Iterator[Hit]:
    if not isinstance(call.func, ast.Attribute):
        return
    names = _names(call, module)
    function = module.function(call)
    inside: ast.AST = function if function is not None else module.tree
    for taken in module.within(inside, ast.Subscript):
        if _is_last(taken) and _compared(taken, module) and _holder(taken) in names:
            yield Hit(taken, f"`{ast.unparse(taken)}` is the candle that is still forming")


def _names(call: ast.Call, module: Module) -> set[str]:
    """What the candles are called, and what is made of them in the next step."""
    statement = module.statement(call)
    if not isinstance(statement, ast.Assign):
        return set()
    names = {last_name(each) for each in statement.targets} - {""}
    function = module.function(call)
    for each in module.within(function if function is not None else module.tree, ast.Assign):
        value = each.value
        if not isinstance(value, ast.Call) or last_name(value.func) != "DataFrame":
            continue
        if any(last_name(part) in names for part in value.args):
            names |= {last_name(target) for target in each.targets} - {""}
    return names


def _is_last(node: ast.Subscript) -> bool:
    at = node.slice
    return (
        isinstance(at, ast.UnaryOp)
        and isinstance(at.op, ast.USub)
        and isinstance(at.operand, ast.Constant)
        and at.operand.value == 1
    )


def _holder(node: ast.Subscript) -> str:
    """The name below `df["close"].iloc[-1]` or `candles[-1]`."""
    inner: ast.expr = node.value
    while isinstance(inner, ast.Attribute | ast.Subscript):
        inner = inner.value
    return last_name(inner)


def _compared(node: ast.AST, module: Module) -> bool:
    """Whether something is decided by it."""
    for above in module.parents(node):
        if isinstance(above, ast.Compare):
            return True
        if isinstance(above, ast.stmt | ast.Call):
            return False
    return False


RULE = Rule(
    id="T33",
    title="a candle that is still forming is taken for a closed one",
    severity=Severity.NOTE,
    topic=Topic.EDGES,
    why="The last row of `fetch_ohlcv` changes until its time is over: a signal comes, an order is "
    "sent, and the signal is gone again; no backtest shows it.",
    fix="leave the last row out (`candles[:-1]`), or decide by `[-2]`",
    link="https://github.com/freqtrade/freqtrade/commit/c8a4a773e",
    off="many strategies mean the price of now by the last row, and the code does not say which",
    visits=(on_calls(_fetched, *_CANDLES),),
    bad=(
        """
import pandas as pd

def signal(exchange, symbol):
    candles = exchange.fetch_ohlcv(symbol, "1h")
    df = pd.DataFrame(candles)
    if df["close"].iloc[-1] > df["close"].mean():  # <-
        return "buy"
    return "sell" if candles[-1][4] < candles[-2][4] else ""  # <-
""",
    ),
    good=(
        """
import pandas as pd

def signal(exchange, symbol):
    candles = exchange.fetch_ohlcv(symbol, "1h")
    print(candles[-1][4])
    df = pd.DataFrame(candles[:-1])
    if df["close"].iloc[-2] > df["close"].mean():
        return "buy"
    return "sell" if candles[-2][4] < candles[-3][4] else ""
""",
    ),
)
