"""T03: a calculated price or size goes to the venue as it came out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, on_acts

_SEND_AS_GIVEN: Final = (
    "coinbase-advanced-py",
    "hyperliquid",
    "kraken",
    "okx",
    "py-clob-client",
    "pybit",
    "python-binance",
)
"""Libraries that send what they are given; ccxt brings it to the market's precision itself."""

_BROUGHT: Final = re.compile(
    r"quanti[sz]e|precision|round|floor|ceil|trunc|tick(?!er)|step|lot|increment|normali[sz]e|format"
    r"|adjust|filter|decimals",
    re.IGNORECASE,
)
"""What the names of code say that knows a grid."""


def _raw(call: VenueCall, module: Module) -> Iterator[Hit]:
    if call.library is None or call.library.name not in _SEND_AS_GIVEN:
        return
    function = module.function(call.node)
    for name in ("amount", "price"):
        given = call.argument(name)
        if given is None or _BROUGHT.search(ast.unparse(given)):
            continue
        if _brought_elsewhere(given, function, module):
            continue
        for value in module.values(_inner(given)):
            node = value.node
            if (
                isinstance(node, ast.BinOp)
                and isinstance(node.op, ast.Mult | ast.Div)
                and not _BROUGHT.search(ast.unparse(node))
            ):
                at = node if value.module is module else call.node
                what = f"the {name} of `{call.shown}` is sent as it is calculated"
                yield Hit(at, f"{what}, whatever the venue's step is")


def _inner(given: ast.expr) -> ast.expr:
    """`x` of `str(x)`."""
    if isinstance(given, ast.Call) and isinstance(given.func, ast.Name) and len(given.args) == 1:
        return given.args[0] if given.func.id in {"str", "float", "Decimal"} else given
    return given


def _brought_elsewhere(given: ast.expr, function: ast.AST | None, module: Module) -> bool:
    """Whether another line brings a name to the grid."""
    inner = _inner(given)
    if not isinstance(inner, ast.Name):
        return False
    bound = module.scope(function).bound.get(inner.id, [])
    return any(_BROUGHT.search(ast.unparse(each)) for each in bound)


RULE = Rule(
    id="T03",
    title="a calculated price or size is not on the venue's grid",
    severity=Severity.ERROR,
    topic=Topic.EDGES,
    why="The venue refuses what is no multiple of its step (LOT_SIZE, PRICE_FILTER, 10001): an "
    "entry fails, which is a chance lost; an exit fails, which is a position that stays open.",
    fix="bring every size and price to the step of the market, in one place, before it is sent",
    link="https://github.com/Polymarket/py-clob-client/issues/253",
    visits=(on_acts(_raw, Act.SUBMIT, Act.EDIT),),
    bad=(
        """
from binance.client import Client

client = Client(key, secret)

def buy(symbol, cash, last):
    quantity = cash / last  # <-
    client.create_order(symbol=symbol, side="BUY", type="MARKET", quantity=quantity)

def stop(symbol, held, entry):
    client.create_order(
        symbol=symbol, side="SELL", type="LIMIT", quantity=held,
        price=str(entry * 0.98),  # <-
    )
""",
        """
from pybit.unified_trading import HTTP

class Desk:
    def __init__(self):
        self.session = HTTP(testnet=False)

    def _size(self, cash, last):
        return cash / last  # <-

    def enter(self, symbol, cash, last):
        qty = self._size(cash, last)
        self.session.place_order(symbol=symbol, side="Buy", orderType="Market", qty=str(qty))
""",
    ),
    good=(
        """
from binance.client import Client
import ccxt

client = Client(key, secret)
exchange = ccxt.kraken()

def buy(symbol, cash, last):
    quantity = round_step_size(cash / last, step_of(symbol))
    client.create_order(symbol=symbol, side="BUY", type="MARKET", quantity=quantity)

def sell(symbol, cash, last):
    quantity = cash / last
    quantity = quantity - quantity % STEP
    client.create_order(symbol=symbol, side="SELL", type="MARKET", quantity=quantity)

def all_of_it(symbol, held):
    client.create_order(symbol=symbol, side="SELL", type="MARKET", quantity=held)

def through_ccxt(symbol, cash, last):
    exchange.create_order(symbol, "market", "buy", cash / last)
""",
    ),
)
