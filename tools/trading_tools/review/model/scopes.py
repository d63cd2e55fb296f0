"""Which expressions a name is bound to in a function, a module or a class's instances."""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trading_tools.review.model.index import FunctionNode, line_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from trading_tools.review.model.module import Module


@dataclass(frozen=True)
class Scope:
    """The names of one scope.

    `bound` are the expressions that are assigned to a name; `other` names are bound in a way whose
    value is not looked at (loops, `with … as`, unpacking, `+=`, functions, classes).
    """

    bound: dict[str, list[ast.expr]] = field(default_factory=dict)
    other: set[str] = field(default_factory=set)
    parameters: dict[str, ast.arg] = field(default_factory=dict)
    defaults: dict[str, ast.expr] = field(default_factory=dict)
    annotations: dict[str, ast.expr] = field(default_factory=dict)

    def binds(self, name: str) -> bool:
        """Whether the scope has a name of its own."""
        return name in self.bound or name in self.other or name in self.parameters

    def only(self, name: str) -> list[ast.expr]:
        """What a name may be; empty where that is not all."""
        return [] if name in self.other else self.bound.get(name, [])


def scope_of(module: Module, at: ast.AST) -> Scope:
    """The scope of a function, or of the module where `at` is its tree."""
    scope = Scope()
    inside = at if isinstance(at, FunctionNode) else None
    if inside is not None:
        _parameters(scope, inside)
    for node in _inside(module, inside) if inside is not None else _outside(module):
        _BINDS[type(node)](scope, node)
    return scope


def binding(module: Module) -> tuple[list[ast.AST], list[int]]:
    """The nodes of a file that bind names, and their lines, which rise."""
    nodes = [node for kind in _BINDS for node in module.nodes(kind)]
    nodes.sort(key=line_of)
    return nodes, [line_of(node) for node in nodes]


def _inside(module: Module, function: FunctionNode) -> list[ast.AST]:
    """Those whose names are a function's own."""
    nodes, lines = module.binding
    first, last = bisect_left(lines, function.lineno), bisect_right(lines, _end(function))
    return [node for node in nodes[first:last] if module.function(node) is function]


def _outside(module: Module) -> list[ast.AST]:
    """Those whose names are the module's."""
    nodes, lines = module.binding
    found: list[ast.AST] = []
    at = 0
    for function in sorted(module.functions(), key=line_of):
        # Behind the first line of a body all is the function's.
        found += nodes[at : bisect_right(lines, function.body[0].lineno)]
        at = max(at, bisect_right(lines, _end(function)))
    found += nodes[at:]
    return [node for node in found if module.function(node) is None and not _in_class(module, node)]


def _end(function: FunctionNode) -> int:
    return function.end_lineno or function.lineno


def _parameters(scope: Scope, function: FunctionNode) -> None:
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    for each in [*positional, *given.kwonlyargs]:
        scope.parameters[each.arg] = each
        if each.annotation is not None:
            scope.annotations[each.arg] = each.annotation
    for extra in (given.vararg, given.kwarg):
        if extra is not None:
            scope.other.add(extra.arg)
    for each, default in zip(reversed(positional), reversed(given.defaults), strict=False):
        scope.defaults[each.arg] = default
    for each, keyed in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        if keyed is not None:
            scope.defaults[each.arg] = keyed


def _assigned(scope: Scope, node: ast.Assign) -> None:
    for target in node.targets:
        _bind(scope, target, node.value)


def _noted(scope: Scope, node: ast.AnnAssign) -> None:
    if isinstance(node.target, ast.Name):
        scope.annotations[node.target.id] = node.annotation
        if node.value is not None:
            _bind(scope, node.target, node.value)


def _named(scope: Scope, node: ast.NamedExpr) -> None:
    _bind(scope, node.target, node.value)


def _entered(scope: Scope, node: ast.With | ast.AsyncWith) -> None:
    for item in node.items:
        if isinstance(item.optional_vars, ast.Name):
            # A client's `__aenter__` gives the client itself.
            scope.bound.setdefault(item.optional_vars.id, []).append(item.context_expr)
        elif item.optional_vars is not None:
            _other(scope, item.optional_vars)


def _looped(scope: Scope, node: ast.AugAssign | ast.For | ast.AsyncFor | ast.comprehension) -> None:
    _other(scope, node.target)


def _defined(scope: Scope, node: FunctionNode | ast.ClassDef) -> None:
    scope.other.add(node.name)


_BINDS: dict[type[ast.AST], Callable[[Scope, Any], None]] = {
    ast.Assign: _assigned,
    ast.AnnAssign: _noted,
    ast.NamedExpr: _named,
    ast.With: _entered,
    ast.AsyncWith: _entered,
    ast.AugAssign: _looped,
    ast.For: _looped,
    ast.AsyncFor: _looped,
    ast.comprehension: _looped,
    ast.FunctionDef: _defined,
    ast.AsyncFunctionDef: _defined,
    ast.ClassDef: _defined,
}
"""How each kind of node that binds names does it."""


def _bind(scope: Scope, target: ast.expr, value: ast.expr) -> None:
    if isinstance(target, ast.Name):
        scope.bound.setdefault(target.id, []).append(value)
    elif isinstance(target, ast.Tuple | ast.List):
        parts = value.elts if isinstance(value, ast.Tuple | ast.List) else []
        if len(parts) == len(target.elts):
            for each, part in zip(target.elts, parts, strict=True):
                _bind(scope, each, part)
        else:
            _other(scope, target)


def _other(scope: Scope, target: ast.expr) -> None:
    if isinstance(target, ast.Name):
        scope.other.add(target.id)
        return
    for node in ast.walk(target):
        if isinstance(node, ast.Name):
            scope.other.add(node.id)


def _in_class(module: Module, node: ast.AST) -> bool:
    return isinstance(module.parent(node), ast.ClassDef)
