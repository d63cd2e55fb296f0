"""Where a bot's code sends orders: every place, by the model that the review reads code with.

Files are those of `[bot] source` and whatever of the project they import. Tests are left out where
nothing of these imports them. Code that is made at run time is not seen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trading_tools.golive.hand_made import WHOSE, hand_made, names_a_host
from trading_tools.review.model.libraries import LIBRARIES, Act
from trading_tools.review.model.module import Module
from trading_tools.review.model.project import Project
from trading_tools.review.parsing import Unreadable
from trading_tools.review.reading.files import PYTHON, source_of
from trading_tools.review.reading.finding import base_of, finder, from_disk, module_of

_SENDING = (Act.SUBMIT, Act.EDIT)
_TELLING = frozenset(
    name
    for library in LIBRARIES
    for name, (act, _) in library.methods.items()
    if act in _SENDING and "order" in name.lower() and name != "order"
)
"""Methods of clients that are looked at even where nobody can tell what they belong to."""


@dataclass(frozen=True)
class Place:
    """One place that sends an order, or may."""

    path: str
    line: int
    shown: str
    doubt: str = ""
    """What cannot be told, as a question; empty where it surely sends."""

    @property
    def certain(self) -> bool:
        """Whether it surely sends."""
        return not self.doubt


@dataclass(frozen=True)
class Sending:
    """All places, by file; a file that sends nothing has none."""

    places: dict[str, tuple[Place, ...]]
    unread: tuple[str, ...]
    """Files that are no Python, or none that can be parsed: nothing is known of them."""


def sending(folder: Path, source: tuple[str, ...]) -> Sending:
    """Where the code below `source` (from `folder`) sends orders."""
    modules, unread = _read(folder, source)
    named = any(names_a_host(module) for module in modules.values())
    places = {shown: tuple(_places(modules[shown], named)) for shown in sorted(modules)}
    return Sending(places, tuple(sorted(unread)))


def followed(folder: Path, source: tuple[str, ...]) -> list[str]:
    """The Python files below `source`, and all of `folder` that these import."""
    modules, _ = _read(folder, source)
    return sorted(modules)


def _read(folder: Path, source: tuple[str, ...]) -> tuple[dict[str, Module], list[str]]:
    modules: dict[str, Module] = {}
    unread = []
    projects: dict[Path, Project] = {}
    waiting = [(path, True) for name in source for path in _files(folder / name)]
    done: set[Path] = set()
    while waiting:
        path, listed = waiting.pop()
        if path in done:
            continue
        shown = path.relative_to(folder).as_posix()
        module = _module(path, shown, projects)
        if module is not None and module.is_test and listed:
            continue  # unless something that goes live imports it
        done.add(path)
        if module is None:
            unread.append(shown)
            continue
        modules[shown] = module
        waiting += [(each, False) for each in _imported(module, path, folder)]
    return modules, unread


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(each for each in path.rglob("*") if each.suffix in PYTHON and each.is_file())


def _module(path: Path, shown: str, projects: dict[Path, Project]) -> Module | None:
    raw = from_disk(path)
    if raw is None or path.suffix not in PYTHON:
        return None
    base = base_of(path)
    project = projects.setdefault(base, Project(finder(base)))
    try:
        return project.open(source_of(shown, raw, module_of(path, base)))
    except Unreadable:
        return None


def _imported(module: Module, path: Path, folder: Path) -> Iterator[Path]:
    """The files of the project that a file imports."""
    bases = dict.fromkeys((base_of(path), folder, folder / "src"))
    plain = {each.name for node in module.nodes(ast.Import) for each in node.names}
    for name in module.imports.modules | plain:
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            for base in bases:
                at = base.joinpath(*parts[:count])
                for found in (at.with_suffix(".py"), at / "__init__.py"):
                    if found.is_file() and found.is_relative_to(folder):
                        yield found


def _places(module: Module, hosts_named: bool) -> Iterator[Place]:
    known: set[ast.AST] = set()
    for call in module.acts(*_SENDING):
        known.update(ast.walk(call.node))
        yield Place(module.source.path, call.node.lineno, call.shown)
    for each in hand_made(module, hosts_named):
        if each.node not in known:
            known.update(ast.walk(each.node))
            yield Place(module.source.path, each.node.lineno, each.shown, each.doubt)
    for node in ast.walk(module.tree):
        if node in known:
            continue
        if isinstance(node, ast.Attribute) and node.attr in _TELLING and not _own(module, node):
            yield Place(module.source.path, node.lineno, f"….{node.attr}", WHOSE)
        elif isinstance(node, ast.Constant) and node.value in _TELLING:
            yield Place(module.source.path, node.lineno, f'"{node.value}"', WHOSE)


def _own(module: Module, node: ast.Attribute) -> bool:
    """Whether a method is known to be the project's own, and no client's."""
    if module.project.find(module.dotted(node)) is not None:
        return True
    if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
        owner = module.owner(node)
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        return owner is not None and any(
            isinstance(each, kinds) and each.name == node.attr for each in owner.body
        )
    kind = module.kind(node.value)
    return kind is not None and kind.library is None
