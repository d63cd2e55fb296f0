"""T05: orders are sent by a file that knows no minimum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module
from trading_tools.review.rule import Hit, Rule, Topic, on_module

_MINIMUMS: Final = (
    "minnotional", "minqty", "minamount", "mincost", "minsize", "minorder", "minimum",
    '"limits"', "'limits'", "mintrade", "minstake", "minbase", "filters", "exchangeinfo",
    "closeposition",
)  # fmt: skip
"""Words, without `_` and capitals, of code that knows one."""


def _unchecked(module: Module, _: Module) -> Iterator[Hit]:
    first = next(module.acts(Act.SUBMIT), None)
    if first is not None and not module.mentions(_MINIMUMS):
        yield Hit(
            first.node,
            f"`{first.shown}` is sent, and nothing in this file knows the venue's minimum",
        )


RULE = Rule(
    id="T05",
    title="orders are sent without a look at the venue's minimum",
    severity=Severity.NOTE,
    topic=Topic.EDGES,
    why="An entry that is filled in part, or shrunk by the fee, leaves less than the minimum "
    "notional: it cannot be sold, and the stop for it is refused.",
    fix="check amount and notional against the market's limits before an entry, for its exit too",
    link="https://github.com/freqtrade/freqtrade/issues/8229",
    off="the check often stands in another file, which a search for words cannot rule out",
    visits=(on_module(_unchecked),),
    bad=(
        """
import ccxt

exchange = ccxt.okx()

def buy(amount):
    return exchange.create_order("BTC/USDT", "market", "buy", amount)  # <-

def sell(amount):
    return exchange.create_order("BTC/USDT", "market", "sell", amount)
""",
    ),
    good=(
        """
import ccxt

exchange = ccxt.okx()

def buy(amount, price):
    limits = exchange.market("BTC/USDT")["limits"]
    if amount < limits["amount"]["min"] or amount * price < limits["cost"]["min"]:
        raise TooSmall(amount)
    return exchange.create_order("BTC/USDT", "market", "buy", amount)
""",
    ),
)
