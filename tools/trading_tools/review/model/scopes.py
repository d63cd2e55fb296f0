"""Which expressions a name is bound to in a function, a module or a class's instances."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from trading_tools.review.model.index import FunctionNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trading_tools.review.model.module import Module

N = TypeVar("N", bound=ast.AST)


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

    def own(kind: type[N]) -> Iterator[N]:
        for node in module.within(at, kind):
            if module.function(node) is inside and (inside or not _in_class(module, node)):
                yield node

    for assign in own(ast.Assign):
        for target in assign.targets:
            _bind(scope, target, assign.value)
    for noted in own(ast.AnnAssign):
        _note(scope, noted)
    for named in own(ast.NamedExpr):
        _bind(scope, named.target, named.value)
    for items in (
        *(each.items for each in own(ast.With)),
        *(each.items for each in own(ast.AsyncWith)),
    ):
        _entered(scope, items)
    for target in (
        *(each.target for each in own(ast.AugAssign)),
        *(each.target for each in own(ast.For)),
        *(each.target for each in own(ast.AsyncFor)),
        *(each.target for each in own(ast.comprehension)),
    ):
        _other(scope, target)
    for defined in (*own(ast.FunctionDef), *own(ast.AsyncFunctionDef), *own(ast.ClassDef)):
        scope.other.add(getattr(defined, "name", ""))
    return scope


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


def _note(scope: Scope, noted: ast.AnnAssign) -> None:
    if isinstance(noted.target, ast.Name):
        scope.annotations[noted.target.id] = noted.annotation
        if noted.value is not None:
            _bind(scope, noted.target, noted.value)


def _entered(scope: Scope, items: list[ast.withitem]) -> None:
    for item in items:
        if isinstance(item.optional_vars, ast.Name):
            # A client's `__aenter__` gives the client itself.
            scope.bound.setdefault(item.optional_vars.id, []).append(item.context_expr)
        elif item.optional_vars is not None:
            _other(scope, item.optional_vars)


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
    for node in ast.walk(target):
        if isinstance(node, ast.Name):
            scope.other.add(node.id)


def _in_class(module: Module, node: ast.AST) -> bool:
    return isinstance(module.parent(node), ast.ClassDef)
