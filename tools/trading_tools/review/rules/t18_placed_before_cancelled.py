"""T18: an order is replaced before the venue has said that the old one is gone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.index import last_name
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module
from trading_tools.review.model.reducing import reduces
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_acts

_LOOKS: Final = re.compile(
    r"wait|confirm|fetch|get|refresh|sync|poll|until|status|check|verify|reconcil|settle|load|query"
    r"|update|left|remaining|position|balance",
    re.IGNORECASE,
)
"""Names of calls that find out what became of the old order."""


def _replaced(call: VenueCall, module: Module) -> Iterator[Hit]:
    behind = list(_behind(call.node, module))
    for submit in module.submits:
        holder = next((each for each in behind if _holds(each, submit.node, module)), None)
        if holder is None or module.function(submit.node) is not module.function(call.node):
            continue
        if submit.venue is not None and reduces(module, submit.venue):
            continue
        between = behind[: behind.index(holder) + 1]
        if not any(_looks(each, submit.node, module) for each in between) and not _is_read(
            call.node, submit.node, module
        ):
            line = call.node.lineno
            what = f"`{submit.what}` follows `{call.shown}` of line {line}"
            many = "all" in words(call.method) or "global" in words(call.method)
            yield Hit(
                submit.node,
                f"{what}, and nothing has asked whether {_them(many)} filled",
                Severity.WARNING if many else None,  # quotes are put up anew in this way
            )
        return


def _them(many: bool) -> str:
    return "one of those orders has" if many else "that order has"


def _behind(node: ast.AST, module: Module) -> Iterator[ast.stmt]:
    """The statements that run after the one a node stands in, as far as the block does not end."""
    inner: ast.AST = node
    function = module.function(node)
    for above in module.parents(node):
        for block in _blocks(above):
            if inner in block:
                rest = block[block.index(inner) + 1 :]
                yield from rest
                if any(isinstance(each, ast.Return | ast.Raise | ast.Continue) for each in rest):
                    return
        if above is function:
            return
        inner = above


def _blocks(node: ast.AST) -> list[list[ast.stmt]]:
    found = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
    return [each for each in found if isinstance(each, list)]


def _holds(outer: ast.AST, inner: ast.AST, module: Module) -> bool:
    return outer is inner or module.holds(outer, inner)


def _looks(node: ast.stmt, submit: ast.Call, module: Module) -> bool:
    """Whether a statement, up to the submit, finds out about the old order."""
    reads = {each.node for each in module.acts(Act.READ, Act.WATCH)}
    return any(
        call in reads or _LOOKS.search(last_name(call.func))
        for call in [each for each in module.within(node, ast.Call) if each.lineno <= submit.lineno]
        if call is not submit
    )


def _is_read(cancel: ast.Call, submit: ast.Call, module: Module) -> bool:
    """Whether the answer to the cancel is looked at, or it is retried until it holds."""
    above = module.parent(cancel)
    statement = module.statement(cancel)
    if isinstance(statement, ast.Assign):
        name = last_name(statement.targets[0])
        function = module.function(cancel)
        around = module.tree if function is None else function
        return any(
            isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Load)
            for part in ast.walk(around)
            if cancel.lineno < getattr(part, "lineno", 0) <= submit.lineno
        )
    return isinstance(above, ast.If | ast.UnaryOp | ast.Compare | ast.While)


RULE = Rule(
    id="T18",
    title="an order is replaced before the old one is known to be gone",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="The old order may fill while it is being cancelled, in whole or in part: the bot then "
    "sells twice what it holds, or the exit is refused because the coins are still locked.",
    fix="wait until the old order has ended, read how much of it was filled, and send only the "
    "rest; or use the venue's own replace",
    link="https://github.com/freqtrade/freqtrade/issues/13332",
    visits=(on_acts(_replaced, Act.CANCEL),),
    bad=(
        """
import ccxt

exchange = ccxt.kraken()

def trail(order_id, symbol, amount, price):
    exchange.cancel_order(order_id, symbol)
    exchange.create_order(symbol, "limit", "sell", amount, price)  # <-

def force_exit(trade):
    try:
        exchange.cancel_order(trade.stop_id, trade.symbol)
    except ccxt.OrderNotFound:
        pass
    exchange.create_order(trade.symbol, "market", "sell", trade.amount)  # <-
""",
        """
class Desk:
    async def requote(self, quote):
        if self.order_id:
            await self.exchange.cancel_order(self.order_id, quote.symbol)
        await self._place(quote)  # <-

    async def _place(self, quote):
        await self.exchange.create_order(quote.symbol, "limit", "buy", quote.size, quote.price)
""",
        """
import ccxt

kraken = getattr(ccxt, NAME)(settings)
order = kraken.fetch_order(ORDER)
while order["status"] == "open":
    kraken.cancel_order(order["id"])
    order = kraken.create_order(PAIR, "stop-loss", "sell", order["amount"], stop())  # <-
""",
    ),
    good=(
        """
import ccxt

exchange = ccxt.kraken()

def trail(order_id, symbol, price):
    exchange.cancel_order(order_id, symbol)
    left = exchange.fetch_order(order_id, symbol)["remaining"]
    if left:
        exchange.create_order(symbol, "limit", "sell", left, price)

def either(order_id, symbol, amount):
    if order_id:
        exchange.cancel_order(order_id, symbol)
        return
    exchange.create_order(symbol, "market", "sell", amount)

def only_less(order_id, symbol, amount):
    exchange.cancel_order(order_id, symbol)
    exchange.create_order(symbol, "market", "sell", amount, None, {"reduceOnly": True})

def replace(order_id, symbol, amount, price):
    exchange.edit_order(order_id, symbol, "limit", "sell", amount, price)
""",
        """
class Desk:
    async def requote(self, quote):
        gone = await self.exchange.cancel_order(self.order_id, quote.symbol)
        if gone["info"]["status"] == "CANCELED":
            await self.exchange.create_order(quote.symbol, "limit", "buy", 1, quote.price)

    async def roll(self, quote):
        await self.exchange.cancel_order(self.order_id, quote.symbol)
        await self.wait_until_gone(self.order_id)
        await self.exchange.create_order(quote.symbol, "limit", "buy", 1, quote.price)
""",
    ),
)
