"""T23: a venue is asked again for ever, whatever it answers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.exceptions import covers
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.retries import Retry
from trading_tools.review.rule import Hit, Rule, Topic, on_module

_FINAL: Final = (
    "ccxt.AuthenticationError",
    "ccxt.BadSymbol",
    "ccxt.InsufficientFunds",
)
"""Answers that no repetition changes."""

_BOUNDS: Final = {
    "tenacity.retry": {"stop"},
    "backoff.on_exception": {"max_tries", "max_time"},
    "backoff.on_predicate": {"max_tries", "max_time"},
    "retrying.retry": {"stop_max_attempt_number", "stop_max_delay", "stop_func"},
    "retry.retry": {"tries"},
    "retry.api.retry": {"tries"},
}
"""Decorators that go on for ever where none of these is given."""


def _endless(module: Module, _: Module) -> Iterator[Hit]:
    told: set[ast.AST] = set()
    calls = {each.node: each.shown for each in module.venue_calls}
    calls.update((each.node, each.what) for each in module.submits if each.node not in calls)
    for call, shown in calls.items():
        retry = module.retry(call)
        if retry is None or retry.node in told:
            continue
        what = _by_loop(retry, module) or _by_decorator(retry, module)
        if what:
            told.add(retry.node)
            yield Hit(retry.node, f"`{shown}` is tried again for ever {what}")


def _by_loop(retry: Retry, module: Module) -> str:
    loop = retry.node
    if not isinstance(loop, ast.While) or not _is_true(loop.test) or _counts(loop, module):
        return ""
    final = [each for each in _FINAL if covers(retry.caught, each)]
    if final:
        return f"after {final[0].partition('.')[2]} too, which no repetition changes"
    return "" if _waits(loop, module) else "without a pause"


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _counts(loop: ast.While, module: Module) -> bool:
    """Whether something in the loop is compared before it is left: attempts, or the time."""
    for each in module.within(loop, ast.If):
        leaves = any(
            isinstance(part, ast.Raise | ast.Break | ast.Return)
            for stmt in each.body
            for part in ast.walk(stmt)
        )
        ordered = any(
            isinstance(part, ast.Compare)
            and isinstance(part.ops[0], ast.Gt | ast.GtE | ast.Lt | ast.LtE | ast.Eq)
            for part in ast.walk(each.test)
        )
        if leaves and ordered:
            return True
    return False


def _waits(loop: ast.While, module: Module) -> bool:
    names = [last_name(each.func).lower() for each in module.within(loop, ast.Call)]
    return any("sleep" in each or "wait" in each or "backoff" in each for each in names)


def _by_decorator(retry: Retry, module: Module) -> str:
    node = retry.node
    call = node if isinstance(node, ast.Call) else None
    target = call.func if call is not None else node
    bounds = _BOUNDS.get(module.dotted(target))
    if bounds is None:
        return ""
    given = {each.arg for each in call.keywords} if call is not None else set[str | None]()
    if given & bounds or None in given:
        return ""
    return f"by {retry.what}, which has no end of its own"


RULE = Rule(
    id="T23",
    title="a venue is asked again for ever",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="A revoked key, a delisted symbol or an expired listen key is asked for until the address "
    "is banned, and the loop never comes back to the rest of the bot.",
    fix="repeat only what can pass (network errors), a few times, with a growing and jittered "
    "pause, and stop trading when it does not",
    link="https://github.com/ocho011/ict_2025/issues/73",
    visits=(on_module(_endless),),
    bad=(
        """
import time
import ccxt
import backoff
from tenacity import retry

exchange = ccxt.binance()

def balance():
    while True:  # <-
        try:
            return exchange.fetch_balance()
        except Exception as error:
            print(error)
            time.sleep(1)

def ticker(symbol):
    while 1:  # <-
        try:
            return exchange.fetch_ticker(symbol)
        except ccxt.NetworkError:
            continue

@retry  # <-
def orders(symbol):
    return exchange.fetch_open_orders(symbol)

@backoff.on_exception(backoff.expo, ccxt.NetworkError)  # <-
def book(symbol):
    return exchange.fetch_order_book(symbol)
""",
        """
import asyncio

class Desk:
    async def sell(self, symbol, size):
        while True:  # <-
            try:
                await self.exchange.create_order(symbol, "market", "sell", size)
                break
            except Exception:
                await asyncio.sleep(2)
""",
    ),
    good=(
        """
import time
import ccxt
from tenacity import retry, stop_after_attempt

exchange = ccxt.binance()

def balance():
    for attempt in range(5):
        try:
            return exchange.fetch_balance()
        except ccxt.NetworkError:
            time.sleep(2 ** attempt)
    raise GaveUp("balance")

def ticker(symbol):
    tries = 0
    while True:
        try:
            return exchange.fetch_ticker(symbol)
        except Exception:
            tries += 1
            if tries > 5:
                raise
            time.sleep(tries)

@retry(stop=stop_after_attempt(5))
def orders(symbol):
    return exchange.fetch_open_orders(symbol)

def run(symbol):
    while True:
        try:
            step(exchange.fetch_ticker(symbol))
        except ccxt.NetworkError:
            time.sleep(1)

def patient(symbol):
    while True:
        try:
            return exchange.fetch_ticker(symbol)
        except ccxt.NetworkError:
            time.sleep(5)
""",
    ),
)
