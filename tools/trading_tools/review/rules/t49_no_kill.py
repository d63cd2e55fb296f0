"""T49: nothing outside of the strategy can stop it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.loops import is_endless
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes

_STOPS = (
    "kill", "halt", "stopped", "stopevent", "isset()", "shutdown", "panic", "emergency", "disabled",
    "pause", "breaker", "tradingenabled", "stopfile",
)  # fmt: skip


def _endless(loop: ast.While, module: Module) -> Iterator[Hit]:
    if not is_endless(loop) or module.mentions(_STOPS):
        return
    sent = next((each for each in module.submits if module.holds(loop, each.node)), None)
    if sent is not None:
        yield Hit(loop, f"`{sent.what}` runs here for ever, and nothing says when to stop")


RULE = Rule(
    id="T49",
    title="nothing outside of the strategy can stop it",
    severity=Severity.NOTE,
    topic=Topic.RISK,
    why="When the strategy is what is wrong, it cannot be what stops: somebody ends the process, "
    "and the orders stay at the venue.",
    fix="ask a latched switch (a file, a flag in the database) right before each order is sent",
    link="https://eur-lex.europa.eu/eli/reg_del/2017/589/oj",
    off="the switch is often in another file than the loop, and the review cannot see that it is "
    "missing",
    visits=(on_nodes(_endless, ast.While),),
    bad=(
        """
import time
import ccxt

exchange = ccxt.kraken()

def run(symbol, params):
    while True:  # <-
        if signal(symbol):
            exchange.create_order(symbol, "market", "buy", 1, None, params)
        time.sleep(60)
""",
    ),
    good=(
        """
import time
import ccxt

exchange = ccxt.kraken()

def run(symbol, params, switch):
    while True:
        if switch.killed():
            exchange.cancel_all_orders(symbol)
            return
        exchange.create_order(symbol, "market", "buy", 1, None, params)
        time.sleep(60)
""",
        """
import time

def watch(price):
    while True:
        print(price())
        time.sleep(1)
""",
    ),
)
