"""Which exceptions a handler stops, and what it makes of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from trading_tools.review.model.exceptions import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trading_tools.review.model.module import Module


def caught(module: Module, handler: ast.ExceptHandler) -> tuple[str, ...]:
    """The classes that a handler catches; a bare one catches `BaseException`."""
    if handler.type is None:
        return ("BaseException",)
    return tuple(_named(module, handler.type))


def _named(module: Module, node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Tuple):
        for each in node.elts:
            yield from _named(module, each)
        return
    for value in module.values(node):
        if isinstance(value.node, ast.Tuple):
            for each in value.node.elts:
                yield from _named(value.module, each)
        elif isinstance(value.node, ast.BinOp) and isinstance(value.node.op, ast.Add):
            yield from _named(value.module, value.node.left)
            yield from _named(value.module, value.node.right)
        elif isinstance(value.node, ast.Starred):
            yield from _named(value.module, value.node.value)
        elif isinstance(value.node, ast.expr):
            name = value.module.dotted(value.node)
            if name:
                yield canonical(name)


def around(module: Module, node: ast.AST) -> Iterator[tuple[ast.Try, ast.ExceptHandler]]:
    """The handlers that an exception raised at a node can reach within its function."""
    function = module.function(node)
    inner = node
    for above in module.parents(node):
        if above is function:
            return
        if isinstance(above, ast.Try) and inner in above.body:
            for handler in above.handlers:
                yield above, handler
        inner = above


def leaves(module: Module, handler: ast.ExceptHandler, *, by: tuple[type[ast.AST], ...]) -> bool:
    """Whether each way through a handler ends in one of these statements."""
    return _ends(handler.body, by)


def _ends(body: list[ast.stmt], by: tuple[type[ast.AST], ...]) -> bool:
    if not body:
        return False
    last = body[-1]
    if isinstance(last, by):
        return True
    if isinstance(last, ast.If):
        return _ends(last.body, by) and _ends(last.orelse, by)
    if isinstance(last, ast.With | ast.AsyncWith):
        return _ends(last.body, by)
    if isinstance(last, ast.Try):
        whole = _ends(last.body, by) and all(_ends(each.body, by) for each in last.handlers)
        return whole or _ends(last.finalbody, by)
    return False
