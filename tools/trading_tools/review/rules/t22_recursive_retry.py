"""T22: a function that tries again by calling itself, without end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.values import called
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes


def _recursing(handler: ast.ExceptHandler, module: Module) -> Iterator[Hit]:
    function = module.function(handler)
    if function is None:
        return
    for call in module.within(handler, ast.Call):
        if last_name(call.func) != function.name or module.function(call) is not function:
            continue
        target = called(module, call)
        same = target is not None and target.node is function
        if same and not _counts(call):
            caught = ", ".join(each.rpartition(".")[2] for each in module.caught(handler))
            yield Hit(call, f"`{function.name}` calls itself after {caught}, without a bound")


def _counts(call: ast.Call) -> bool:
    """Whether an attempt is counted: `f(attempt + 1)`, `f(retries=left - 1)`."""
    given = [*call.args, *(each.value for each in call.keywords)]
    return any(
        isinstance(each, ast.BinOp) and isinstance(each.op, ast.Add | ast.Sub) for each in given
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
    ),
)
