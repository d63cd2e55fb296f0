"""Whether an expression is a float, a Decimal or an int, as far as the text says it."""

from __future__ import annotations

import ast
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from trading_tools.review.model.index import last_name

if TYPE_CHECKING:
    from trading_tools.review.model.module import Module

_DEEP: Final = 2


class Number(StrEnum):
    """A type of numbers."""

    FLOAT = "float"
    DECIMAL = "Decimal"
    INT = "int"


_MADE_BY: Final = {
    "Decimal": Number.DECIMAL,
    "quantize": Number.DECIMAL,
    "to_integral_value": Number.DECIMAL,
    "float": Number.FLOAT,
    "float64": Number.FLOAT,
    "time": Number.FLOAT,
    "monotonic": Number.FLOAT,
    "int": Number.INT,
    "len": Number.INT,
    "time_ns": Number.INT,
}
_OF_ARGUMENTS: Final = frozenset({"abs", "max", "min", "sum"})


def number(module: Module, node: ast.expr, deep: int = _DEEP) -> Number | None:
    """The type of a number; None where the text does not say it."""
    if isinstance(node, ast.Constant):
        return _of_constant(node.value)
    if isinstance(node, ast.UnaryOp):
        return number(module, node.operand, deep)
    if isinstance(node, ast.BinOp):
        return _of_sum(number(module, node.left, deep), number(module, node.right, deep), node.op)
    if isinstance(node, ast.Call):
        made = _of_call(module, node, deep)
        if made is not None:
            return made
    if isinstance(node, ast.Name | ast.Attribute):
        annotation = declared(module, node)
        if annotation is not None:
            return _named(annotation)
    if not deep:
        return None
    found = [each for each in module.values(node) if each.node is not node]
    kinds = {
        number(each.module, each.node, deep - 1)
        for each in found
        if isinstance(each.node, ast.expr)
    }
    return kinds.pop() if len(kinds) == 1 else None


def declared(module: Module, node: ast.Name | ast.Attribute) -> ast.expr | None:
    """The annotation of a variable, a parameter or a field; None where there is none."""
    if isinstance(node, ast.Name):
        return module.scope(module.function(node)).annotations.get(node.id)
    if isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}:
        owner, place = module.owner(node), module
    else:
        holder = module.kind(node.value)
        if holder is None or holder.place is None:
            return None
        owner, place = holder.place.node, holder.place.module
    if owner is None:
        return None
    for each in place.within(owner, ast.AnnAssign):
        if last_name(each.target) == node.attr:
            return each.annotation
    return None


def _of_constant(value: object) -> Number | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return Number.FLOAT
    return Number.INT if isinstance(value, int) else None


def _of_call(module: Module, call: ast.Call, deep: int) -> Number | None:
    name = last_name(call.func)
    if name == "round" and call.args:
        return number(module, call.args[0], deep) if len(call.args) > 1 else Number.INT
    if name in {"floor", "ceil", "trunc", "rint"}:
        return Number.INT if module.dotted(call.func).startswith("math.") else Number.FLOAT
    if name in _OF_ARGUMENTS:
        kinds = {number(module, each, deep) for each in call.args} - {Number.INT}
        return kinds.pop() if len(kinds) == 1 else None
    return _MADE_BY.get(name)


def _of_sum(left: Number | None, right: Number | None, op: ast.operator) -> Number | None:
    sides = {left, right}
    if Number.DECIMAL in sides:
        return Number.DECIMAL
    if Number.FLOAT in sides:
        return Number.FLOAT
    if sides == {Number.INT}:
        return Number.FLOAT if isinstance(op, ast.Div) else Number.INT
    return None


def _named(annotation: ast.expr) -> Number | None:
    """The type that an annotation names, `float | None` and `Optional[float]` included."""
    if isinstance(annotation, ast.BinOp):
        return _named(annotation.left) or _named(annotation.right)
    if isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Optional":
        return _named(annotation.slice)
    text = annotation.value if isinstance(annotation, ast.Constant) else last_name(annotation)
    return Number(text) if text in set(Number) else None
