"""T16: what was asked for is booked as what was filled."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.index import FunctionNode
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_acts

_BOOKED: Final = frozenset(
    {"position", "positions", "holding", "holdings", "inventory", "balance", "coins", "portfolio"}
)
_NOT_BOOKED: Final = frozenset({"pending", "reserved", "target", "expected", "count", "open"})
_FILLED: Final = re.compile(r"fill|executed|remaining|cum_?exec|cum_?qty|matched|avgpx", re.I)
_ENDED: Final = frozenset({"canceled", "cancelled", "expired", "rejected"})


def _asked(call: VenueCall, module: Module) -> Iterator[Hit]:
    """The amount of a submit, added to a position behind it."""
    function = module.function(call.node)
    amount = call.argument("amount")
    if function is None or not isinstance(amount, ast.Name) or _knows_fills(function):
        return
    for added in module.own(function, ast.AugAssign):
        target = words(ast.unparse(added.target))
        booked = bool(target & _BOOKED) and not target & _NOT_BOOKED
        if booked and added.lineno > call.node.lineno and amount.id in _names(added.value):
            yield Hit(
                added,
                f"`{amount.id}`, which `{call.shown}` asked for, is booked as if all of it were "
                "filled",
            )


def _ended(call: VenueCall, module: Module) -> Iterator[Hit]:
    """An order that ended unfilled is sent again with the same amount."""
    amount = call.argument("amount")
    function = module.function(call.node)
    if amount is None or function is None:
        return
    inner: ast.AST = call.node
    behind = False
    for above in module.parents(call.node):
        if above is function:
            break
        behind = behind or (
            isinstance(above, ast.If) and inner in above.body and _tests_ended(above.test)
        )
        inner = above
    if behind and not _knows_fills(function):
        yield Hit(
            call.node,
            f"`{ast.unparse(amount)}` is sent again in full after an order that may have filled "
            "in part",
        )


def _tests_ended(test: ast.expr) -> bool:
    text = [each.value for each in ast.walk(test) if isinstance(each, ast.Constant)]
    ended = any(isinstance(each, str) and each.lower() in _ENDED for each in text)
    return ended and "status" in ast.unparse(test).lower()


def _knows_fills(function: FunctionNode) -> bool:
    return bool(_FILLED.search("\n".join(ast.unparse(each) for each in function.body)))


def _names(node: ast.expr) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


RULE = Rule(
    id="T16",
    title="what was asked for is booked as what was filled",
    severity=Severity.ERROR,
    topic=Topic.EDGES,
    why="A limit order rests, a market order is cut off at the price band, a cancelled one has "
    "filled in part: the bot then sells what it does not hold, or buys twice what it meant to.",
    fix="book `filled` of the order in every state that it can end in, and send only what is left",
    link="https://github.com/freqtrade/freqtrade/issues/8374",
    visits=(on_acts(_asked, Act.SUBMIT), on_acts(_ended, Act.SUBMIT)),
    bad=(
        """
import ccxt

class Desk:
    def __init__(self):
        self.exchange = ccxt.okx()
        self.position = 0

    def buy(self, amount, price):
        order = self.exchange.create_order("BTC/USDT", "limit", "buy", amount, price)
        self.position += amount  # <-
        return order

    def check(self, order_id, amount, price):
        order = self.exchange.fetch_order(order_id, "BTC/USDT")
        if order["status"] in ("canceled", "expired"):
            self.exchange.create_order("BTC/USDT", "limit", "buy", amount, price)  # <-
""",
        """
from binance import AsyncClient

class Bot:
    async def enter(self, client: AsyncClient, symbol, qty):
        await client.order_market_buy(symbol=symbol, quantity=qty)
        self.holdings[symbol] += qty  # <-
""",
    ),
    good=(
        """
import ccxt

class Desk:
    def __init__(self):
        self.exchange = ccxt.okx()
        self.position = 0
        self.pending = 0

    def buy(self, amount, price):
        self.pending += amount
        order = self.exchange.create_order("BTC/USDT", "limit", "buy", amount, price)
        self.position += order["filled"]
        return order

    def check(self, order_id, amount, price):
        order = self.exchange.fetch_order(order_id, "BTC/USDT")
        if order["status"] in ("canceled", "expired"):
            left = amount - order["filled"]
            self.exchange.create_order("BTC/USDT", "limit", "buy", left, price)

    def paper(self, amount):
        self.position += amount
""",
    ),
)
