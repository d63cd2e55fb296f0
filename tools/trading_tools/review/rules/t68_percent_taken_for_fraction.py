"""T68: a fee in percent where a fraction is meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, in_trading, on_module, where_said

_FEES: Final = frozenset({"fee", "fees", "commission"})
_SAID: Final = ("makerfee", "takerfee", "feerate", "percentfee")
_DIVIDED: Final = ("/100", "/ 100", "*0.01", "* 0.01", 'decimal("100")', "decimal(100)", "percent)")
_SHARES: Final = frozenset({"rate", "maker", "taker", "decimal", "fraction", "ratio"})
_PERCENT: Final = frozenset({"percent", "pct", "percentage", "bps", "min", "max", "threshold"})
_LEAST, _MOST = Decimal("0.03"), Decimal(1)
"""No venue takes 3 % of a trade; a fee above 1 is in percent or a price, and is seen as such."""


def _named(module: Module, _: Module) -> Iterator[Hit]:
    """What is assigned to the name of a fee, or given for it."""
    if module.mentions(_DIVIDED):
        return
    for assign in module.nodes(ast.Assign):
        for each in assign.targets:
            yield from _fee(last_name(each), assign.value)
    for noted in module.nodes(ast.AnnAssign):
        if noted.value is not None:
            yield from _fee(last_name(noted.target), noted.value)
    for call in module.nodes(ast.Call):
        for keyword in call.keywords:
            if keyword.arg is not None:
                yield from _fee(keyword.arg, keyword.value)


def _fee(name: str, value: ast.expr) -> Iterator[Hit]:
    own = words(name)
    fraction = "decimal" in own or own.isdisjoint(_PERCENT)
    if not own & _FEES or not own & _SHARES or not fraction:
        return
    share = _number(value)
    if share is not None and _LEAST <= share < _MOST:
        yield Hit(value, f"`{name}` of {share} is {share * 100:f} % of each trade")


def _number(node: ast.expr) -> Decimal | None:
    if isinstance(node, ast.Call) and last_name(node.func) == "Decimal" and len(node.args) == 1:
        node = node.args[0]
    said = node.value if isinstance(node, ast.Constant) else None
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    try:
        return Decimal(str(said))
    except InvalidOperation:
        return None


RULE = Rule(
    id="T68",
    title="a fee in percent where a fraction is meant",
    severity=Severity.WARNING,
    topic=Topic.EDGES,
    why="0.16 for 0.16 % is 16 %: no trade looks worth its cost, a size is cut by a sixth, and the "
    "profit that is told is none. The other way round each trade loses its fee.",
    fix="write the fraction (`0.0016`), and say the unit in the name",
    link="https://www.kraken.com/features/fee-schedule",
    visits=(in_trading(where_said(on_module(_named), *_SAID)),),
    bad=(
        """
from decimal import Decimal
import ccxt

TAKER_FEE = 0.26  # <-
FEES = Schema(maker_percent_fee_decimal=Decimal("0.16"))  # <-
""",
    ),
    good=(
        """
from decimal import Decimal
import ccxt

TAKER_FEE = 0.0026
TAKER_FEE_PCT = 0.26
FEES = Schema(maker_percent_fee_decimal=Decimal("0.0016"))
MAX_FEE_RATE = 0.1
""",
        """
import ccxt

TAKER_FEE = 0.26

def cost(value):
    return value * TAKER_FEE / 100
""",
    ),
)
