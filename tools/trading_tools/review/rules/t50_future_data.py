"""T50: a signal that knows the future."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_calls

_MARKET: Final = ("ohlc", "candle", "backtest", "ticker", "signal", "strategy", "portfolio",
                  "trading")  # fmt: skip
_PANDAS: Final = frozenset(
    {"pandas", "polars", "numpy", "modin", "vectorbt", "freqtrade", "sklearn"}
)
_LABELS: Final = frozenset(
    {"target", "targets", "label", "labels", "y", "future", "forward", "fwd", "next", "ahead",
     "horizon", "outcome", "exit"}
)  # fmt: skip

_CLEANS: Final = frozenset({"anomaly", "anomalies", "outlier", "outliers", "hampel", "plot"})
"""What looks at the past as a whole, and may well be all that its result is for."""


def _shifted(call: ast.Call, module: Module) -> Iterator[Hit]:
    given = _argument(call, "periods", 0)
    if given is None or not isinstance(call.func, ast.Attribute) or not _studies(module):
        return
    steps = module.constant(given)
    if isinstance(steps, int) and steps < 0 and not _is_label(call, module):
        what = f"`{ast.unparse(call)[-40:]}` takes a value of the future"
        mask = isinstance(_argument(call, "fill_value", 99), ast.Constant)
        lesser = mask or _is_return(call, module)
        yield Hit(call, what, Severity.WARNING if lesser else None)


def _is_return(call: ast.Call, module: Module) -> bool:
    """Whether what comes is held against what is there: what a position earns is measured so."""
    assert isinstance(call.func, ast.Attribute)
    base = ast.unparse(call.func.value)
    above = [each for each in module.parents(call) if isinstance(each, ast.BinOp)]
    return any(ast.unparse(each).count(base) > 1 for each in above)


def _filled(call: ast.Call, module: Module) -> Iterator[Hit]:
    if not isinstance(call.func, ast.Attribute) or not _studies(module):
        return
    method = _argument(call, "method", 99)
    backwards = isinstance(method, ast.Constant) and method.value in {"bfill", "backfill"}
    if call.func.attr in {"bfill", "backfill"} or backwards:
        yield Hit(call, "gaps are filled with values that come after them", Severity.WARNING)


def _centred(call: ast.Call, module: Module) -> Iterator[Hit]:
    given = _argument(call, "center", 99)
    centred = isinstance(given, ast.Constant) and given.value is True
    if centred and _studies(module) and not _is_label(call, module):
        function = module.function(call)
        cleans = function is not None and bool(words(function.name) & _CLEANS)
        severity = Severity.WARNING if cleans else None
        yield Hit(call, "half of a window that is centred lies in the future", severity)


def _split(call: ast.Call, module: Module) -> Iterator[Hit]:
    given = _argument(call, "shuffle", 99)
    ordered = isinstance(given, ast.Constant) and given.value is False
    if not ordered and module.dotted(call.func).startswith("sklearn.") and _studies(module):
        yield Hit(
            call,
            "a shuffled split trains on candles after those it is tested on",
            Severity.WARNING,
        )


def _argument(call: ast.Call, name: str, place: int) -> ast.expr | None:
    keyed = next((each.value for each in call.keywords if each.arg == name), None)
    if keyed is not None:
        return keyed
    return call.args[place] if place < len(call.args) else None


def _studies(module: Module) -> bool:
    """Whether the file works on tables of market data."""
    return not module.imports.roots.isdisjoint(_PANDAS) and module.mentions(_MARKET)


def _is_label(call: ast.Call, module: Module) -> bool:
    """Whether what is made is what a model is to foretell, or a value that is only measured."""
    statement = module.statement(call)
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
        targets = [statement.target]
    names = [last_name(each) for each in targets]
    names += [
        str(each.slice.value)
        for each in targets
        if isinstance(each, ast.Subscript) and isinstance(each.slice, ast.Constant)
    ]
    names += [
        each.arg for each in module.parents(call) if isinstance(each, ast.keyword) and each.arg
    ]
    names.append(module.context(call).replace(".", "_"))
    return any(words(each) & _LABELS for each in names)


RULE = Rule(
    id="T50",
    title="a signal that knows the future",
    severity=Severity.ERROR,
    topic=Topic.TESTS,
    why="The backtest buys before what it has seen afterwards: the curve is a straight line up, "
    "and live there is nothing to see.",
    fix="shift forwards, fill forwards, use windows that end at the candle, and split by time",
    link="https://github.com/freqtrade/freqtrade/commit/161ab14ed",
    visits=(
        on_calls(_shifted, "shift"),
        on_calls(_filled, "bfill", "backfill", "fillna"),
        on_calls(_centred, "rolling"),
        on_calls(_split, "train_test_split"),
    ),
    bad=(
        """
import pandas as pd

def signals(ohlcv: pd.DataFrame) -> pd.DataFrame:
    ohlcv["buy"] = ohlcv["close"].shift(-1) > ohlcv["close"]  # <-
    ohlcv["mean"] = ohlcv["close"].rolling(20, center=True).mean()  # <-
    ohlcv["volume"] = ohlcv["volume"].bfill()  # <-
    return ohlcv.fillna(method="bfill")  # <-
""",
        """
import pandas as pd
from sklearn.model_selection import train_test_split

LAG = -3

def features(candles):
    candles["trend"] = candles.close.pct_change().shift(periods=LAG)  # <-
    return train_test_split(candles, test_size=0.2)  # <-
""",
    ),
    good=(
        """
import pandas as pd
from sklearn.model_selection import train_test_split

def signals(ohlcv: pd.DataFrame) -> pd.DataFrame:
    ohlcv["buy"] = ohlcv["close"].shift(1) > ohlcv["close"].shift(2)
    ohlcv["target"] = ohlcv["close"].shift(-1)
    future_return = ohlcv["close"].shift(-5) / ohlcv["close"] - 1
    ohlcv["mean"] = ohlcv["close"].rolling(20).mean()
    return ohlcv.ffill().assign(next_close=ohlcv["close"].shift(-1))

def parts(candles):
    return train_test_split(candles, test_size=0.2, shuffle=False)
""",
        """
import pandas as pd

def weather(table):
    return table.temperature.rolling(7, center=True).mean().bfill()
""",
    ),
)
