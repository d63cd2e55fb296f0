"""T66: money is stored as a float."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import names_money, words
from trading_tools.review.rule import Hit, Rule, Topic, in_trading, on_calls

_FLOATS: Final = frozenset({"Float", "FLOAT", "REAL", "Double", "DOUBLE", "DOUBLE_PRECISION"})
_ALSO_MONEY: Final = frozenset({"filled", "remaining", "gain", "revenue", "value"})


def _column(call: ast.Call, module: Module) -> Iterator[Hit]:
    """`price = Column(Float)` of SQLAlchemy, `price = models.FloatField()` of Django."""
    statement = module.statement(call)
    if not isinstance(module.parent(statement), ast.ClassDef):
        return
    if isinstance(statement, ast.Assign):
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    else:
        return
    name = last_name(target)
    money = names_money(name) or bool(words(name) & _ALSO_MONEY)
    if money and statement.value is call and _is_float(call):
        yield Hit(call, f"`{name}` is stored as a float")


def _is_float(call: ast.Call) -> bool:
    if last_name(call.func) == "FloatField":
        return True
    kinds = [each.func if isinstance(each, ast.Call) else each for each in call.args]
    return any(last_name(each) in _FLOATS for each in kinds)


RULE = Rule(
    id="T66",
    title="money is stored as a float",
    severity=Severity.WARNING,
    topic=Topic.EDGES,
    why="What comes back is not what went in: 0.1 + 0.2 of two fills is more than the position, so "
    "the exit is refused for its size, or dust stays that cannot be sold.",
    fix="store text, or `Numeric` with the venue's digits",
    link="https://docs.sqlalchemy.org/en/20/core/type_basics.html#sqlalchemy.types.Numeric",
    visits=(in_trading(on_calls(_column, "Column", "mapped_column", "FloatField")),),
    bad=(
        """
import ccxt
from sqlalchemy import Column, Float, Integer, String

class Order(Base):
    id = Column(Integer, primary_key=True)
    price = Column(Float)  # <-
    filled = Column(Float, default=0)  # <-
""",
    ),
    good=(
        """
import ccxt
from sqlalchemy import Column, Float, Numeric, String

class Order(Base):
    price = Column(Numeric(20, 8))
    amount = Column(String)
    latency = Column(Float)
""",
    ),
)
