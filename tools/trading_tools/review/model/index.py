"""One walk over a syntax tree: which nodes there are of a kind, and what each one stands in.

It is the only full walk that a review makes. What rules seldom ask for (names, constants,
contexts, operators) is passed over, which is most of a tree.
"""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from operator import attrgetter
from typing import Any, TypeVar

N = TypeVar("N", bound=ast.AST)
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

KINDS: frozenset[type[ast.AST]] = frozenset(
    {
        ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef,
        ast.Call, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.Return, ast.Raise,
        ast.If, ast.IfExp, ast.BoolOp, ast.Compare, ast.BinOp, ast.Assert, ast.Try, ast.TryStar,
        ast.ExceptHandler, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Await,
        ast.Subscript, ast.Dict, ast.Expr, ast.Yield, ast.YieldFrom, ast.comprehension, ast.Global,
    }
)  # fmt: skip
"""The kinds of nodes that can be asked for."""

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
"""`FunctionNode` as `isinstance` takes it most quickly."""

_LEAVES = (
    ast.Name, ast.Constant, ast.Pass, ast.Break, ast.Continue, ast.Global, ast.Nonlocal,
    ast.Import, ast.ImportFrom, ast.MatchSingleton, ast.TypeIgnore,
    ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip
_TEXT = frozenset(
    {
        "arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "kwd_attrs",
        "level", "module", "name", "op", "ops", "rest", "simple", "type_comment", "type_ignores",
    }
)  # fmt: skip
"""Fields that hold text, numbers or operators: nothing to walk into."""


def _kinds(base: type[ast.AST]) -> Iterator[type[ast.AST]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds(kind)


_FIELDS = {
    kind: () if issubclass(kind, _LEAVES) else tuple(f for f in kind._fields if f not in _TEXT)
    for kind in _kinds(ast.AST)
}


_PLAIN = frozenset(kind for kind, fields in _FIELDS.items() if not fields and kind not in KINDS)
"""Kinds that hold no node and that nobody asks for: most of a tree."""


class Index:
    """The nodes of one tree."""

    def __init__(self, tree: ast.Module) -> None:
        """Walk `tree` once."""
        self.tree = tree
        self._by_kind, self._parents = _walk(tree)
        self._calls: dict[str, list[ast.Call]] | None = None
        self._starts: dict[type[ast.AST], list[int]] = {}

    def of(self, kind: type[N]) -> list[N]:
        """All nodes of a kind, in the order of their lines."""
        found: list[Any] = self._by_kind.get(kind, [])
        return found

    def calls(self) -> dict[str, list[ast.Call]]:
        """All calls by the last part of what is called: `a.b.c()` under "c", `f()()` under ""."""
        if self._calls is None:
            found: dict[str, list[ast.Call]] = defaultdict(list)
            for call in self.of(ast.Call):
                func = call.func  # `last_name`, written out: there are many calls
                if isinstance(func, ast.Attribute):
                    found[func.attr].append(call)
                else:
                    found[func.id if isinstance(func, ast.Name) else ""].append(call)
            self._calls = dict(found)
        return self._calls

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that holds this one; None for the module."""
        return self._parents.get(node)

    def parents(self, node: ast.AST) -> Iterator[ast.AST]:
        """Everything that holds this node, from the inside out."""
        above = self._parents.get(node)
        while above is not None:
            yield above
            above = self._parents.get(above)

    def function(self, node: ast.AST) -> FunctionNode | None:
        """The function whose body a node stands in; None at the module's own level."""
        above_of, inner = self._parents.get, node
        while (above := above_of(inner)) is not None:
            if isinstance(above, _FUNCTIONS) and isinstance(inner, ast.stmt):
                return above
            inner = above
        return None

    def within(self, node: ast.AST, kind: type[N]) -> list[N]:
        """The nodes of a kind that lie in the lines of `node` and below it."""
        found = self.of(kind)
        if not found or node is self.tree:
            return found
        starts = self._starts.get(kind)
        if starts is None:
            starts = self._starts[kind] = [line_of(each) for each in found]
        first = bisect_left(starts, first_line(node))
        last = bisect_right(starts, getattr(node, "end_lineno", 0) or 0)
        return [each for each in found[first:last] if each is not node and self.holds(node, each)]

    def holds(self, outer: ast.AST, inner: ast.AST) -> bool:
        """Whether `inner` stands somewhere below `outer`."""
        above = self._parents.get(inner)
        while above is not None and above is not outer:
            above = self._parents.get(above)
        return above is not None


def line_of(node: Any) -> int:
    """The line a node begins at; a comprehension has that of what it binds."""
    line: int = (node.target if node.__class__ is ast.comprehension else node).lineno
    return line


def first_line(node: ast.AST) -> int:
    """The line a node begins at, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([line_of(node), *(each.lineno for each in decorators)])


def last_name(node: ast.AST) -> str:
    """The last part of a dotted name: "c" of `a.b.c`; "" where there is none."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _walk(
    tree: ast.Module,
) -> tuple[dict[type[ast.AST], list[ast.AST]], dict[ast.AST, ast.AST]]:
    by_kind: dict[type[ast.AST], list[ast.AST]] = {kind: [] for kind in KINDS}
    parents: dict[ast.AST, ast.AST] = {}
    stack: list[ast.AST] = [tree]
    push, pop, fields, plain = stack.append, stack.pop, _FIELDS, _PLAIN
    while stack:
        node = pop()
        kind = node.__class__
        if kind in by_kind:
            by_kind[kind].append(node)
        for name in fields[kind]:
            value = getattr(node, name)
            if value.__class__ is list:
                for each in value:
                    if each is not None:
                        parents[each] = node
                        if each.__class__ not in plain:
                            push(each)
            elif value is not None:
                parents[value] = node
                if value.__class__ not in plain:
                    push(value)
    for kind, found in by_kind.items():
        if len(found) > 1:
            found.sort(key=_place if kind is ast.comprehension else _own_place)
    return by_kind, parents


_own_place = attrgetter("lineno", "col_offset")


def _place(node: Any) -> tuple[int, int]:
    if node.__class__ is ast.comprehension:
        node = node.target
    return node.lineno, node.col_offset
