"""T17: the answer to a submit or a cancel is read as if it were the whole order."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.index import FunctionNode, last_name
from trading_tools.review.model.libraries import CCXT, Act
from trading_tools.review.model.module import Module
from trading_tools.review.model.values import Value
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes

_LATER: Final = frozenset({"filled", "remaining", "average", "cost", "fee", "fees", "trades"})
"""What ccxt leaves at None where a venue answers with the id alone."""

_OF_CANCEL: Final = _LATER | {"status", "price", "amount"}
_STATUS: Final = ("['status']", ".get('status')", ".get('status', None)")

_ACTS: Final = (Act.SUBMIT, Act.CANCEL, Act.EDIT)


def _read(node: ast.Subscript, module: Module) -> Iterator[Hit]:
    key = node.slice.value if isinstance(node.slice, ast.Constant) else None
    if key not in _OF_CANCEL or not isinstance(node.ctx, ast.Load):
        return
    calls = [_answering(value) for value in module.values(node.value)]
    known = [each for each in calls if each is not None]
    for call in known if len(known) == len(calls) else ():
        if _lacks(call, key, node, module) and not _asks_none(node, module):
            yield Hit(
                node,
                f"`{ast.unparse(node)}` is None where the venue answers `{call.shown}` with the "
                "id alone",
                None if call.act is Act.CANCEL else Severity.WARNING,
            )
            return


def _answering(value: Value[ast.AST]) -> VenueCall | None:
    """The submit or cancel, in whatever file, whose answer a value is."""
    return next((each for each in value.module.acts(*_ACTS) if each.node is value.node), None)


def _lacks(call: VenueCall, key: object, node: ast.Subscript, module: Module) -> bool:
    if call.library is not None and call.library is not CCXT:
        return False
    if call.act is Act.CANCEL:
        return True
    if _asks_status(node, module):
        return False
    if key in _LATER:
        return True
    above = module.parent(node)
    counts = isinstance(above, ast.Call) and last_name(above.func) in {"float", "Decimal"}
    return key in {"price", "amount"} and (counts or isinstance(above, ast.BinOp))


def _asks_status(node: ast.Subscript, module: Module) -> bool:
    """Whether the function looks at the status: a venue that tells it tells the rest."""
    function = module.function(node)
    if function is None:
        return False
    holder = ast.unparse(node.value)
    texts = {ast.unparse(each) for each in module.within(function, ast.Subscript)}
    texts |= {ast.unparse(each) for each in module.within(function, ast.Call)}
    return any(f"{holder}{form}" in texts for form in _STATUS)


def _asks_none(node: ast.Subscript, module: Module) -> bool:
    """Whether the function looks if the value is there: `x is None`, `x or y`, `if x`."""
    above = module.parent(node)
    if isinstance(above, ast.BoolOp | ast.If | ast.IfExp | ast.UnaryOp):
        return True
    function: FunctionNode | None = module.function(node)
    around = module.tree if function is None else function
    text = ast.unparse(node)
    tests = [each.left for each in module.within(around, ast.Compare) if _with_none(each)]
    tests += [each.test for each in module.within(around, ast.If)]
    tests += [each.test for each in module.within(around, ast.IfExp)]
    return any(ast.unparse(each) == text for each in tests)


def _with_none(compare: ast.Compare) -> bool:
    return any(isinstance(each, ast.Is | ast.IsNot) for each in compare.ops)


RULE = Rule(
    id="T17",
    title="the answer to a submit or a cancel is taken for the whole order",
    severity=Severity.ERROR,
    topic=Topic.EDGES,
    why="Bybit and OKX answer with an id and nothing else, and ccxt fills the rest with None: the "
    "bot stops with a TypeError between a cancel and what should follow, or books None.",
    fix="fetch the order and read its fields there, or look if they are None",
    link="https://github.com/freqtrade/freqtrade/commit/9aac08041",
    visits=(on_nodes(_read, ast.Subscript),),
    bad=(
        """
import ccxt

exchange = ccxt.bybit()

def move(order_id, symbol, price):
    cancelled = exchange.cancel_order(order_id, symbol)
    left = cancelled["remaining"]  # <-
    order = exchange.create_order(symbol, "limit", "sell", left, price)
    paid = order["average"]  # <-
    return float(order["amount"]) * paid  # <-
""",
        """
class Desk:
    async def _cancel(self, order_id, symbol):
        return await self.exchange.cancel_order(order_id, symbol)

    async def stop(self, order_id, symbol):
        answer = await self._cancel(order_id, symbol)
        if answer["status"] == "canceled":  # <-
            self.forget(order_id)
""",
    ),
    good=(
        """
import ccxt

exchange = ccxt.bybit()

def move(order_id, symbol, price):
    exchange.cancel_order(order_id, symbol)
    left = exchange.fetch_order(order_id, symbol)["remaining"]
    order = exchange.create_order(symbol, "limit", "sell", left, price)
    if order["filled"] is not None:
        book(order["filled"])
    cost = order["cost"] or 0
    log.info("sent %s at %s", order["id"], order["price"])
    return cost

def ended(symbol, amount):
    order = exchange.create_order(symbol, "market", "buy", amount)
    if order["status"] == "closed":
        book(order["filled"])

def buy(symbol, amount):
    order = exchange.create_order(symbol, "market", "buy", amount)
    order = exchange.fetch_order(order["id"], symbol)
    return order["average"]
""",
    ),
)
