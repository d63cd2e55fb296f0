"""T56: seconds are taken for milliseconds, or the other way round."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.libraries import CCXT, Act
from trading_tools.review.model.module import Module
from trading_tools.review.model.payloads import field_read, sets_field
from trading_tools.review.model.values import Value
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, in_trading, on_calls

_DEEP: Final = 4


class _Unit(StrEnum):
    S = "seconds"
    MS = "milliseconds"


_SINCE_AT: Final = {
    "fetch_ohlcv": 2, "fetchOHLCV": 2,
    "fetch_trades": 1, "fetchTrades": 1,
    "fetch_my_trades": 1, "fetchMyTrades": 1,
    "fetch_orders": 1, "fetchOrders": 1,
    "fetch_open_orders": 1, "fetchOpenOrders": 1,
    "fetch_closed_orders": 1, "fetchClosedOrders": 1,
    "fetch_funding_rate_history": 1, "fetchFundingRateHistory": 1,
    "fetch_funding_history": 1, "fetchFundingHistory": 1,
    "fetch_ledger": 1, "fetchLedger": 1,
}  # fmt: skip
"""Methods of ccxt, and where `since` stands among what they are given: milliseconds."""
_IN_MS: Final = frozenset(
    {"serverTime", "transactTime", "updateTime", "nextFundingTime", "lastTradeTimestamp",
     "createdTime", "updatedTime", "workingTime"}
)  # fmt: skip
"""Fields in which Binance, Bybit and ccxt tell milliseconds."""
_THROUGH: Final = frozenset({"int", "float", "round", "floor", "abs"})


def _unit(module: Module, node: ast.AST, deep: int = _DEEP) -> _Unit | None:
    """The unit of a point or a span of time; None where the text does not say it."""
    if isinstance(node, ast.BinOp):
        return _of_calculation(module, node, deep)
    if (read := field_read(node)) is not None:
        return _of_field(module, *read)
    if isinstance(node, ast.Call):
        name = last_name(node.func)
        if module.dotted(node.func) == "time.time":
            return _Unit.S
        theirs = not node.args and module.called(node) is None
        if name == "timestamp" and theirs and isinstance(node.func, ast.Attribute):
            return None if _is_pandas(node.func.value) else _Unit.S
        if name == "milliseconds" and theirs:
            return _Unit.MS
        if name in _THROUGH and node.args:
            return _unit(module, node.args[0], deep)
    if not deep or not isinstance(node, ast.Name | ast.Attribute | ast.Call):
        return None
    found = {_unit(each.module, each.node, deep - 1) for each in _followed(module, node)}
    return found.pop() if len(found) == 1 else None


def _is_pandas(holder: ast.expr) -> bool:
    return bool(words(last_name(holder)) & {"index", "df", "frame", "series"})


def _followed(module: Module, node: ast.expr) -> list[Value[ast.AST]]:
    return [each for each in module.values(node) if each.node is not node]


def _of_calculation(module: Module, node: ast.BinOp, deep: int) -> _Unit | None:
    left = _unit(module, node.left, deep)
    if isinstance(node.op, ast.Mult):
        right = _unit(module, node.right, deep)
        for unit, other in ((left, node.right), (right, node.left)):
            if unit is not None:
                return _scaled(unit, _factor(other))
        return None
    if isinstance(node.op, ast.Div | ast.FloorDiv):
        factor = _factor(node.right)
        return None if left is None or not factor else _scaled(left, 1 / factor)
    if isinstance(node.op, ast.Add | ast.Sub):
        right = _unit(module, node.right, deep)
        if right is None:
            return left
        return right if left is None or left is right else None
    return None


def _factor(node: ast.expr) -> float:
    value = node.value if isinstance(node, ast.Constant) else 0
    return float(value) if isinstance(value, int | float) else 0.0


def _scaled(unit: _Unit, factor: float) -> _Unit | None:
    if unit is _Unit.S:
        return _Unit.MS if factor == 1000 else None
    return _Unit.S if factor == 0.001 else None


def _of_field(module: Module, holder: ast.expr, key: str) -> _Unit | None:
    if key in _IN_MS:
        return None if sets_field(module, key) else _Unit.MS
    if key != "timestamp":
        return None
    holders = [each.node for each in module.values(holder)]
    answers = (each for each in module.acts(*Act) if each.library is CCXT)
    known = any(call.node is holder for call in answers for holder in holders)
    return _Unit.MS if known else None


def _mixed(call: ast.Call, module: Module) -> Iterator[Hit]:
    """A difference or a comparison that this time is a side of, by itself or by a name."""
    if _unit(module, call, 0) is None and last_name(call.func) != "time":
        return
    for node in _uses(call, module):
        sides = [node.left, *(node.comparators if isinstance(node, ast.Compare) else [node.right])]
        units = {_unit(module, each) for each in sides}
        if {_Unit.S, _Unit.MS} <= units:
            yield Hit(node, f"`{ast.unparse(node)}` has seconds on one side, milliseconds on one")
    divided = _divided(call, module)
    if divided is not None:
        what = f"`{ast.unparse(divided)}`: these are seconds before they are divided"
        yield Hit(divided, what, Severity.WARNING)  # or the time of each of a thousand


def _uses(call: ast.Call, module: Module) -> Iterator[ast.BinOp | ast.Compare]:
    for above in module.parents(call):
        if isinstance(above, ast.Compare) or (
            isinstance(above, ast.BinOp) and isinstance(above.op, ast.Sub)
        ):
            yield above
        if isinstance(above, ast.stmt):
            break
    statement = module.statement(call)
    function = module.function(call)
    if not isinstance(statement, ast.Assign) or function is None:
        return
    names = {each.id for each in statement.targets if isinstance(each, ast.Name)}
    if not names:
        return
    for span in module.own(function, ast.BinOp):
        if isinstance(span.op, ast.Sub) and _is_one_of(names, span.left, span.right):
            yield span
    for test in module.own(function, ast.Compare):
        if _is_one_of(names, test.left, test.comparators[-1]):
            yield test


def _is_one_of(names: set[str], *ends: ast.expr) -> bool:
    return any(isinstance(each, ast.Name) and each.id in names for each in ends)


def _divided(call: ast.Call, module: Module) -> ast.BinOp | None:
    """`(clock.time() - then) / 1000`."""
    inner: ast.AST = call
    for above in module.parents(call):
        if not isinstance(above, ast.BinOp):
            return None
        if isinstance(above.op, ast.Div | ast.FloorDiv) and above.left is inner:
            wrong = _factor(above.right) == 1000 and _unit(module, inner) is _Unit.S
            return above if wrong else None
        if not isinstance(above.op, ast.Add | ast.Sub):
            return None
        inner = above
    return None


def _dated(call: ast.Call, module: Module) -> Iterator[Hit]:
    """`datetime.fromtimestamp(order["timestamp"])` and `to_datetime(…, unit="s")`."""
    if not call.args:
        return
    wanted = _Unit.S
    if last_name(call.func) == "to_datetime":
        said = next((each.value for each in call.keywords if each.arg == "unit"), None)
        unit = said.value if isinstance(said, ast.Constant) else None
        if unit not in {"s", "ms"}:
            return
        wanted = _Unit.S if unit == "s" else _Unit.MS
    given = _unit(module, call.args[0])
    if given is not None and given is not wanted:
        yield Hit(call, f"`{ast.unparse(call.args[0])}` is {given}, `{last_name(call.func)}` "
                  f"takes {wanted}")  # fmt: skip


def _since(call: ast.Call, module: Module) -> Iterator[Hit]:
    at = _SINCE_AT[last_name(call.func)]
    given = next((each.value for each in call.keywords if each.arg == "since"), None)
    if given is None and len(call.args) > at:
        given = call.args[at]
    if given is None or _unit(module, given) is not _Unit.S or module.called(call) is not None:
        return
    sure = any(each.node is call and each.library is CCXT for each in module.venue_calls)
    what = f"`since` of `{last_name(call.func)}` is in milliseconds, not seconds"
    yield Hit(given, what, None if sure else Severity.WARNING)


RULE = Rule(
    id="T56",
    title="seconds are taken for milliseconds",
    severity=Severity.ERROR,
    topic=Topic.EDGES,
    why="A venue's times are milliseconds, `time.time()` is seconds: an age is off by a factor of "
    "1000, so a stale price passes for a fresh one, a cool-down lasts for 17 minutes instead of a "
    "second, and candles are asked for from January 1970 on.",
    fix="multiply by 1000 once, at the edge, and say the unit in the name (`now_ms`)",
    link="https://github.com/ccxt/ccxt/issues/379",
    visits=(
        in_trading(on_calls(_mixed, "time", "timestamp", "milliseconds")),
        in_trading(on_calls(_dated, "fromtimestamp", "utcfromtimestamp", "to_datetime")),
        on_calls(_since, *_SINCE_AT),
    ),
    bad=(
        """
