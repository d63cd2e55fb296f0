"""T64: an answer that cannot be other than it is: a search that finds nothing, a wrong name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, in_trading, on_module

_NEVER_MISSING: Final = frozenset({"datetime", "datetime.datetime", "time", "decimal.Decimal"})
"""Modules and classes that are there: others may be None where they cannot be imported."""


def _with_none(module: Module, _: Module) -> Iterator[Hit]:
    for compare in module.nodes(ast.Compare):
        name, other = compare.left, compare.comparators[0]
        if not isinstance(name, ast.Name) or not isinstance(other, ast.Constant):
            continue
        if other.value is not None:
            continue
        if _only_in_a_loop(name, module):
            yield Hit(name, f"`{name.id}` is not bound where the loop before found nothing")
        elif _is_imported(name, module):
            yield Hit(compare, f"`{name.id}` is what was imported, which is never None")


def _only_in_a_loop(name: ast.Name, module: Module) -> bool:
    """Whether all that binds a name is in the body of one loop, which ends before it is asked."""
    function = module.function(name)
    if function is None:
        return False
    loops = [each for each in module.within(function, ast.For) if not each.orelse]
    ended = [each for each in loops if (each.end_lineno or 0) < name.lineno]
    if not ended or any(module.holds(each, name) for each in loops):
        return False
    scope = module.scope(function)
    bound = scope.only(name.id)
    if not bound or name.id in scope.parameters:
        return False
    loop = next((each for each in ended if all(module.holds(each, one) for one in bound)), None)
    if loop is None:
        return False
    always = any(module.parent(module.statement(each)) is loop for each in bound)
    return not (always and _turns(loop))


def _turns(loop: ast.For) -> bool:
    """Whether a loop turns once at least, as it is written: so many tries, these two sides."""
    if isinstance(loop.iter, ast.Tuple | ast.List):
        return bool(loop.iter.elts)
    return isinstance(loop.iter, ast.Call) and last_name(loop.iter.func) == "range"


def _is_imported(name: ast.Name, module: Module) -> bool:
    """Whether a name is an import and nothing else, anywhere around."""
    if module.imports.of(name.id) not in _NEVER_MISSING or module.scope(None).binds(name.id):
        return False
    function = module.function(name)
    while function is not None:
        if module.scope(function).binds(name.id):
            return False
        function = module.function(function)
    return True


RULE = Rule(
    id="T64",
    title="a look for None that cannot find it",
    severity=Severity.WARNING,
    topic=Topic.EDGES,
    why="The order that nobody knows, the signal without a time: the very case that is asked for "
    "ends in UnboundLocalError, or is never seen.",
    fix="bind the name to None before the loop, and ask for the name that was meant",
    link="https://docs.python.org/3/library/exceptions.html#UnboundLocalError",
    visits=(in_trading(on_module(_with_none)),),
    bad=(
        """
import ccxt
from datetime import datetime

def on_fill(orders, fill):
    for order in orders:
        if order.id == fill.order_id:
            known = order
            break
    if known is None:  # <-
        return
    known.book(fill)

def outdated(stamp):
    if datetime == None:  # <-
        return True
    return stamp < datetime.now().astimezone()
""",
    ),
    good=(
        """
import ccxt
from datetime import datetime

def on_fill(orders, fill):
    known = None
    for order in orders:
        if order.id == fill.order_id:
            known = order
            break
    if known is None:
        return
    known.book(fill)

def last(orders):
    for order in orders:
        latest = order.fill()
        if latest is None:
            continue
        yield latest

def asked(exchange, order_id):
    for _ in range(3):
        found = exchange.fetch_order(order_id)
        if found:
            break
    if found is None:
        raise Unknown(order_id)
    return found

def outdated(stamp):
    return stamp is None or stamp < datetime.now().astimezone()
""",
    ),
)
