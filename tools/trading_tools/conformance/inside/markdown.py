"""The Python of a page: all its fenced blocks as one module, with what a reader takes for granted.

Standard library alone: a kept test carries this text, so that it needs nothing of ours.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import logging
import re
import sys
import types
from typing import Any

_FENCE = re.compile(r"^(`{3,}|~{3,})[ \t]*(?:python|py|python3)\b[^\n]*\n(.*?)^\1", re.M | re.S)


def blocks(text: str) -> list[str]:
    """The fenced Python blocks of a page, in order."""
    return [found[1] for found in _FENCE.findall(text)]


def run_page(text: str, module: types.ModuleType) -> list[str]:
    """Run a page's blocks in `module`; what was made up for, and which blocks did not run.

    A name that a block uses and never binds is taken from where it plainly comes from: a module of
    the standard library, one that the page imports from, a logger.
    """
    notes = []
    for number, source in enumerate(blocks(text), 1):
        try:
            tree = ast.parse(source)
        except SyntaxError as error:
            notes.append(f"block {number} is no Python: {error.msg}, line {error.lineno}")
            continue
        notes += _make_up(tree, module.__dict__)
        try:
            exec(compile(tree, f"block {number}", "exec"), module.__dict__)  # noqa: S102 - its purpose
        except Exception as error:  # noqa: BLE001 - a page may show what fails
            notes.append(f"block {number} did not run: {type(error).__name__}: {error}")
    return list(dict.fromkeys(notes))


def _make_up(tree: ast.Module, names: dict[str, Any]) -> list[str]:
    notes, sources = [], ["decimal", "datetime", "dataclasses", "collections", "typing"]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "loguru":
            stand_in = types.ModuleType("loguru")
            vars(stand_in)["logger"] = logging.getLogger("loguru")
            if sys.modules.setdefault("loguru", stand_in) is stand_in:
                notes.append("loguru is not asked for: its logger is logging's here")
        elif isinstance(node, ast.ImportFrom) and node.module in sys.stdlib_module_names:
            sources.append(str(node.module))
    bound = {getattr(node, "id", "") for node in ast.walk(tree) if _binds(node)} | {
        name for node in ast.walk(tree) for name in _named(node)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Name) or node.id in names or node.id in bound:
            continue
        if hasattr(builtins, node.id):
            continue
        found, where = _origin(node.id, sources)
        if where:
            names[node.id] = found
            notes.append(f"the page uses {node.id} without importing it: it got {where}")
    return notes


def _origin(name: str, sources: list[str]) -> tuple[Any, str]:
    if name in ("logger", "log"):
        return logging.getLogger("page"), "a logger"
    if name in sys.stdlib_module_names or name == "ccxt":
        return importlib.import_module(name), f"the module {name}"
    for source in dict.fromkeys(sources):
        module = importlib.import_module(source)
        if hasattr(module, name):
            return getattr(module, name), f"{source}.{name}"
    return None, ""


def _binds(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)


def _named(node: ast.AST) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(name.asname or name.name).partition(".")[0] for name in node.names]
    if isinstance(node, ast.arg):
        return [node.arg]
    return [node.name] if isinstance(node, ast.ExceptHandler) and node.name else []