import time
from datetime import UTC, datetime
import ccxt

exchange = ccxt.kraken()

def fresh(symbol):
    ticker = exchange.fetch_ticker(symbol)
    now = time.time()
    if now - ticker["timestamp"] > 5:  # <-
        raise Stale(datetime.fromtimestamp(ticker["timestamp"], UTC))  # <-
    return ticker

def candles(symbol):
    start = int(time.time()) - 86400
    return exchange.fetch_ohlcv(symbol, "1m", start)  # <-
""",
        """
import time
import ccxt

class Clock:
    def time(self):
        return time.time()

class Desk:
    def __init__(self, clock: Clock):
        self.clock = clock

    def cooled(self, last):
        return (self.clock.time() - last) / 1000 > self.cooldown  # <-
""",
    ),
    good=(
        """
import time
from datetime import UTC, datetime
import ccxt

exchange = ccxt.kraken()

def fresh(symbol):
    ticker = exchange.fetch_ticker(symbol)
    now = time.time() * 1000
    if now - ticker["timestamp"] > 5000:
        raise Stale(datetime.fromtimestamp(ticker["timestamp"] / 1000, UTC))
    return ticker

def candles(symbol):
    start = int(time.time() * 1000) - 86_400_000
    exchange.fetch_ohlcv(symbol, "1m", exchange.milliseconds() - 60_000)
    return exchange.fetch_ohlcv(symbol, "1m", start)

def age(row):
    return time.time() - row["timestamp"]

class Feed:
    def timestamp(self):
        return int(time.time() * 1000)

    def fetch_trades(self, symbol, since_s):
        return exchange.fetch_trades(symbol, int(since_s * 1000))

    def hour(self, symbol):
        return self.fetch_trades(symbol, time.time() - 3600)

    def lag(self, row):
        return self.timestamp() - row["serverTime"]

    def keep(self, row):
        row["updateTime"] = time.time()

    def is_old(self, row):
        return time.time() - row["updateTime"] > 5
""",
    ),
)
