"""T41: what happened while the stream was away stays unknown."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.index import FunctionNode, last_name
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.loops import loop_around
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import snake, words
from trading_tools.review.rule import Hit, Rule, Topic, on_acts, on_functions

_OURS: Final = frozenset({"watch_orders", "watch_my_trades", "watch_positions"})
_ASKED: Final = (
    "fetchopenorders", "fetchorder", "fetchmytrades", "fetchposition", "fetchclosedorders",
    "reconcil", "resync",
)  # fmt: skip
_COMPARING: Final = frozenset({"reconcile", "reconciliation", "mismatch", "drift", "resync"})
_HELD: Final = frozenset({"position", "positions", "balance", "balances", "orders", "qty", "size"})
_LOGS: Final = frozenset({"debug", "info", "warning", "warn", "error", "exception", "print", "log",
                          "critical"})  # fmt: skip


def _stream(call: VenueCall, module: Module) -> Iterator[Hit]:
    if snake(call.method) not in _OURS or loop_around(module, call.node) is None:
        return
    goes_on = any(loop_around(module, handler) for _, handler in module.handlers_around(call.node))
    if goes_on and not module.mentions(_ASKED):
        yield Hit(
            call.node,
            f"after `{call.shown}` was away, nobody asks the venue what happened meanwhile",
        )


def _compared(function: FunctionNode, module: Module) -> Iterator[Hit]:
    if not words(function.name) & _COMPARING:
        return
    for branch in module.own(function, ast.If):
        test = branch.test
        if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.NotEq):
            continue
        sides = (test.left, *test.comparators)
        if not all(words(last_name(each)) & _HELD for each in sides):
            continue
        if not branch.orelse and all(_only_says(each) for each in branch.body):
            yield Hit(branch, f"`{ast.unparse(test)}` is written down, and trading goes on")


def _only_says(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and last_name(statement.value.func) in _LOGS
    )


RULE = Rule(
    id="T41",
    title="what happened while the stream was away stays unknown",
    severity=Severity.WARNING,
    topic=Topic.RISK,
    why="Fills that came while the socket was down are never told again: the bot believes to be "
    "flat, and opens what it already has. A mismatch that is only logged does the same.",
    fix="ask for open orders, fills and positions after each reconnect and start, take them over, "
    "and trade only then",
    link="https://github.com/BYTEX-TRADE/bytex/issues/30",
    visits=(on_acts(_stream, Act.WATCH), on_functions(_compared)),
    bad=(
        """
import ccxt.pro

class Fills:
    def __init__(self):
        self.exchange = ccxt.pro.bybit()

    async def run(self):
        while True:
            try:
                for order in await self.exchange.watch_orders():  # <-
                    self.on_order(order)
            except ccxt.NetworkError:
                self.reconnects += 1
""",
        """
def reconcile(self, venue_position, log):
    if venue_position != self.position:  # <-
        log.warning("position differs: %s", venue_position)
""",
    ),
    good=(
        """
import ccxt.pro

class Fills:
    def __init__(self):
        self.exchange = ccxt.pro.bybit()

    async def run(self):
        while True:
            try:
                for order in await self.exchange.fetch_open_orders():
                    self.on_order(order)
                while True:
                    for order in await self.exchange.watch_orders():
                        self.on_order(order)
            except ccxt.NetworkError:
                self.reconnects += 1
""",
        """
import ccxt.pro

async def prices(exchange: ccxt.pro.Exchange, symbol):
    while True:
        try:
            print(await exchange.watch_ticker(symbol))
        except ccxt.NetworkError:
            continue

def reconcile(self, venue_position, log):
    if venue_position != self.position:
        log.warning("position differs: %s", venue_position)
        self.halt()
    if self.version != venue_position:
        log.info("other version")
""",
    ),
)
