"""T02: a price or a size is brought to its grid in floats."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.index import last_name
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module
from trading_tools.review.model.numbers import Number, number
from trading_tools.review.model.words import names_money, words
from trading_tools.review.rule import Hit, Rule, Topic, on_acts, on_calls, on_nodes

_GRID: Final = frozenset({"tick", "step", "lot", "increment", "pip", "ticksize", "stepsize"})
_WHOLE: Final = 1024
"""The largest denominator of a step whose multiples floats hold without an error."""

_CENTS: Final = 2
_OF_A_FILL: Final = frozenset({"fill", "filled", "avg", "average", "entry"})
_ROUNDS: Final = frozenset({"round", "int", "floor", "ceil", "trunc", "rint"})


def _steps(node: ast.BinOp, module: Module) -> Iterator[Hit]:
    """`round(price / tick) * tick` and `price % tick`."""
    if isinstance(node.op, ast.Mult):
        for counted, step in ((node.left, node.right), (node.right, node.left)):
            value = _divided(counted, step, module) if _is_grid(step) else None
            if value is not None and not _is_exact(module, value, step):
                if not _is_cleaned(node, module):
                    yield _hit(node, f"`{ast.unparse(node)}` finds the step in floats", module)
                return
    elif isinstance(node.op, ast.Div) and _scaled(node, module):
        yield _hit(node, f"`{ast.unparse(node)}` cuts decimals off a float", module)
    elif (
        isinstance(node.op, ast.Mod)
        and _is_grid(node.right)
        and names_money(last_name(node.left))
        and Number.FLOAT in _types(module, node.left, node.right)
    ):
        yield _hit(node, f"`{ast.unparse(node)}` is a remainder of floats", module)


def _hit(node: ast.BinOp, what: str, module: Module) -> Hit:
    """A lesser one in a file that sends no order."""
    sends = next(module.acts(Act.SUBMIT, Act.EDIT), None) is not None
    return Hit(node, what, None if sends else Severity.WARNING)


def _is_cleaned(node: ast.BinOp, module: Module) -> bool:
    """`round(round(price / tick) * tick, 2)` takes the error of the product away."""
    above = module.parent(node)
    return isinstance(above, ast.Call) and last_name(above.func) in {"round", "Decimal", "str"}


def _scaled(node: ast.BinOp, module: Module) -> bool:
    """`floor(size * factor) / factor`, where `factor` is a power of ten."""
    counted, factor = node.left, node.right
    if not (isinstance(counted, ast.Call) and last_name(counted.func) in _ROUNDS and counted.args):
        return False
    inner = counted.args[0]
    if not (isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Mult)):
        return False
    if ast.dump(inner.right) != ast.dump(factor):
        return False
    about = {last_name(inner.left), *_around(node, module)}
    types = _types(module, inner.left, factor)
    money = any(names_money(each) for each in about) or (module.trades and "decimals" in about)
    return money and _is_power(factor, module) and Number.DECIMAL not in types


def _around(node: ast.AST, module: Module) -> set[str]:
    """The names of the function that a node stands in, and of its parameters."""
    function = module.function(node)
    return set() if function is None else {function.name, *module.scope(function).parameters}


def _is_power(node: ast.expr, module: Module) -> bool:
    for value in module.values(node):
        at = value.node
        if isinstance(at, ast.BinOp) and isinstance(at.op, ast.Pow):
            return isinstance(at.left, ast.Constant) and at.left.value in {10}
        if isinstance(at, ast.Constant) and at.value in {10, 100, 1000, 10000, 1e5, 1e6, 1e8}:
            return True
    return False


def _divided(counted: ast.expr, step: ast.expr, module: Module) -> ast.expr | None:
    """What is divided by the step before it is multiplied by it again."""
    if isinstance(counted, ast.Name):
        bound = module.scope(module.function(counted)).only(counted.id)
        counted = bound[0] if len(bound) == 1 else counted
    if isinstance(counted, ast.Call) and last_name(counted.func) in _ROUNDS and counted.args:
        inner = counted.args[0]
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Div):
            return inner.left if ast.dump(inner.right) == ast.dump(step) else None
    if isinstance(counted, ast.BinOp) and isinstance(counted.op, ast.FloorDiv):
        same = ast.dump(counted.right) == ast.dump(step)
        floats = Number.FLOAT in _types(module, counted.left, step)
        return counted.left if same and floats else None
    return None


def _is_grid(node: ast.expr) -> bool:
    name = node.slice if isinstance(node, ast.Subscript) else node
    text = name.value if isinstance(name, ast.Constant) else last_name(name)
    return isinstance(text, str) and not words(text).isdisjoint(_GRID)


def _is_exact(module: Module, value: ast.expr, step: ast.expr) -> bool:
    """Whether nothing is lost: Decimals, ints, and a step like 0.25, which is a whole float."""
    types = _types(module, value, step)
    size = module.constant(step)
    whole = isinstance(size, float) and size.as_integer_ratio()[1] <= _WHOLE
    return whole or Number.DECIMAL in types or types == {Number.INT}


def _types(module: Module, *nodes: ast.expr) -> set[Number | None]:
    return {number(module, each) for each in nodes}


def _submitted(call: VenueCall, module: Module) -> Iterator[Hit]:
    """`create_order(…, round(amount, 3))`."""
    for name in ("amount", "price", "trigger_price"):
        given = call.argument(name)
        for value in module.values(given) if given is not None else ():
            node = value.node
            if (
                isinstance(node, ast.Call)
                and last_name(node.func) == "round"
                and len(node.args) == 2
                and value.module.function(node) is module.function(call.node)
                and number(value.module, node.args[0]) is not Number.DECIMAL
            ):
                way = "may round it up" if name == "amount" else "does not know the tick"
                yield Hit(node, f"`round` of the {name} of `{call.shown}` {way}")


def _rounded(call: ast.Call, module: Module) -> Iterator[Hit]:
    """`round(size, int(-log10(step)))`, and a fill's price that is kept with two decimals."""
    if len(call.args) != 2 or number(module, call.args[0]) is Number.DECIMAL:
        return
    digits = module.constant(call.args[1])
    if isinstance(digits, int):
        target = _kept_as(call, module)
        if digits <= _CENTS and "price" in target and not target.isdisjoint(_OF_A_FILL):
            what = f"`{ast.unparse(call)}` cuts a price of which every decimal counts"
            yield Hit(call, what, Severity.WARNING)
        return
    for value in module.values(call.args[1]):
        logs = [each for each in ast.walk(value.node) if isinstance(each, ast.Call)]
        if any(last_name(each.func) in {"log", "log10"} and _of_grid(each) for each in logs):
            what = f"`{ast.unparse(call)}` may round up, and knows steps of powers of ten only"
            yield Hit(call, what, Severity.WARNING)
            return


