"""T24: an exception is thrown away, whatever it was."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.imports import dotted
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes

_ALL = frozenset({"BaseException", "Exception"})


def _swallowing(attempt: ast.Try, module: Module) -> Iterator[Hit]:
    for handler in attempt.handlers:
        caught = _named(handler)
        if not caught & _ALL or _raises(handler, module):
            continue
        lost = all(_does_nothing(each) for each in handler.body) and _reaches_venue(attempt, module)
        if "BaseException" in caught and module.trades:
            what = "also stops Ctrl-C and the cancelling of tasks"
            name = "a bare `except`" if handler.type is None else "`except BaseException`"
            yield Hit(handler, f"{name} {what}", None if lost else Severity.WARNING)
        elif lost:
            yield Hit(handler, "whatever goes wrong at the venue is thrown away here")


def _named(handler: ast.ExceptHandler) -> set[str]:
    """The classes that a handler names: nobody gives everything a name of its own elsewhere."""
    if handler.type is None:
        return {"BaseException"}
    parts = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {dotted(each) for each in parts}


def _raises(handler: ast.ExceptHandler, module: Module) -> bool:
    return bool(module.within(handler, ast.Raise))


def _does_nothing(node: ast.stmt) -> bool:
    plain = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return plain or isinstance(node, ast.Pass | ast.Continue)


def _reaches_venue(attempt: ast.Try, module: Module) -> bool:
    calls = [each.node for each in module.venue_calls] + [each.node for each in module.submits]
    return any(module.holds(each, call) for each in attempt.body for call in calls)


RULE = Rule(
    id="T24",
    title="an exception is thrown away, whatever it was",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="A refused order, a ban and a typo look the same: nothing. A bare `except` also keeps the "
    "bot from being stopped.",
    fix="catch what you can act on, let the rest through, and record both",
    visits=(on_nodes(_swallowing, ast.Try),),
    bad=(
        """
import ccxt

exchange = ccxt.okx()
try:
    exchange.cancel_order(order_id, symbol)
except Exception:  # <-
    pass

while True:
    try:
        step()
    except:  # <-
        continue
""",
    ),
    good=(
        """
import ccxt

exchange = ccxt.okx()
try:
    exchange.cancel_order(order_id, symbol)
except ccxt.OrderNotFound:
    pass

try:
    step()
except BaseException:
    journal.close()
    raise
""",
    ),
)
