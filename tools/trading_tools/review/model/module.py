"""One file as rules see it: nodes, names, what holds what, and what a name stands for.

Rules ask a `Module`; it answers from one walk over the tree and works everything else out when it
is asked. Values are followed in `values`, calls of venues read in `calls`, retries in `retries`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from trading_tools.review.findings import Edit
from trading_tools.review.model import calls, handlers, reach, retries, values
from trading_tools.review.model.imports import IMPLIED, Imports, dotted
from trading_tools.review.model.index import FunctionNode, Index
from trading_tools.review.model.libraries import TRADING_PACKAGES, Act
from trading_tools.review.model.scopes import Scope, binding, scope_of
from trading_tools.review.source import Source, column_of

if TYPE_CHECKING:
    from trading_tools.review.model.calls import VenueCall
    from trading_tools.review.model.project import Project
    from trading_tools.review.model.reach import Submit
    from trading_tools.review.model.retries import Retry
    from trading_tools.review.model.values import Kind, Value

N = TypeVar("N", bound=ast.AST)
_TEST_FILES = ("_test.py", "_tests.py", "_tester.py", "_test_tools.py")
_TEST_FOLDERS = frozenset({"tests", "test", "testing", "test_tools"})


class Module:
    """The model of one file."""

    def __init__(self, source: Source, tree: ast.Module, project: Project) -> None:
        """Walk `tree`, which is the syntax tree of the source's text."""
        self.source = source
        self.project = project
        self.tree = tree
        self.index = Index(tree)
        self.attributes: dict[ast.ClassDef, dict[str, list[ast.expr]]] = {}
        self._scopes: dict[ast.AST, Scope] = {}
        self._kinds: dict[ast.AST, Kind | None] = {}
        self._mentioned: dict[frozenset[str] | tuple[str, ...], bool] = {}

    # What there is

    def nodes(self, kind: type[N]) -> list[N]:
        """All nodes of a kind."""
        return self.index.of(kind)

    def within(self, node: ast.AST, kind: type[N]) -> list[N]:
        """The nodes of a kind below a node, nested functions included."""
        return self.index.within(node, kind)

    def own(self, function: ast.AST, kind: type[N]) -> list[N]:
        """The nodes of a kind that run when a function runs: not those of functions inside it."""
        return [
            each for each in self.index.within(function, kind) if self.function(each) is function
        ]

    def calls_of(self, *names: str) -> Iterator[ast.Call]:
        """Calls by the last part of what they call."""
        table = self.index.calls()
        for name in names:
            yield from table.get(name, ())

    @cached_property
    def venue_calls(self) -> tuple[VenueCall, ...]:
        """Every call of a venue's client, in the order of lines."""
        return calls.venue_calls(self)

    def acts(self, *wanted: Act) -> Iterator[VenueCall]:
        """The calls that do one of these things at a venue."""
        return (each for each in self.venue_calls if each.act in wanted)

    def venue_calls_in(self, node: ast.AST, *wanted: Act) -> list[VenueCall]:
        """Those of them that stand below a node."""
        return [each for each in self.acts(*wanted) if self.index.holds(node, each.node)]

    # What holds what

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that holds this one."""
        return self.index.parent(node)

    def parents(self, node: ast.AST) -> Iterator[ast.AST]:
        """All that holds a node, from the inside out."""
        return self.index.parents(node)

    def holds(self, outer: ast.AST, inner: ast.AST) -> bool:
        """Whether `inner` stands below `outer`."""
        return self.index.holds(outer, inner)

    def function(self, node: ast.AST) -> FunctionNode | None:
        """The function that a node stands in; None at the module's own level.

        A decorator, a default and an annotation belong to what is around the function.
        """
        return self.index.function(node)

    def owner(self, node: ast.AST) -> ast.ClassDef | None:
        """The class whose method a node stands in (or that it stands in directly)."""
        return next((each for each in self.parents(node) if isinstance(each, ast.ClassDef)), None)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that a node is part of."""
        if isinstance(node, ast.stmt):
            return node
        return next(each for each in self.parents(node) if isinstance(each, ast.stmt))

    def context(self, node: ast.AST) -> str:
        """Where a node stands, as `Class.method`; "" at the module's own level."""
        named = ast.ClassDef | FunctionNode
        around = [each.name for each in self.parents(node) if isinstance(each, named)]
        own = [node.name] if isinstance(node, named) else []
        return ".".join(reversed([*own, *around]))

    def in_coroutine(self, node: ast.AST) -> bool:
        """Whether a node runs on the event loop: in an `async def`, not in a lambda handed on."""
        function = self.function(node)
        if not isinstance(function, ast.AsyncFunctionDef):
            return False
        return not any(
            isinstance(each, ast.Lambda)
            for each in self.parents(node)
            if self.holds(function, each)
        )

    def awaited(self, node: ast.AST) -> bool:
        """Whether a call stands directly below an `await`."""
        return isinstance(self.parent(node), ast.Await)

    # What a name stands for

    @cached_property
    def imports(self) -> Imports:
        """The names that the file imports."""
        return Imports(self.index, self.source.module.rpartition(".")[0])

    def dotted(self, node: ast.AST) -> str:
        """The dotted name behind an expression, with imports resolved; "" for other expressions.

        `self.x` stays `self.x`. In a piece of a document, `ccxt` or `time` is what it looks like.
        """
        text = dotted(node)
        if not text:
            return ""
        first, dot, rest = text.partition(".")
        known = self.imports.of(first)
        if known is None and first in IMPLIED and not self.scope(None).binds(first):
            known = IMPLIED[first] if self.source.fragment or first != "datetime" else first
        if known is None:
            return text
        if known == "datetime.datetime" and rest.startswith(("datetime", "timezone", "timedelta")):
            known = "datetime"
        return f"{known}{dot}{rest}"

    def scope(self, function: ast.AST | None) -> Scope:
        """The names of a function, or of the module for None."""
        at = function or self.tree
        if at not in self._scopes:
            self._scopes[at] = scope_of(self, at)
        return self._scopes[at]

    @cached_property
    def binding(self) -> tuple[list[ast.AST], list[int]]:
        """The nodes that bind names, and their lines, which rise."""
        return binding(self)

    def functions(self) -> Iterator[FunctionNode]:
        """All functions and methods."""
        yield from self.index.of(ast.FunctionDef)
        yield from self.index.of(ast.AsyncFunctionDef)

    @cached_property
    def functions_by_name(self) -> dict[str, list[FunctionNode]]:
        """The functions and methods of the file by name."""
        table: dict[str, list[FunctionNode]] = {}
        for each in self.functions():
            table.setdefault(each.name, []).append(each)
        return table

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        """The classes of the file by name; of two with one name the last."""
        return {each.name: each for each in self.index.of(ast.ClassDef)}

    def values(self, node: ast.expr) -> tuple[Value[ast.AST], ...]:
        """What an expression may be, with names, attributes and simple helpers followed."""
        return values.values(self, node)

    def constant(self, node: ast.expr) -> object:
        """The one constant that an expression is; `...` where it is none or not only one."""
        return values.constant(self, node)

    def kind(self, node: ast.expr) -> Kind | None:
        """The class that an expression is an instance of, where that can be found out."""
        if node not in self._kinds:
            self._kinds[node] = None  # a class that is followed to itself has no answer
            self._kinds[node] = values.kind(self, node)
        return self._kinds[node]

    def called(self, call: ast.Call) -> Value[FunctionNode] | None:
        """The function of the project that a call runs, where that can be found out."""
        return values.called(self, call)

    # What may be said of the file

    @cached_property
    def is_test(self) -> bool:
        """Whether the file holds tests: there, floats and asserts lose nobody's money."""
        *folders, name = self.source.path.split("/")
        named = name.startswith(("test_", "conftest")) or name.endswith(_TEST_FILES)
        return named or not _TEST_FOLDERS.isdisjoint(folders)

    @cached_property
    def trades(self) -> bool:
        """Whether the file has to do with trading: by what it imports, calls or speaks of."""
        if not self.imports.roots.isdisjoint(TRADING_PACKAGES) or self.venue_calls:
            return True
        said = self._squeezed
        return "order" in said and any(each in said for each in ("exchange", "trading", "broker"))

    def replacing(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        """The edit that puts `text` in the place of a node."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return Edit(
            node.lineno,
            column_of(self.source.line(node.lineno), node.col_offset),
            node.end_lineno,
            column_of(self.source.line(node.end_lineno), node.end_col_offset),
            text,
        )

    # What may go wrong

    @cached_property
    def submits(self) -> tuple[Submit, ...]:
        """Every call that sends an order: of a venue's client, or of a helper that calls one."""
        return reach.submits(self)

    def caught(self, handler: ast.ExceptHandler) -> tuple[str, ...]:
        """The classes that a handler catches, by dotted name; a bare one catches BaseException."""
        return handlers.caught(self, handler)

    def handlers_around(self, node: ast.AST) -> Iterator[tuple[ast.Try, ast.ExceptHandler]]:
        """The handlers that an exception raised at a node can reach, from the inside out."""
        return handlers.around(self, node)

    def retry(self, node: ast.AST) -> Retry | None:
        """What would run a node again after a failure; None where nothing does."""
        return retries.around(self, node)

    def mentions(self, names: frozenset[str] | tuple[str, ...]) -> bool:
        """Whether the text holds one of these words, in whatever spelling of capitals and `_`."""
        known = self._mentioned.get(names)
        if known is None:
            said = self._squeezed
            known = self._mentioned[names] = any(name in said for name in names)
        return known

    @cached_property
    def _squeezed(self) -> str:
        return self.source.text.replace("_", "").lower()
