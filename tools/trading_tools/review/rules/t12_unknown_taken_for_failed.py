"""T12: an order whose outcome nobody knows is taken for one that failed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.exceptions import UNKNOWN_OUTCOME, covers
from trading_tools.review.model.index import last_name
from trading_tools.review.model.libraries import IB, Act
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_module

_LOOKS = re.compile(
    r"reconcil|find|look|quer|recover|resolve|unknown|pending|fetch|sync|status|get_order|unsure"
    r"|uncertain|refresh|confirm|verify|check",
    re.IGNORECASE,
)
"""Names of what finds out about an order, or notes that it has to be found out about."""

_SAYS = re.compile(r"in.?flight|outcome (is )?unknown", re.IGNORECASE)
"""What a handler says of an order that it leaves open, to be looked for later."""

_JUDGES = frozenset({"handle", "classify", "kind", "translate", "map"})


def _unknown(module: Module, _: Module) -> Iterator[Hit]:
    told: set[ast.AST] = set()
    for submit in module.submits:
        if submit.venue is not None and submit.venue.library is IB:
            continue  # TWS answers by an event: what is raised here was never sent
        for handler, name in _stopping(submit.node, module):
            if handler not in told and not _finds_out(handler, module):
                told.add(handler)
                what = f"after {name} nobody knows whether `{submit.what}` sent an order"
                told_of = submit.venue is not None or _concludes(handler, module)
                sure = told_of and not _judged_elsewhere(handler, module)
                severity = None if sure else Severity.WARNING
                yield Hit(handler, f"{what}, and it is taken for not sent", severity)


def _judged_elsewhere(handler: ast.ExceptHandler, module: Module) -> bool:
    """Whether it hands the exception to what tells one kind from another."""
    return any(
        isinstance(given, ast.Name) and given.id == handler.name
        for call in module.within(handler, ast.Call)
        if words(last_name(call.func)) & _JUDGES
        for given in (*call.args, *(each.value for each in call.keywords))
    )


def _concludes(handler: ast.ExceptHandler, module: Module) -> bool:
    """Whether it gives an outcome back or keeps one: the handler of a whole round only logs."""
    kept = [each for node in module.within(handler, ast.Assign) for each in node.targets]
    held = any(isinstance(each, ast.Attribute | ast.Subscript) for each in kept)
    return held or bool(module.within(handler, ast.Return))


def _stopping(call: ast.Call, module: Module) -> Iterator[tuple[ast.ExceptHandler, str]]:
    """The handlers that stop what leaves an outcome open, each with the worst that it stops."""
    open_ones = list(UNKNOWN_OUTCOME)
    for _, handler in module.handlers_around(call):
        caught = module.caught(handler)
        stopped = [each for each in open_ones if covers(caught, each)]
        if stopped:
            open_ones = [each for each in open_ones if each not in stopped]
            if "ccxt.RequestTimeout" in stopped:  # ccxt lets no other timeout out
                open_ones = [each for each in open_ones if each.startswith("ccxt.")]
            yield (
                handler,
                "a timeout" if "TimeoutError" in stopped else stopped[0].partition(".")[2],
            )


def _finds_out(handler: ast.ExceptHandler, module: Module) -> bool:
    """Whether a handler lets the exception through, looks for the order, or says it is unknown."""
    if module.within(handler, ast.Raise):
        return True
    if module.venue_calls_in(handler, Act.READ):
        return True
    names = [last_name(each.func) for each in module.within(handler, ast.Call)]
    if any(_LOOKS.search(name) or "raise" in words(name) for name in names):
        return True
    if not _rejects(names) and _SAYS.search("\n".join(_texts(handler))):
        return True
    kept = [ast.unparse(each) for each in module.within(handler, ast.Assign)]
    kept += [ast.unparse(each) for each in module.within(handler, ast.Return)]
    return any(re.search(r"unknown|pending|uncertain|unsure", each, re.IGNORECASE) for each in kept)


def _rejects(names: list[str]) -> bool:
    return any(re.search("reject|fail", name, re.IGNORECASE) for name in names)


def _texts(handler: ast.ExceptHandler) -> Iterator[str]:
    for each in ast.walk(handler):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


RULE = Rule(
    id="T12",
    title="an order with an unknown outcome is taken for one that failed",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="The venue took the order before the answer was lost. The bot counts nothing, and the next "
    "signal buys again; nobody watches or cancels the first order.",
    fix="treat it as unknown: reserve the size, look for the order by its client id, and decide "
    "when the venue has said",
    link="https://github.com/ccxt/ccxt/issues/2599",
    visits=(on_module(_unknown),),
    bad=(
        """
import ccxt

class Desk:
    def buy(self, amount, price):
        try:
            order = self.exchange.create_order("BTC/USDT", "limit", "buy", amount, price)
            return Result(True, order["id"])
        except Exception as error:  # <-
            log.error("order failed: %s", error)
            return Result(False, error=str(error))
""",
        """
class Bot:
    async def execute(self, order):
        try:
            result = await self._send_order(order)
            self.exposure += result.filled
            return result
        except Exception as error:  # <-
            return Result(success=False, error=str(error))

    async def _send_order(self, order):
        raise NotImplementedError
""",
    ),
    good=(
        """
class Client:
    def buy(self, exchange, params):
        try:
            return exchange.create_order("BTC/USDT", "limit", "buy", 1, 2, params)
        except Exception as error:
            self._raise_order_error(error)
""",
        """
import ccxt

class Desk:
    def buy(self, intent):
        params = {"clientOrderId": intent.id}
        try:
            return self.exchange.create_order("BTC/USDT", "limit", "buy", 1, 2, params)
        except ccxt.InsufficientFunds as error:
            return Result(False, error=str(error))
        except ccxt.NetworkError:
            return self.find(intent)

    def sell(self, intent):
        try:
            return self.exchange.create_order("BTC/USDT", "market", "sell", intent.size)
        except Exception:
            journal.record(intent)
            raise
""",
        """

import ccxt.async_support as ccxt

class Desk:
    def __init__(self):
        self.exchange = ccxt.okx()

    async def send(self, payload):
        try:
            return await self.exchange.create_order(**payload)
        except ccxt.NetworkError as error:
            log.warning("%s: leaving %s inflight", error, payload)
            return None
""",
        """
from ib_async import IB

class Desk:
    def __init__(self):
        self.ib = IB()

    def send(self, contract, order):
        try:
            return self.ib.placeOrder(contract, order)
        except ConnectionError as error:
            return {"status": "error", "reason": str(error)}
""",
    ),
)
