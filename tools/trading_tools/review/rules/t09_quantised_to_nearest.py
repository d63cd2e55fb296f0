"""T09: a size is quantised without a direction."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Edit, Severity
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_calls

_SIZES: Final = frozenset(
    {"amount", "qty", "quantity", "size", "volume", "stake", "shares", "contracts", "units"}
)
_NOT_SIZES: Final = frozenset({"tick", "price", "usd", "pnl", "fee", "cost"})


def _nearest(call: ast.Call, module: Module) -> Iterator[Hit]:
    if len(call.args) != 1 or call.keywords or not isinstance(call.func, ast.Attribute):
        return
    if _is_shown(call, module):
        return
    name = _size(call.func.value) or _assigned(call, module) or _returned(call, module)
    if name:
        what = f"`{name}` is quantised to the nearest step, which may be more than there is"
        yield Hit(call, what, edits=_edits(call, module))


def _is_shown(call: ast.Call, module: Module) -> bool:
    """Whether the result is only formatted for people."""
    above = module.parent(call)
    if isinstance(above, ast.Attribute):
        return above.attr == "__format__"
    return isinstance(above, ast.FormattedValue)


def _is_size(name: str) -> bool:
    own = words(name)
    return bool(own & _SIZES) and not own & _NOT_SIZES


def _size(node: ast.expr) -> str:
    """The name of what is quantised, where it is that of a size."""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        return _size(node.args[0])
    return last_name(node) if _is_size(last_name(node)) else ""


def _assigned(call: ast.Call, module: Module) -> str:
    above = module.parent(call)
    if isinstance(above, ast.Assign):
        names = [last_name(each) for each in above.targets]
        return next((each for each in names if _is_size(each)), "")
    return above.arg or "" if isinstance(above, ast.keyword) and _is_size(above.arg or "") else ""


def _returned(call: ast.Call, module: Module) -> str:
    function = module.function(call)
    returned = isinstance(module.parent(call), ast.Return) and function is not None
    return function.name if returned and function and _is_size(function.name) else ""


def _edits(call: ast.Call, module: Module) -> tuple[Edit, ...]:
    """The direction, where the file has `ROUND_DOWN` already."""
    if module.imports.of("ROUND_DOWN") != "decimal.ROUND_DOWN":
        return ()
    given = call.args[0]
    return (module.replacing(given, f"{ast.unparse(given)}, rounding=ROUND_DOWN"),)


RULE = Rule(
    id="T09",
    title="a size is quantised without a direction",
    severity=Severity.WARNING,
    topic=Topic.EDGES,
    why="`quantize` goes to the nearest step by default: 99.995 becomes 100.00, and the order asks "
    "for more than is held or allowed.",
    fix="say `rounding=ROUND_DOWN` for sizes",
    visits=(on_calls(_nearest, "quantize"),),
    bad=(
        """
from decimal import ROUND_DOWN, Decimal

def sized(bankroll, fraction, step):
    size = (bankroll * fraction).quantize(step)  # <-
    return Order(quantity=Decimal(size).quantize(step))  # <-

class Gateway:
    def to_amount(self, order):
        return order.value.quantize(self.step)  # <-
""",
        """
def place(client, qty, lot):
    client.send(qty.quantize(lot))  # <-
""",
    ),
    good=(
        """
from decimal import ROUND_DOWN, ROUND_UP, Decimal

def sized(bankroll, fraction, step):
    size = (bankroll * fraction).quantize(step, rounding=ROUND_DOWN)
    short = size.quantize(step, ROUND_DOWN)
    price = Decimal("1.005").quantize(Decimal("0.01"))
    pnl = (price * size).quantize(Decimal("0.01"))
    return size, short, pnl, f"{size.quantize(Decimal('0.01'))}"

def tick_size(text):
    return Decimal(text).quantize(Decimal("0.01"))
""",
    ),
)
