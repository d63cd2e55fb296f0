"""T45: a risk limit that `python -O` takes away."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import MONEY, names_money, words
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes

_LIMITS = frozenset({"max", "limit", "cap", "leverage", "drawdown", "risk"})
_VAGUE = frozenset({"size", "max", "min", "limit", "self", "average", "volume", "cost", "margin"})
"""Words that code which has nothing to do with money has too."""
_FROM_OUTSIDE = frozenset({"price", "quote", "ticker", "order", "position", "balance", "broker"})
_LOOKS = frozenset({"get", "fetch", "find", "read", "load"})
"""Of what calls so named look up, a good deal is not there on a bad day."""
_ORDERING = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def _asserted(node: ast.Assert, module: Module) -> Iterator[Hit]:
    missing = _may_be_missing(node.test, module)
    if missing:
        what = f"that there is a `{missing}` is only asserted: it comes from outside"
        yield Hit(node, what, Severity.NOTE)
    for compare in [node.test, *module.within(node, ast.Compare)]:
        severity = _limits(compare) if isinstance(compare, ast.Compare) else None
        if severity is not None:
            yield Hit(node, f"the limit `{ast.unparse(compare)}` is only asserted", severity)
            return


def _may_be_missing(test: ast.expr, module: Module) -> str:
    """The name of `assert quote is not None`, where a look-up of a price, an order, … gave it."""
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.IsNot | ast.NotEq):
        return ""
    other = test.comparators[0]
    name = last_name(test.left)
    if not isinstance(other, ast.Constant) or other.value is not None or not name:
        return ""
    if not words(name) & _FROM_OUTSIDE or not module.trades:
        return ""
    calls = (each.node for each in module.values(test.left) if isinstance(each.node, ast.Call))
    return name if any(words(last_name(each.func)) & _LOOKS for each in calls) else ""


def _limits(compare: ast.Compare) -> Severity | None:
    """How much a comparison matters: a limit of risk more than a bound that is a number."""
    if not any(isinstance(each, _ORDERING) for each in compare.ops):
        return None
    names = [last_name(each) for each in (compare.left, *compare.comparators)]
    money = any(names_money(each) and words(each) & (MONEY - _VAGUE) for each in names)
    limit = any(words(each) & _LIMITS for each in names)
    bounded = any(isinstance(each, ast.Constant) for each in compare.comparators)
    if money and limit:
        return Severity.ERROR
    return Severity.WARNING if money and bounded else None


RULE = Rule(
    id="T45",
    title="a risk limit that `python -O` takes away",
    severity=Severity.ERROR,
    topic=Topic.RISK,
    why="Python leaves assertions out under `-O` and `PYTHONOPTIMIZE`, which images for production "
    "often set: the limit is gone, and nothing says so.",
    fix="raise an exception of your own",
    link="https://docs.python.org/3/reference/simple_stmts.html#the-assert-statement",
    visits=(on_nodes(_asserted, ast.Assert),),
    bad=(
        """
def place(self, size, price):
    assert size <= self.max_position_size, "too large"  # <-
    assert price > 0 and size > 0  # <-
""",
        """
import ccxt

def value(venue, leg):
    quote = venue.get_quote(leg)
    assert quote is not None  # <-
    return quote.mid
""",
    ),
    good=(
        """
def place(self, size, price):
    if size > self.max_position_size:
        raise LimitExceeded(f"{size} is more than {self.max_position_size}")
    assert self._client is not None

def names(core_size):
    assert core_size > 1
""",
    ),
)
