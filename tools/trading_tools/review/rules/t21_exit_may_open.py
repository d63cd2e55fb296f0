"""T21: an order that is meant to close a position of a derivative can open one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.libraries import BINANCE, CCXT, OKX, PYBIT, Act
from trading_tools.review.model.module import Module
from trading_tools.review.model.reducing import reduces
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_acts

_CLOSES: Final = frozenset(
    {"close", "exit", "flatten", "liquidate", "unwind", "closing", "stoploss", "takeprofit"}
)
_NOT_CLOSES: Final = frozenset({"price", "candle", "session", "client", "connection", "ws", "spot"})
_DERIVATIVES: Final = (
    "reduceonly", "leverage", "fetchposition", "futures", "linear", "swap", "perp", "contracts",
    "positionside", "positionamt", "binanceusdm", "usdm",
)  # fmt: skip
"""Words, without `_` and capitals, of code that trades derivatives: spot cannot go short."""


def _may_open(call: VenueCall, module: Module) -> Iterator[Hit]:
    if call.library is not None and not any(
        call.library is each for each in (CCXT, BINANCE, PYBIT, OKX)
    ):
        return
    function = module.function(call.node)
    own = words(function.name) if function is not None else frozenset[str]()
    if function is None or not own & _CLOSES or own & _NOT_CLOSES:
        return
    if module.mentions(_DERIVATIVES) and reduces(module, call) is False:
        yield Hit(call.node, f"`{call.shown}` in `{function.name}` can open a position as well")


RULE = Rule(
    id="T21",
    title="an exit of a derivative that can open a position",
    severity=Severity.ERROR,
    topic=Topic.RISK,
    why="A stop, a liquidation or a second exit has closed the position already: the order to sell "
    "what is no longer there opens a short of the same size, with nobody watching it.",
    fix="send exits with `reduceOnly` (or `closePosition`), and never for more than the position",
    link="https://github.com/jesse-ai/jesse/commit/b5bf4476",
    visits=(on_acts(_may_open, Act.SUBMIT),),
    bad=(
        """
import ccxt

exchange = ccxt.binanceusdm()

def close_position(symbol):
    position = exchange.fetch_position(symbol)
    side = "sell" if position["side"] == "long" else "buy"
    return exchange.create_order(symbol, "market", side, position["contracts"])  # <-

def exit_all(symbol, size):
    params = {"clientOrderId": new_id()}
    exchange.create_order(symbol, "market", "sell", size, None, params)  # <-
""",
        """
from pybit.unified_trading import HTTP

class Desk:
    def __init__(self):
        self.session = HTTP(testnet=False)

    async def flatten(self, symbol, qty):
        self.session.place_order(  # <-
            category="linear", symbol=symbol, side="Sell", orderType="Market", qty=qty
        )
""",
    ),
    good=(
        """
import ccxt

exchange = ccxt.binanceusdm()

def close_position(symbol):
    position = exchange.fetch_position(symbol)
    params = {"reduceOnly": True}
    return exchange.create_order(symbol, "market", "sell", position["contracts"], None, params)

def exit_with(symbol, size, params):
    exchange.create_order(symbol, "market", "sell", size, None, params)

def exit_later(symbol, size):
    params = {}
    params["reduce_only"] = True
    exchange.create_order(symbol, "market", "sell", size, None, params)

def exit_hedged(symbol, size):
    params = {"positionSide": "LONG"}
    exchange.create_order(symbol, "market", "sell", size, None, params)

def enter(symbol, size):
    exchange.create_order(symbol, "market", "buy", size)

def on_candle_close(symbol, size):
    enter(symbol, size)
""",
        """
import ccxt

exchange = ccxt.kraken()

def close(symbol, size):
    exchange.create_order(symbol, "market", "sell", size)
""",
    ),
)
