"""Whether an order may only reduce a position, as far as the text says it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from trading_tools.review.model.calls import VenueCall
    from trading_tools.review.model.module import Module

_REDUCES: Final = frozenset(
    {
        "closeonly", "closeorder", "closeposition", "posside", "positionidx", "positionside",
        "reduceonly", "reduceonlyorder",
    }
)  # fmt: skip
"""Names of arguments of an exit; in hedge mode it says which of the two positions it is for."""


def reduces(module: Module, call: VenueCall) -> bool | None:
    """Whether an order only reduces; None where that is decided elsewhere."""
    if "reduce_only" in call.method or any(_squeezed(name) in _REDUCES for name in call.arguments):
        return True
    given = call.argument("params")
    if given is None:
        return None if call.open else False
    if isinstance(given, ast.Name) and _set_later(given, module):
        return True
    answers = [_told(each.node) for each in module.values(given)]
    if True in answers:
        return True
    return None if None in answers or call.open else False


def _told(node: ast.AST) -> bool | None:
    if isinstance(node, ast.Constant) and node.value is None:
        return False
    if isinstance(node, ast.Dict):
        keys = [each.value if isinstance(each, ast.Constant) else None for each in node.keys]
        if any(isinstance(each, str) and _squeezed(each) in _REDUCES for each in keys):
            return True
        return None if None in keys else False
    return None


def _set_later(given: ast.Name, module: Module) -> bool:
    function = module.function(given)
    around = module.tree if function is None else function
    return any(
        isinstance(each.ctx, ast.Store)
        and isinstance(each.slice, ast.Constant)
        and _squeezed(str(each.slice.value)) in _REDUCES
        for each in module.within(around, ast.Subscript)
    )


def _squeezed(name: str) -> str:
    return name.replace("_", "").lower()
