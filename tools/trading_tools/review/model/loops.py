"""Loops that never end, and functions that never come back."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from trading_tools.review.model.index import FunctionNode

if TYPE_CHECKING:
    from trading_tools.review.model.module import Module

Loop = ast.For | ast.AsyncFor | ast.While
LOOPS: Final = (ast.For, ast.AsyncFor, ast.While)

_DEEP: Final = 3


def loop_around(module: Module, node: ast.AST) -> Loop | None:
    """The innermost loop of the same function whose body a node stands in."""
    inner = node
    for above in module.parents(node):
        if isinstance(above, FunctionNode | ast.Lambda):
            return None
        if isinstance(above, LOOPS) and inner in above.body:
            return above
        inner = above
    return None


def is_endless(loop: ast.AST) -> bool:
    """Whether it is a `while True`."""
    return (
        isinstance(loop, ast.While)
        and isinstance(loop.test, ast.Constant)
        and bool(loop.test.value)
    )


def is_left(module: Module, loop: ast.While) -> bool:
    """Whether a loop is left by `break` or `return`; an exception does not count."""
    function = module.function(loop)
    if any(module.function(each) is function for each in module.within(loop, ast.Return)):
        return True
    return _breaks(loop.body)


def never_returns(module: Module, function: FunctionNode, deep: int = _DEEP) -> bool:
    """Whether a function runs until it is cancelled or fails: a `while True` without a way out."""
    for statement in function.body:
        if isinstance(statement, ast.While) and is_endless(statement):
            return not is_left(module, statement)
        called = _awaited(statement)
        if called is not None and deep:
            target = module.called(called)
            if target is not None and isinstance(target.node, ast.AsyncFunctionDef):
                return never_returns(target.module, target.node, deep - 1)
    return False


def _awaited(statement: ast.stmt) -> ast.Call | None:
    """The call that a statement awaits and does nothing else."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Await):
        inner = statement.value.value
        return inner if isinstance(inner, ast.Call) else None
    return None


def _breaks(body: list[ast.stmt]) -> bool:
    """Whether a `break` in these statements leaves the loop that they are the body of."""
    for statement in body:
        if isinstance(statement, ast.Break):
            return True
        if isinstance(statement, FunctionNode | ast.ClassDef):
            continue
        parts: list[list[ast.stmt]] = [getattr(statement, "orelse", [])]
        if not isinstance(statement, LOOPS):
            parts += [getattr(statement, "body", []), getattr(statement, "finalbody", [])]
            parts += [each.body for each in getattr(statement, "handlers", [])]
            parts += [each.body for each in getattr(statement, "cases", [])]
        if any(_breaks(part) for part in parts):
            return True
    return False
