"""T52: a number that may be missing is tested as if zero were missing too."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trading_tools.review.findings import Severity
from trading_tools.review.model.exceptions import covers
from trading_tools.review.model.index import last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_calls, on_nodes, where_said

_PRICES = frozenset({"price", "px"})
_SIZES = frozenset({"amount", "qty", "quantity", "size", "notional", "volume"})
"""Of these, zero often is nothing: what is skipped for it may be skipped."""
_NOT_NUMBERS = frozenset(
    {
        "order", "orders", "type", "id", "symbol", "prices", "precision", "flag", "warnings",
        "column", "data", "filter", "history", "name", "key", "mode", "levels", "source", "feed",
        "map",
    }
)  # fmt: skip


def _if(node: ast.If, module: Module) -> Iterator[Hit]:
    for hit in _tested(node.test, module, _PRICES):
        if not _refuses(node):
            yield hit


def _refuses(node: ast.If) -> bool:
    """`if not amount: return`: zero is turned away as well, which is right for a size."""
    negated = isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)
    ends = isinstance(node.body[-1], ast.Return | ast.Raise | ast.Continue)
    return negated and ends and not node.orelse


def _choice(node: ast.IfExp, module: Module) -> Iterator[Hit]:
    if not _is_zero(node.orelse):
        yield from _tested(node.test, module)


def _or(node: ast.BoolOp, module: Module) -> Iterator[Hit]:
    if not isinstance(node.op, ast.Or) or _is_zero(node.values[-1]):
        return
    if _stands_for_a_value(node, module):
        yield from _tested(node.values[0], module)


def _is_zero(node: ast.expr) -> bool:
    """Whether it spells zero: then a zero is taken for nothing but itself."""
    if isinstance(node, ast.Call) and len(node.args) < 2 and last_name(node.func) == "Decimal":
        return not node.args or _is_zero(node.args[0])
    return isinstance(node, ast.Constant) and node.value in {0, "0", "0.0"}


def _stands_for_a_value(node: ast.BoolOp, module: Module) -> bool:
    """Whether `a or b` is a value and not a condition."""
    above = module.parent(node)
    return not isinstance(
        above, ast.If | ast.While | ast.IfExp | ast.BoolOp | ast.UnaryOp | ast.Assert
    )


def _tested(
    test: ast.expr, module: Module, numbers: frozenset[str] = _PRICES | _SIZES
) -> Iterator[Hit]:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for each in test.values:
            yield from _tested(each, module, numbers)
        return
    target = test
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        target = test.operand
    name = last_name(target)
    own = words(name)
    if (
        not own.isdisjoint(numbers)
        and own.isdisjoint(_NOT_NUMBERS)
        and _may_be_missing(target, module)
    ):
        edit = module.replacing(
            test, f"{ast.unparse(target)} is{'' if target is not test else ' not'} None"
        )
        plain = not isinstance(module.parent(test), ast.BoolOp) or isinstance(target, ast.Name)
        whole = plain and not _is_value(test, module)
        yield Hit(
            test,
            f"`{ast.unparse(target)}` of 0 is taken for none",
            edits=(edit,) if whole else (),
        )


def _converted(call: ast.Call, module: Module) -> Iterator[Hit]:
    """`float(order.price)` of an order at market, where nobody has asked for None."""
    if len(call.args) != 1 or not isinstance(call.func, ast.Name):
        return
    given = call.args[0]
    own = words(last_name(given))
    if not own & (_PRICES | _SIZES) or own & _NOT_NUMBERS or not _may_be_missing(given, module):
        return
    function = module.function(call)
    if function is None:
        return
    name = ast.unparse(given)
    asked: list[ast.AST] = [each.test for each in module.within(function, ast.If)]
    asked += [each.test for each in module.within(function, ast.IfExp)]
    asked += [*module.within(function, ast.BoolOp), *module.within(function, ast.Assert)]
    if not any(name in ast.unparse(each) for each in asked) and not _is_caught(call, module):
        yield Hit(call, f"`{name}` may be None, of which `{call.func.id}` makes a TypeError")


def _is_caught(call: ast.Call, module: Module) -> bool:
    return any(
        covers(module.caught(handler), "TypeError") for _, handler in module.handlers_around(call)
    )


def _is_value(test: ast.expr, module: Module) -> bool:
    above = module.parent(test)
    return isinstance(above, ast.BoolOp) and isinstance(above.op, ast.Or)


def _may_be_missing(node: ast.expr, module: Module) -> bool:
    """Whether the number is declared as one that may be None."""
    if isinstance(node, ast.Name):
        scope = module.scope(module.function(node))
        default = scope.defaults.get(node.id)
        if isinstance(default, ast.Constant) and default.value is None:
            return True
        annotation = scope.annotations.get(node.id)
        return annotation is not None and _allows_none(annotation)
    if not isinstance(node, ast.Attribute):
        return False
    holder = module.kind(node.value)
    if holder is None or holder.place is None:
        return False
    place = holder.place
    return any(
        isinstance(field.target, ast.Name)
        and field.target.id == node.attr
        and _allows_none(field.annotation)
        for field in place.module.within(place.node, ast.AnnAssign)
    )


def _allows_none(annotation: ast.expr) -> bool:
    text = ast.unparse(annotation)
    return "None" in text or text.startswith(("Optional[", "typing.Optional["))


RULE = Rule(
    id="T52",
    title="a number that may be missing is tested as if zero were missing too",
    severity=Severity.WARNING,
    topic=Topic.EDGES,
    why="A limit order at price 0 skips its checks and reaches the venue, a stop of 0 is left "
    "out, and an audit entry says that there was no price.",
    fix="write `is not None`, and refuse a zero where it makes no sense",
    visits=(
        where_said(on_nodes(_if, ast.If), *_PRICES),
        on_nodes(_choice, ast.IfExp),
        on_nodes(_or, ast.BoolOp),
        on_calls(_converted, "float", "int"),
    ),
    bad=(
        """
from decimal import Decimal

class Order:
    size: Decimal
    price: Decimal | None = None

def send(self, symbol: str, amount: float, price: float = None):
    if price:  # <-
        price = self.to_precision(symbol, price)

def entry(order: Order):
    value = order.size * (order.price or Decimal(1))  # <-
    return {"price": str(order.price) if order.price else None, "value": value}  # <-

def post(order: Order):
    return Request(price=float(order.price), size=float(order.size))  # <-
""",
    ),
    good=(
        """
from decimal import Decimal

def send(self, symbol: str, amount: Decimal, price: Decimal | None = None):
    if price is not None:
        price = self.to_precision(symbol, price)
    if not price:
        raise Refused("a limit order needs a price")
    if amount and symbol:
        self.post(symbol, amount, price)

def post(price: Decimal | None = None):
    if price is None:
        return Market()
    return Limit(float(price))

def added(filled_size: Decimal | None = None):
    if filled_size:
        total.append(filled_size)
    return Decimal(filled_size) if filled_size else Decimal(0)
""",
    ),
)
