"""The other files of the project, read when something in them is asked for and not before.

Which text a dotted name has is told by a `Finder`, so that a review of an older revision, of a
document or of a test sees just what it should.
"""

from __future__ import annotations

import ast
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from trading_tools.review.model.imports import dotted
from trading_tools.review.model.index import FunctionNode
from trading_tools.review.model.module import Module
from trading_tools.review.model.values import Value
from trading_tools.review.parsing import Unreadable, parse

if TYPE_CHECKING:
    from trading_tools.review.source import Source

Finder = Callable[[str], "Source | None"]
"""The source of a module by its dotted name; None for one that is not the project's."""

_KEPT: Final = 64
"""Modules that are held at a time: what a file imports is often what the next one imports.

A file that is reviewed is not held for that: a tree is let go most cheaply right after its use.
"""

_HOPS: Final = 4
"""How often a name may be imported from one file into the next."""


def nowhere(name: str) -> Source | None:
    """The finder of a project with one file."""
    del name
    return None


class Project:
    """Resolves dotted names to what the project's files define."""

    def __init__(self, finder: Finder = nowhere) -> None:
        """Look for modules with `finder`."""
        self._finder = finder
        self._modules: OrderedDict[str, Module] = OrderedDict()
        self._absent: set[str] = set()
        self._opened: Module | None = None

    def open(self, source: Source) -> Module:
        """The model of a source, which until the next one is what other files see of it too.

        Raises:
            Unreadable: it is no Python that can be parsed.
        """
        known = self._modules.get(source.module) if source.module else None
        if known is None or known.source != source:
            known = Module(source, parse(source), self)
        self._opened = known
        return known

    def find(self, name: str) -> Value[ast.AST] | None:
        """What a dotted name is in the project: a function, a class or a module's value."""
        for _ in range(_HOPS):
            home, _, last = name.rpartition(".")
            if not home:
                return None
            module = self._module(home)
            if module is None:
                owner, _, cls = home.rpartition(".")
                outer = self._module(owner) if owner else None
                inside = None if outer is None else outer.classes.get(cls)
                return None if outer is None or inside is None else _member(outer, inside, last)
            found = _defined(module, last)
            if found is not None:
                return found
            further = module.imports.of(last)
            if further is None or further == name:
                return None
            name = further
        return None

    def attributes(self, module: Module, owner: ast.ClassDef) -> dict[str, list[ast.expr]]:
        """What is assigned to the attributes of a class's instances, anywhere in the class."""
        known: dict[str, list[ast.expr]] | None = module.attributes.get(owner)
        if known is None:
            known = module.attributes[owner] = _attributes(module, owner)
        return known

    def forget(self) -> None:
        """Let go of all modules, which hold the project as it holds them."""
        self._modules.clear()
        self._opened = None

    def _module(self, name: str) -> Module | None:
        if self._opened is not None and self._opened.source.module == name:
            return self._opened
        if name in self._absent:
            return None
        if name in self._modules:
            self._modules.move_to_end(name)
            return self._modules[name]
        source = self._finder(name)
        try:
            module = None if source is None else Module(source, parse(source), self)
        except Unreadable:
            module = None  # said where that file is reviewed
        if module is None:
            self._absent.add(name)
            return None
        self._modules[name] = module
        if len(self._modules) > _KEPT:
            self._modules.popitem(last=False)
        return module


def _defined(module: Module, name: str) -> Value[ast.AST] | None:
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef | FunctionNode) and node.name == name:
            return Value(node, module)
    bound = module.scope(None).only(name)
    return Value(bound[-1], module) if len(bound) == 1 else None


def _member(module: Module, owner: ast.ClassDef, name: str) -> Value[ast.AST] | None:
    for node in owner.body:
        if isinstance(node, FunctionNode) and node.name == name:
            return Value(node, module)
    return None


def _attributes(module: Module, owner: ast.ClassDef) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}

    def add(target: ast.expr, value: ast.expr, inside: bool) -> None:
        name = dotted(target)
        if inside and "." not in name:
            found.setdefault(name, []).append(value)
        elif name.startswith(("self.", "cls.")) and name.count(".") == 1:
            found.setdefault(name.partition(".")[2], []).append(value)

    for assign in module.within(owner, ast.Assign):
        for target in assign.targets:
            add(target, assign.value, module.parent(assign) is owner)
    for noted in module.within(owner, ast.AnnAssign):
        if noted.value is not None:
            add(noted.target, noted.value, module.parent(noted) is owner)
    return found