def _kept_as(call: ast.Call, module: Module) -> frozenset[str]:
    """The words of the attribute that is set to a value."""
    statement = module.statement(call)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    named = [each.attr for each in targets if isinstance(each, ast.Attribute)]
    return words(named[0]) if len(named) == 1 else frozenset()


def _of_grid(call: ast.Call) -> bool:
    return any(_is_grid(each) for each in call.args)


RULE = Rule(
    id="T02",
    title="a price or a size is brought to its grid in floats",
    severity=Severity.ERROR,
    topic=Topic.EDGES,
    why="`floor(0.29 / 0.01) * 0.01` is 0.28 and `round(0.3 / 0.1) * 0.1` is 0.30000000000000004: "
    "a step is lost or the grid is missed, and `round` goes up as often as down. The venue "
    "refuses the order, or an exit asks for more than is held.",
    fix="quantise in `Decimal` with the venue's step and a stated direction: sizes down, prices to "
    "the side that is safe",
    link="https://github.com/freqtrade/freqtrade/commit/f5e520338",
    visits=(
        on_nodes(_steps, ast.BinOp),
        on_acts(_submitted, Act.SUBMIT, Act.EDIT),
        on_calls(_rounded, "round"),
    ),
    bad=(
        """
import math
import ccxt

exchange = ccxt.binance()

def place(symbol: str, amount: float, price: float, market):
    tick = market["info"]["tickSize"]
    price = round(price / tick) * tick  # <-
    amount = math.floor(amount / market["step"]) * market["step"]  # <-
    exchange.create_order(symbol, "limit", "buy", amount, price)

def sell(symbol, cash, last):
    exchange.create_market_sell_order(symbol, round(cash / last, 3))  # <-
""",
        """
import numpy as np

class Grid:
    def __init__(self, tick_size: float):
        self.tick_size = tick_size

    def snap(self, price: float) -> float:
        return price - price % self.tick_size  # <-

    def below(self, price: float) -> float:
        steps = np.floor(price / self.tick_size)
        return steps * self.tick_size  # <-

    def down(self, price: float) -> float:
        return price // self.tick_size * self.tick_size  # <-
""",
        """
import math

def round_down(size: float, decimals: int) -> float:
    factor = 10 ** decimals
    return math.floor(size * factor) / factor  # <-
""",
        """
import math

def to_step(quantity: float, step_size: float) -> float:
    precision = int(round(-math.log(step_size, 10), 0))
    return float(round(quantity, precision))  # <-

class Order:
    def filled(self, value: float):
        self.avg_fill_price = round(float(value), 2) if value is not None else None  # <-
""",
        """
from binance import AsyncClient

async def buy(client: AsyncClient, symbol, usdt, last):
    quantity = round(usdt / last, 5)  # <-
    await client.order_market_buy(symbol=symbol, quantity=quantity)
""",
    ),
    good=(
        """
from decimal import ROUND_DOWN, Decimal
import ccxt

exchange = ccxt.binance()

def place(symbol: str, amount: Decimal, price: Decimal, tick: Decimal):
    price = round(price / tick) * tick
    amount = (amount / STEP).to_integral_value(ROUND_DOWN) * STEP
    exchange.create_order(symbol, "limit", "buy", str(amount), str(price))

def ticks(price: int, tick: int) -> int:
    return price // tick * tick

def pages(size, step):
    return size % step == 0

def to_precision(price, precision):
    return round(exact(price), precision)

def by_helper(symbol, amount, price):
    price = to_precision(price, 2)
    exchange.create_order(symbol, "limit", "buy", str(amount), price)

TICK = 0.25

def future(price: float) -> float:
    return round(price / TICK) * TICK

def cleaned(price: float, tick_size: float) -> float:
    return round(round(price / tick_size) * tick_size, 8)

def percent(done: float, total: float) -> float:
    return int(done / total * 100) / 100

def shown(price: float) -> str:
    return f"{round(price, 2)}"

def chart(self, value):
    self.price_height = round(value, 2)
""",
    ),
)
