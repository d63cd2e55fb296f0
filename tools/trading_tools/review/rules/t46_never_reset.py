"""T46: a limit of the day that knows no day."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.module import Module
from trading_tools.review.model.values import method_of
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes

_DAY: Final = frozenset({"daily", "today", "todays", "day", "intraday"})
_COUNTED: Final = frozenset(
    {"trades", "orders", "loss", "losses", "pnl", "count", "volume", "notional", "spent", "profit",
     "turnover", "drawdown"}
)  # fmt: skip
_BOUND: Final = frozenset({"max", "limit", "cap", "target", "min"})


def _counted(owner: ast.ClassDef, module: Module) -> Iterator[Hit]:
    begun = _begun(owner)
    for name, first in begun.items():
        if _grows(name, owner, module) and not _set_elsewhere(name, first, module):
            yield Hit(
                first,
                f"`{name}` is never set back: after one day's worth the bot stops for good, and a "
                "restart forgets what the day has had",
            )


def _begun(owner: ast.ClassDef) -> dict[str, ast.stmt]:
    """The counters of a day that the constructor, or a field's default, begins at nothing."""
    found: dict[str, ast.stmt] = {}
    made = method_of(owner, "__init__")
    places: list[ast.stmt] = [*owner.body, *(made.body if made is not None else [])]
    for each in places:
        if isinstance(each, ast.Assign):
            targets: list[ast.expr] = each.targets
        elif isinstance(each, ast.AnnAssign):
            targets = [each.target]
        else:
            continue
        for target in targets:
            name = target.attr if isinstance(target, ast.Attribute) else ""
            name = target.id if isinstance(target, ast.Name) else name
            own = words(name)
            if own & _DAY and own & _COUNTED and not own & _BOUND:
                found[name] = each
    return found


def _grows(name: str, owner: ast.ClassDef, module: Module) -> bool:
    return any(
        isinstance(each.target, ast.Attribute) and each.target.attr == name
        for each in module.within(owner, ast.AugAssign)
    )


def _set_elsewhere(name: str, first: ast.stmt, module: Module) -> bool:
    """Whether anything in the file sets it anew, or replaces what holds it."""
    changed: list[ast.Assign | ast.AnnAssign] = [*module.nodes(ast.Assign)]
    changed += module.nodes(ast.AnnAssign)
    for node in changed:
        if node is first:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        parts = [part for each in targets for part in ast.walk(each)]
        if any(isinstance(each, ast.Attribute) and each.attr == name for each in parts):
            return True
    return any(
        isinstance(part, ast.Constant) and part.value == name
        for call in module.calls_of("setattr", "replace", "update")
        for part in ast.walk(call)
    )


RULE = Rule(
    id="T46",
    title="a limit of the day that knows no day",
    severity=Severity.ERROR,
    topic=Topic.RISK,
    why="A counter that only grows stops the bot, its exits too, on the second day; one that lives "
    "in memory begins at zero after each crash, when the limit is needed most.",
    fix="keep the count with its day in UTC where it outlives the process, and begin anew when the "
    "day is another one",
    link="https://github.com/sanketagarwal/hyperliquid-trading-agent/issues/5",
    visits=(on_nodes(_counted, ast.ClassDef),),
    bad=(
        """
class Bot:
    def __init__(self, max_daily_trades):
        self.max_daily_trades = max_daily_trades
        self.daily_trades = 0  # <-

    async def execute(self, order):
        if self.daily_trades >= self.max_daily_trades:
            raise Refused("enough for a day")
        await self.send(order)
        self.daily_trades += 1
""",
        """
from dataclasses import dataclass
from decimal import Decimal

@dataclass
class Risk:
    daily_loss: Decimal = Decimal(0)  # <-

    def closed(self, pnl):
        if pnl < 0:
            self.daily_loss -= pnl
""",
    ),
    good=(
        """
class Bot:
    def __init__(self):
        self.daily_trades = 0
        self.day = None
        self.total_trades = 0

    def count(self, today):
        if today != self.day:
            self.day, self.daily_trades = today, 0
        self.daily_trades += 1
        self.total_trades += 1

class Midnight:
    def __init__(self, bot):
        self.today_orders = 0

    def placed(self):
        self.today_orders += 1

def reset(watch):
    watch.today_orders = 0
""",
    ),
)
