"""T25: the client's own pacing is switched off."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.imports import dotted
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, on_acts, on_nodes, where_said

_SWITCHES = ("enableRateLimit", "rateLimit")
_WHAT = "the client is told not to keep to the venue's limits"


def _in_settings(node: ast.Dict, module: Module) -> Iterator[Hit]:
    for key, value in zip(node.keys, node.values, strict=True):
        named = isinstance(key, ast.Constant) and key.value in _SWITCHES
        if named and module.constant(value) in (False, 0):
            yield Hit(value, _WHAT)


def _assigned(node: ast.Assign, module: Module) -> Iterator[Hit]:
    for target in node.targets:
        last = dotted(target).rpartition(".")[2]
        is_switch = isinstance(target, ast.Attribute) and last in _SWITCHES
        if is_switch and module.constant(node.value) in (False, 0):
            yield Hit(node, _WHAT)


def _for_one_call(call: VenueCall, module: Module) -> Iterator[Hit]:
    """`ccxt.kraken().fetch_ticker(…)`: the limiter of such a client has nothing to count."""
    made = call.receiver
    if not call.certain or not isinstance(made, ast.Call) or module.function(made) is None:
        return
    if module.called(made) is None:
        what = f"`{ast.unparse(made)}` is made for one call, with a limiter of its own"
        yield Hit(call.node, what, Severity.WARNING)


RULE = Rule(
    id="T25",
    title="the client's own pacing is switched off",
    severity=Severity.ERROR,
    topic=Topic.PERFORMANCE,
    why="The venue answers with 429, then bans the address: open orders can neither be seen nor "
    "cancelled for minutes to days.",
    fix="leave `enableRateLimit` on, or pace all requests of the key by one limiter that counts "
    "what the venue counts",
    link="https://github.com/Drakkar-Software/OctoBot/issues/2108",
    visits=(
        where_said(on_nodes(_in_settings, ast.Dict), "ratelimit"),
        where_said(on_nodes(_assigned, ast.Assign), "ratelimit"),
        on_acts(_for_one_call, Act.READ, Act.SUBMIT, Act.CANCEL),
    ),
    bad=(
        """
import ccxt

exchange = ccxt.binance({"apiKey": key, "enableRateLimit": False})  # <-
exchange.enableRateLimit = False  # <-

class Trade:
    def price(self):
        return getattr(ccxt, self.name)().fetch_ticker(self.pair)["last"]  # <-
""",
    ),
    good=(
        """
import ccxt

exchange = ccxt.binance({"apiKey": key, "enableRateLimit": True})
paced = ccxt.kraken({"apiKey": key, "enableRateLimit": not own_limiter})

def shared():
    return exchange

def price(pair):
    return shared().fetch_ticker(pair)["last"]
""",
    ),
)
