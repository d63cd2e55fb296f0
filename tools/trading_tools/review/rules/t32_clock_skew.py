"""T32: a clock that differs from the venue's is not put right."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.loops import loop_around
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes, where_said

_SYNC: Final = (
    "timedifference", "timeoffset", "servertime", "synctime", "timesync", "timediff",
    "clockoffset", "clockskew", "fetchtime", "gettime", "ntp", "drift",
)  # fmt: skip
_MOST_WINDOW: Final = 60_000


def _retried(handler: ast.ExceptHandler, module: Module) -> Iterator[Hit]:
    if "ccxt.InvalidNonce" not in module.caught(handler) or module.mentions(_SYNC):
        return
    again = loop_around(module, handler) is not None or any(
        (function := module.function(handler)) and last_name(call.func) == function.name
        for call in module.within(handler, ast.Call)
    )
    if again and not isinstance(handler.body[-1], ast.Raise):
        yield Hit(handler, "InvalidNonce is tried again with the same clock")


def _signed(node: ast.Dict, module: Module) -> Iterator[Hit]:
    """Our own signing: a time of this machine beside a signature or a window."""
    keys = {
        str(key.value).replace("_", "").lower(): value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant)
    }
    window = keys.get("recvwindow")
    if window is not None:
        size = module.constant(window)
        if isinstance(size, int) and size > _MOST_WINDOW:
            yield Hit(window, f"a window of {size} ms is refused: {_MOST_WINDOW} is the most")
    stamp = keys.get("timestamp")
    if stamp is None or not (window is not None or _signs(node, module)):
        return
    own = any(
        isinstance(each, ast.Call) and module.dotted(each.func) in {"time.time", "time.time_ns"}
        for each in ast.walk(stamp)
    )
    if own and not module.mentions(_SYNC):
        yield Hit(stamp, "a signed request has the time of this machine, and nothing puts it right")


def _signs(node: ast.AST, module: Module) -> bool:
    function = module.function(node)
    return function is not None and any(
        "hmac" in module.dotted(call.func).split(".") or words(last_name(call.func)) & {"sign"}
        for call in module.own(function, ast.Call)
    )


RULE = Rule(
    id="T32",
    title="a clock that differs from the venue's is not put right",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="With a clock one second ahead, Binance answers each signed request with -1021: no order "
    "can be cancelled for hours. Waiting and trying again with the same clock cannot help.",
    fix="set `adjustForTimeDifference`, or ask the venue for its time, and then try once more",
    link="https://github.com/ccxt/ccxt/issues/2281",
    visits=(
        where_said(on_nodes(_retried, ast.ExceptHandler), "invalidnonce"),
        where_said(on_nodes(_signed, ast.Dict), "timestamp", "recvwindow"),
    ),
    bad=(
        """
import time
import ccxt

exchange = ccxt.binance()

def cancel(order_id, symbol):
    for _ in range(5):
        try:
            return exchange.cancel_order(order_id, symbol)
        except (ccxt.NetworkError, ccxt.InvalidNonce):  # <-
            time.sleep(1)
""",
        """
import hashlib
import hmac
import time
from urllib.parse import urlencode

class Client:
    def _query(self, **params):
        params = {
            **params,
            "timestamp": int(time.time() * 1000),  # <-
            "recvWindow": 100_000,  # <-
        }
        mac = hmac.new(self.key, urlencode(params).encode(), hashlib.sha256)
        return {**params, "signature": mac.hexdigest()}
""",
    ),
    good=(
        """
import ccxt

exchange = ccxt.binance({"options": {"adjustForTimeDifference": True}})

def cancel(order_id, symbol):
    for _ in range(2):
        try:
            return exchange.cancel_order(order_id, symbol)
        except ccxt.InvalidNonce:
            exchange.load_time_difference()
""",
        """
import ccxt

def cancel(exchange, order_id, symbol):
    try:
        return exchange.cancel_order(order_id, symbol)
    except ccxt.InvalidNonce:
        raise ClockIsWrong from None
""",
        """
import time

def entry(order):
    return {"timestamp": int(time.time() * 1000), "order": order}

def params(self, offset_ms):
    now = int(time.time() * 1000) + self.server_time_offset
    return {"timestamp": now, "recvWindow": 5000}
""",
    ),
)
