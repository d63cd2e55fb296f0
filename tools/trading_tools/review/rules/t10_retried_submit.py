"""T10: an order is sent again after a failure that may have been none."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import has_client_id
from trading_tools.review.model.exceptions import leaves_unknown
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.reach import Submit
from trading_tools.review.rule import Hit, Rule, Topic, on_module, on_nodes, where_said

_OPTION = "maxRetriesOnFailure"
_FRESH = frozenset({"uuid4", "uuid1", "uuid7", "token_hex", "randint", "time", "time_ns", "now"})
"""What makes an id that is another one each time."""


def _retried(module: Module, _: Module) -> Iterator[Hit]:
    for submit in module.submits:
        retry = module.retry(submit.node)
        if retry is None or not leaves_unknown(retry.caught):
            continue
        if not _named_before(submit, retry.node, module):
            after = " or ".join(sorted({each.rpartition(".")[2] for each in retry.caught}))
            what = f"`{submit.what}` is sent again by {retry.what} after {after}"
            yield Hit(submit.node, what)


def _named_before(submit: Submit, repeated: ast.AST, module: Module) -> bool:
    """Whether the order carries an id that stays the same however often it is sent.

    An id that is made by a call inside of what is repeated is another one each time.
    """
    if submit.venue is None:
        return _passes_id(submit.node)
    if has_client_id(module, submit.venue) is not True:
        return False
    around = repeated if isinstance(repeated, ast.stmt) else module.function(submit.node)
    fresh = [] if around is None else module.within(around, ast.Call)
    return not any(last_name(each.func) in _FRESH for each in fresh)


def _passes_id(call: ast.Call) -> bool:
    """Whether a helper is handed an id, or an intent that will hold one."""
    given = [*call.args, *(each.value for each in call.keywords)]
    text = " ".join(ast.unparse(each) for each in given).replace("_", "").lower()
    return "clientorderid" in text or "clientid" in text or "intent" in text


def _by_option(node: ast.Dict, module: Module) -> Iterator[Hit]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == _OPTION:
            times = module.constant(value)
            if isinstance(times, int) and times > 0:
                yield Hit(value, f"ccxt sends every request again, orders too, up to {times} times")


RULE = Rule(
    id="T10",
    title="an order is sent again after a failure that may have been none",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="A timeout or a 5xx says nothing about the order: the venue often has it. Each repetition "
    "is another order, and the bot holds two or twenty times what it meant to.",
    fix="send once; after an unknown outcome look for the order by its client id, and send again "
    "only when it surely is not there",
    link="https://github.com/scrtlabs/catalyst/issues/317",
    visits=(on_module(_retried), where_said(on_nodes(_by_option, ast.Dict), _OPTION.lower())),
    bad=(
        """
import ccxt
from tenacity import retry, stop_after_attempt

exchange = ccxt.bybit({"options": {"maxRetriesOnFailure": 3}})  # <-

@retry(stop=stop_after_attempt(3))
def buy(amount, price):
    return exchange.create_order("BTC/USDT", "limit", "buy", amount, price)  # <-

def sell(amount):
    for attempt in range(3):
        try:
            return exchange.create_order("BTC/USDT", "market", "sell", amount)  # <-
        except ccxt.NetworkError:
            wait(attempt)

@retry
def close(amount):
    params = {"orderLinkId": uuid4().hex}
    return exchange.create_order("BTC/USDT", "market", "sell", amount, None, params)  # <-

def again(function, *given):
    for _ in range(20):
        try:
            return function(*given)
        except Exception:
            wait()

def flatten(amount):
    return retry(exchange.create_market_sell_order, "BTC/USDT", amount)  # <-
""",
        """
import asyncio

def again(function):
    async def wrapper(*args):
        while True:
            try:
                return await function(*args)
            except Exception:
                await asyncio.sleep(1)
    return wrapper

@again
async def buy(exchange, amount, price):
    return await exchange.create_order("BTC/USDT", "limit", "buy", amount, price)  # <-
""",
    ),
    good=(
        """
import ccxt
from tenacity import retry, retry_if_exception_type

exchange = ccxt.bybit({"options": {"maxRetriesOnFailure": 0}})

@retry(retry=retry_if_exception_type(ccxt.RateLimitExceeded))
def buy(amount, price):
    return exchange.create_order("BTC/USDT", "limit", "buy", amount, price)

@retry
def price():
    return exchange.fetch_ticker("BTC/USDT")["last"]

def sell(intent):
    params = {"orderLinkId": intent.id}
    for attempt in range(3):
        try:
            return exchange.create_order("BTC/USDT", "market", "sell", intent.size, None, params)
        except ccxt.NetworkError:
            wait(attempt)
""",
    ),
)
