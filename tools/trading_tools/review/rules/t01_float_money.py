"""T01: money in binary floats."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from decimal import Decimal
from typing import TypeGuard

from trading_tools.review.findings import Edit, Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.index import last_name
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import names_money
from trading_tools.review.rule import Hit, Rule, Topic, on_acts, on_calls

_ARGUMENTS = ("amount", "price", "cost", "trigger_price")
_ARITHMETIC = (ast.Mult, ast.Div, ast.Add, ast.Sub, ast.Mod, ast.FloorDiv)


def _decimal(call: ast.Call, module: Module) -> Iterator[Hit]:
    """`Decimal(0.1)` and `Decimal(float(x))`."""
    if len(call.args) != 1:
        return
    given = call.args[0]
    if isinstance(given, ast.Constant) and isinstance(given.value, float):
        if Decimal(given.value) == Decimal(str(given.value)):
            return  # 0.0 and 0.5 are themselves in binary too
        line = module.source.line(given.lineno).encode()
        text = line[given.col_offset : given.end_col_offset].decode()
        edits: tuple[Edit, ...] = (module.replacing(given, f'"{text}"'),) if "_" not in text else ()
        yield Hit(call, f"`{ast.unparse(call)}` keeps the error of the float", edits=edits)
    elif _is_float_call(given):
        yield Hit(call, f"`{ast.unparse(call)}` goes through a float")


def _submitted(call: VenueCall, module: Module) -> Iterator[Hit]:
    """Sizes and prices of an order that were calculated in floats, or are turned into one."""
    for name in _ARGUMENTS:
        given = call.argument(name)
        if given is None:
            continue
        for value in module.values(given):
            node = value.node
            if _calculates(node) and _has_float(node, value.module):
                yield _hit(call, node, value.module, module, name)
            elif isinstance(node, ast.Call) and _is_float_call(node) and value.module is module:
                what = f"the {name} of `{call.shown}` is turned into a float"
                yield Hit(node, what, Severity.WARNING)


def _calculates(node: ast.AST) -> TypeGuard[ast.expr]:
    """Whether it is a calculation, rounded or bounded perhaps."""
    if isinstance(node, ast.Call) and last_name(node.func) in {"round", "min", "max", "abs"}:
        given = node.args[:1] if last_name(node.func) == "round" else node.args
        return any(_calculates(each) for each in given)
    return isinstance(node, ast.BinOp) and isinstance(node.op, _ARITHMETIC)


def _hit(call: VenueCall, node: ast.AST, place: Module, module: Module, name: str) -> Hit:
    at = node if place is module else call.node
    return Hit(at, f"the {name} of `{call.shown}` is calculated in floats")


def _in_request(call: ast.Call, module: Module) -> Iterator[Hit]:
    """`OrderArgs(price=float(order.price))`: the request objects of libraries."""
    for each in call.keywords:
        if each.arg and names_money(each.arg) and _is_float_call(each.value):
            what = f"`{each.arg}` of `{last_name(call.func)}` is turned into a float"
            yield Hit(each.value, what, Severity.WARNING)


def _declared(call: VenueCall, module: Module) -> Iterator[Hit]:
    """A function that sends orders and takes its money as floats."""
    function = module.function(call.node)
    if function is None:
        return
    scope = module.scope(function)
    for name, annotation in scope.annotations.items():
        if name in scope.parameters and names_money(name) and _says_float(annotation):
            what = f"`{name}` of `{function.name}` is a float"
            yield Hit(scope.parameters[name], what, Severity.WARNING)


def _says_float(annotation: ast.expr) -> bool:
    if isinstance(annotation, ast.BinOp):
        return _says_float(annotation.left) or _says_float(annotation.right)
    if isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Optional":
        return _says_float(annotation.slice)
    return last_name(annotation) == "float"


def _has_float(node: ast.expr, module: Module) -> bool:
    """Whether a float takes part in a calculation: a literal, `float(…)`, or a name for one."""
    for part in (each for each in ast.walk(node) if isinstance(each, ast.expr)):
        if isinstance(part, ast.Constant) and isinstance(part.value, float):
            return True
        if _is_float_call(part):
            return True
        if isinstance(part, ast.Name) and isinstance(module.constant(part), float):
            return True
    return False


def _is_float_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) == "float" and len(node.args) == 1


RULE = Rule(
    id="T01",
    title="money in binary floats",
    severity=Severity.ERROR,
    topic=Topic.EDGES,
    why="`float(Decimal('0.29')) * 100` is 28.999999999999996: sizes fall below the step or the "
    "minimum, exits are rejected for LOT_SIZE, and what is left cannot be sold.",
    fix="keep money in `Decimal` made from text, and hand the venue text (`str(amount)`)",
    link="https://github.com/CyberPunkMetalHead/Binance-volatility-trading-bot/issues/19",
    visits=(
        on_calls(_decimal, "Decimal"),
        on_acts(_submitted, Act.SUBMIT, Act.EDIT),
        on_calls(
            _in_request, "OrderArgs", "MarketOrderArgs", "LimitOrderRequest", "MarketOrderRequest"
        ),
        on_acts(_declared, Act.SUBMIT, Act.EDIT),
    ),
    bad=(
        """
from decimal import Decimal
import ccxt

FEE = Decimal(0.001)  # <-
exchange = ccxt.kraken()

def sell(volume: float, params: dict):  # <-
    amount = volume * 99.25 / 100  # <-
    price = Decimal(float(quote))  # <-
    exchange.create_order("BTC/USD", "limit", "sell", amount, price, params)
    near = round(price * 0.99, 2)  # <-
    exchange.create_order("BTC/USD", "limit", "sell", amount, near, params)
""",
        """
from py_clob_client.clob_types import OrderArgs

def signed(client, order):
    return client.create_order(OrderArgs(price=float(order.price), size=order.size))  # <-
""",
    ),
    good=(
        """
from decimal import ROUND_DOWN, Decimal
import ccxt

FEE = Decimal("0.001")
exchange = ccxt.kraken()

def sell(volume: Decimal, price: Decimal, params: dict):
    amount = (volume * (1 - FEE)).quantize(STEP, ROUND_DOWN)
    exchange.create_order("BTC/USD", "limit", "sell", str(amount), str(price), params)

def chart(prices: list[float]) -> float:
    return sum(prices) * 1.0 / len(prices)
""",
        """

import ccxt

def send(price, decimals, params):
    shown = round(float(f"{price:.5g}"), 8 - decimals)
    ccxt.hyperliquid().create_order("BTC/USDC", "limit", "buy", "1", shown, params)
""",
    ),
)
