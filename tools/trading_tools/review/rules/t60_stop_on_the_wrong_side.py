"""T60: a stop or a target that stands on the same side whatever the position's is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import FunctionNode, last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_functions, on_nodes, where_said

_STOP: Final = frozenset({"stop", "sl", "stoploss"})
_TARGET: Final = frozenset({"tp", "target", "takeprofit", "profit"})
_LONG: Final = frozenset({"long", "buy", "bid", "bullish"})
_SHORT: Final = frozenset({"short", "sell", "ask", "bearish", "credit"})
_SIDES: Final = _LONG | _SHORT | {"side", "direction", "sign", "signal", "reverse", "inverse"}
_NO_LEVEL: Final = frozenset({"pct", "percent", "hit", "distance", "ratio", "id", "order", "time"})
_SELLS_SHORT: Final = ("isshort", '"short"', "'short'", "sideshort", ".short", "credit")
"""What a file says that also opens positions by selling."""


def _branches(node: ast.If, module: Module) -> Iterator[Hit]:
    """Two branches for two sides, with the level above the price, or below it, in both."""
    del module
    if len(node.orelse) == 0 or not _asks_side(node.test):
        return
    there = _levels(node.body)
    other = node.orelse
    if len(other) == 1 and isinstance(other[0], ast.If):
        if not _asks_side(other[0].test):
            return
        other = other[0].body
    for name, (value, below) in _levels(other).items():
        same = there.get(name)
        if same is not None and same[1] is below and _far(value) == _far(same[0]):
            where = "below" if below else "above"
            yield Hit(value, f"`{name}` stands {where} the price for both sides")


def _asks_side(test: ast.expr) -> bool:
    """Whether a test tells one side from the other: `side == "long"`, `is_short`."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test = test.operand
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        if not isinstance(test.ops[0], ast.Eq | ast.NotEq | ast.Is):
            return False
        said = test.comparators[0]
        text = said.value if isinstance(said, ast.Constant) else last_name(said)
        return isinstance(text, str) and bool(words(text) & (_LONG | _SHORT))
    return bool(words(last_name(test)) & (_LONG | _SHORT)) and isinstance(
        test, ast.Name | ast.Attribute
    )


def _levels(body: list[ast.stmt]) -> dict[str, tuple[ast.expr, bool]]:
    """The stops and targets that are set here: the calculation, and whether it goes below."""
    found = {}
    for each in body:
        if isinstance(each, ast.Assign) and len(each.targets) == 1:
            name = last_name(each.targets[0])
            below = _below(each.value) if _is_level(name) else None
            if below is not None:
                found[name] = (each.value, below)
    return found


def _is_level(name: str) -> bool:
    own = words(name)
    return bool(own & (_STOP | _TARGET)) and own.isdisjoint(_NO_LEVEL)


def _below(node: ast.expr) -> bool | None:
    """Whether a level goes below its price: `p - x`, `p * (1 - x)`; None where it is no level."""
    if isinstance(node, ast.Call) and node.args:
        return _below(node.args[0])  # a rounding, a conversion
    if not isinstance(node, ast.BinOp):
        return None
    if isinstance(node.op, ast.Sub | ast.Add):
        return isinstance(node.op, ast.Sub) if _is_price(node.left) else None
    if not isinstance(node.op, ast.Mult):
        return None
    for price, factor in ((node.left, node.right), (node.right, node.left)):
        if not isinstance(factor, ast.BinOp) or not _is_one(factor.left) or not _is_price(price):
            continue
        if isinstance(factor.op, ast.Sub | ast.Add):
            return isinstance(factor.op, ast.Sub)
    return None


def _far(node: ast.expr) -> str:
    """How far from the price: two levels of different widths may well be two rungs."""
    names = (last_name(each) for each in ast.walk(node))
    return " ".join(sorted({each for each in names if each}))


def _is_one(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and node.args:
        node = node.args[0]
    return isinstance(node, ast.Constant) and node.value in {1, "1"}


def _is_price(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and node.args:
        node = node.args[0]
    return bool(words(last_name(node)) & {"price", "entry", "close", "fill", "px", "rate"})


def _one_sided(function: FunctionNode, module: Module) -> Iterator[Hit]:
    """A function that sets a stop and knows no side, in a file that sells short."""
    own = words(function.name)
    if not own & (_STOP | _TARGET) or own & _NO_LEVEL or "price" not in own:
        return
    level = next(
        (
            each
            for each in module.own(function, ast.BinOp)
            if _below(each) is not None and not isinstance(module.parent(each), ast.BinOp)
        ),
        None,
    )
    if level is None or _knows_side(function) or not module.mentions(_SELLS_SHORT):
        return
    where = "below" if _below(level) else "above"
    yield Hit(level, f"`{function.name}` goes {where} the price whatever the side is")


def _knows_side(function: FunctionNode) -> bool:
    for each in ast.walk(function):
        if isinstance(each, ast.Name | ast.Attribute) and words(last_name(each)) & _SIDES:
            return True
        if isinstance(each, ast.arg) and words(each.arg) & _SIDES:
            return True
    return not words(function.name).isdisjoint(_LONG | _SHORT)


RULE = Rule(
    id="T60",
    title="a stop or a target on the same side for long and short",
    severity=Severity.WARNING,
    topic=Topic.RISK,
    why="The stop of a short stands above its entry, its target below: on the wrong side the stop "
    "fires at once, or the target closes with a loss and nothing bounds it.",
    fix="turn the sign with the side: `entry * (1 + direction * distance)`",
    link="https://github.com/CryptoGnome/Bybit-Futures-Bot/issues/1",
    visits=(
        where_said(on_nodes(_branches, ast.If), "stoploss", "takeprofit"),
        on_functions(_one_sided),
    ),
    bad=(
        """
def levels(side, entry, pct):
    if side == "long":
        stop_loss = entry * (1 - pct)
    else:
        stop_loss = entry * (1 - pct)  # <-
    return stop_loss

class Template:
    def is_credit(self):
        return self.strategy == "put credit spread"

    def stop_price(self, fill_price):
        return round(fill_price - (abs(fill_price) * self.stop / 100), 2)  # <-
""",
    ),
    good=(
        """
def levels(side, entry, pct):
    if side == "long":
        stop_loss = entry * (1 - pct)
        take_profit = entry * (1 + pct)
    else:
        stop_loss = entry * (1 + pct)
        take_profit = entry * (1 - pct)
    return stop_loss, take_profit

def stop_price(position, fill_price):
    if position.is_short:
        return fill_price + position.distance
    return fill_price - position.distance

def rungs(side, price, near, wide):
    if side == "buy":
        stop = price - near
    else:
        stop = price - wide
    return stop
""",
        """
def stop_price(fill_price, distance):
    return fill_price - distance
""",
    ),
)
