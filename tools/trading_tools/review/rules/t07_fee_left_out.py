"""T07: what was bought is booked without the fee."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes

_BOOKED: Final = frozenset({"position", "holding", "holdings", "inventory", "balance", "coins"})
_FILL: Final = re.compile(r"fill|trade|execution|executed", re.IGNORECASE)
_FEE: Final = re.compile(r"fee|commission|cost|net", re.IGNORECASE)


def _booked(node: ast.AugAssign, module: Module) -> Iterator[Hit]:
    if not isinstance(node.op, ast.Add | ast.Sub):
        return
    target = ast.unparse(node.target)
    if words(target).isdisjoint(_BOOKED) or not _FILL.search(ast.unparse(node.value)):
        return
    function = module.function(node)
    lines = "" if function is None else ast.unparse(function)
    if function is not None and not _FEE.search(lines):
        yield Hit(node, f"`{target}` grows by the fill, and `{function.name}` knows no fee")


RULE = Rule(
    id="T07",
    title="what was bought is booked without the fee",
    severity=Severity.NOTE,
    topic=Topic.EDGES,
    why="Spot venues take the fee of a purchase in the coin: 1 BTC bought is 0.999 held, and the "
    "sale of 1 is refused for insufficient balance.",
    fix="take the fee off in the currency it was charged in, or book what the balance says",
    link="https://github.com/nautechsystems/nautilus_trader/commit/fe30799fdb",
    off="futures, fees in a third coin and balances read anew need nothing of it, and the text "
    "does not tell them apart",
    visits=(on_nodes(_booked, ast.AugAssign),),
    bad=(
        """
class Book:
    def on_fill(self, fill):
        self.position += fill.qty  # <-
""",
    ),
    good=(
        """
class Book:
    def on_fill(self, fill):
        fee = fill.fee if fill.fee_currency == self.base else 0
        self.position += fill.qty - fee

    def on_candle(self, candle):
        self.position += candle.step
""",
    ),
)
