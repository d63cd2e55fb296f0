"""T55: money of the quote currency is sent as an amount of the base."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.index import FunctionNode, last_name
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_acts, on_functions

_FUNDS: Final = frozenset(
    {"bankroll", "equity", "capital", "cash", "balance", "portfolio", "funds", "account", "wealth"}
)
_PRICE: Final = frozenset(
    {"price", "px", "mark", "last", "close", "ask", "bid", "entry", "stop", "mid", "ticker", "rate",
     "quote", "notional", "usd", "usdt", "value", "cost", "contract", "distance",
     "base", "atr", "risk", "unit"}
)  # fmt: skip
_SIZING: Final = (
    {"position", "size"}, {"order", "size"}, {"trade", "size"}, {"order", "amount"},
    {"order", "quantity"}, {"position", "sizing"},
)  # fmt: skip


def _sent(call: VenueCall, module: Module) -> Iterator[Hit]:
    amount = call.argument("amount")
    if amount is None:
        return
    for value in module.values(amount):
        product = value.node
        if (
            isinstance(product, ast.BinOp)
            and isinstance(product.op, ast.Mult)
            and value.module is module
        ):
            funds = _funds(product)
            if funds and not _priced(product):
                yield Hit(
                    amount,
                    f"`{ast.unparse(product)}` is money (`{funds}`), and the venue takes it for "
                    "an amount of what is traded",
                    Severity.ERROR,
                )


def _sized(function: FunctionNode, module: Module) -> Iterator[Hit]:
    own = words(function.name)
    if not any(pair <= own for pair in _SIZING):
        return
    if any(words(last_name(each)) & _PRICE for each in ast.walk(function) if last_name(each)):
        return
    if any(words(each) & _PRICE for each in module.scope(function).parameters):
        return
    for product in module.own(function, ast.BinOp):
        if isinstance(product.op, ast.Mult) and _funds(product):
            yield Hit(
                product,
                f"a share of `{_funds(product)}` is money; as a size it wants dividing by a price",
            )
            return


def _funds(product: ast.BinOp) -> str:
    for side in (product.left, product.right):
        if words(last_name(side)) & _FUNDS:
            return ast.unparse(side)
        if isinstance(side, ast.BinOp) and isinstance(side.op, ast.Mult):
            inner = _funds(side)
            if inner:
                return inner
    return ""


def _priced(product: ast.BinOp) -> bool:
    """Whether a price, or a division, has part in it."""
    return any(
        (isinstance(each, ast.BinOp) and isinstance(each.op, ast.Div | ast.FloorDiv))
        or bool(words(last_name(each)) & _PRICE)
        for each in ast.walk(product)
    )


RULE = Rule(
    id="T55",
    title="money is sent as an amount of what is traded",
    severity=Severity.WARNING,
    topic=Topic.RISK,
    why="A size of 1000 in quote currency, sent as `amount`, buys 1000 BTC: the venue refuses it "
    "on a good day, and fills what the margin gives on a bad one.",
    fix="divide by the price, or use `create_market_buy_order_with_cost`; put the unit into the "
    "name (`size_base`, `notional_quote`)",
    link="https://github.com/knowm/XChange/issues/4035",
    visits=(on_acts(_sent, Act.SUBMIT), on_functions(_sized)),
    bad=(
        """
import ccxt

exchange = ccxt.kraken()

def enter(balance, fraction, params):
    stake = balance * fraction
    exchange.create_order("BTC/USD", "market", "buy", stake, None, params)  # <-
""",
        """
def calculate_position_size(bankroll, kelly_fraction, multiplier):
    fraction = kelly_fraction * multiplier
    size = bankroll * fraction  # <-
    return min(size, 1000)
""",
    ),
    good=(
        """
import ccxt

exchange = ccxt.kraken()

def enter(balance, fraction, price, params):
    amount = balance * fraction / price
    exchange.create_order("BTC/USD", "market", "buy", amount, None, params)
    exchange.create_market_buy_order_with_cost("BTC/USD", balance * fraction, params)

def sell_half(position, params):
    exchange.create_order("BTC/USD", "market", "sell", position * 0.5, None, params)

def position_size(bankroll, fraction, price):
    return bankroll * fraction / price

def position_notional(bankroll, fraction):
    return bankroll * fraction

def font_size(capital, factor):
    return capital * factor
""",
    ),
)
