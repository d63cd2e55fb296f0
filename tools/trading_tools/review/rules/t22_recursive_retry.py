"""T22: a function that tries again by calling itself, without end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.exceptions import covers
from trading_tools.review.model.index import FunctionNode
from trading_tools.review.model.module import Module
from trading_tools.review.model.values import called
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes

_TIMEOUT = "requests.ReadTimeout"
_ORDERING = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def _recursing(handler: ast.ExceptHandler, module: Module) -> Iterator[Hit]:
    function = module.function(handler)
    if function is None:
        return
    for call in module.calls_of(function.name):
        inside = module.holds(handler, call) and module.function(call) is function
        if not inside or not _asks(handler, module):
            continue
        target = called(module, call)
        same = target is not None and target.node is function
        again = same and _is_repetition(call, function, module)
        if again and _asks(handler, module) and not _bounded(call, handler, module):
            caught = ", ".join(each.rpartition(".")[2] for each in module.caught(handler))
            yield Hit(call, f"`{function.name}` calls itself after {caught}, without a bound")


def _asks(handler: ast.ExceptHandler, module: Module) -> bool:
    """Whether what failed was a request: by what is caught, or by what is tried."""
    if any(covers([each], _TIMEOUT) or each.startswith("ccxt.") for each in module.caught(handler)):
        return True
    attempt = module.parent(handler)
    tried = attempt.body if isinstance(attempt, ast.Try) else []
    calls = [each.node for each in module.venue_calls]
    return any(module.holds(each, call) for each in tried for call in calls)


def _bounded(call: ast.Call, handler: ast.ExceptHandler, module: Module) -> bool:
    """Whether a count is compared before the function is called again."""
    tests = [
        each.test
        for each in module.within(handler, ast.If)
        if any(module.holds(part, call) for part in each.body)
    ]
    return any(
        isinstance(part, ast.Compare) and isinstance(part.ops[0], _ORDERING)
        for test in tests
        for part in ast.walk(test)
    )


def _is_repetition(call: ast.Call, function: FunctionNode, module: Module) -> bool:
    """Whether it is called with just what it was called with, and no attempt is counted.

    With other arguments it works on something else: a part, a parent, another kind.
    """
    scope = module.scope(function)
    given = [*call.args, *(each.value for each in call.keywords)]
    plain = [each.value if isinstance(each, ast.Starred) else each for each in given]
    return module.trades and all(
        isinstance(each, ast.Name) and scope.binds(each.id) and not scope.bound.get(each.id)
        for each in plain
    )


RULE = Rule(
    id="T22",
    title="a function that tries again by calling itself",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="A venue that goes on refusing is asked about a thousand times in a row, which ends in a "
    "ban of the address and in a RecursionError.",
    fix="use a loop with a bound, and wait as long as the venue says",
    link="https://github.com/svanas/nefertiti/issues/55",
    visits=(on_nodes(_recursing, ast.ExceptHandler),),
    bad=(
        """
import ccxt

class Connector:
    async def fetch_ticker(self, symbol):
        try:
            return await self.exchange.fetch_ticker(symbol)
        except ccxt.RateLimitExceeded:
            await self.pause()
            return await self.fetch_ticker(symbol)  # <-
""",
    ),
    good=(
        """
import ccxt

class Connector:
    async def fetch_ticker(self, symbol, attempt=0):
        try:
            return await self.exchange.fetch_ticker(symbol)
        except ccxt.RateLimitExceeded:
            if attempt >= 3:
                raise
            await self.pause(attempt)
            return await self.fetch_ticker(symbol, attempt + 1)
""",
        """
def retrier(function, retries=4):
    def wrapper(*args, **kwargs):
        count = kwargs.pop("count", retries)
        try:
            return function(*args, **kwargs)
        except Exception:
            if count > 0:
                kwargs["count"] = count - 1
                return wrapper(*args, **kwargs)
            raise
    return wrapper

def minutes(timeframe):
    try:
        return KNOWN[timeframe]
    except KeyError:
        KNOWN[timeframe] = parsed(timeframe)
        return minutes(timeframe)
""",
    ),
)
