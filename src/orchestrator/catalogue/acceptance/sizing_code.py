"""Which code of a change decides how much to put at risk: by its names and by the formula's shape.

Reading a position's size from a venue is none; computing one is.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from orchestrator.workspace.changes import CONFIGURATION
from orchestrator.workspace.verify_plan import is_test_file

DOCUMENTS = (".md", ".rst", ".txt", ".adoc", ".csv", ".html", ".svg", ".lock", ".sum", ".pem")

_ALWAYS = re.compile(r"(?:^|_)kelly(?:_|$|\d)")
_WHERE_COMPUTED = re.compile(
    r"(?:^|_)(?:(?:position|bet|trade|stake|wager)_(?:size|sizes|sizing|sizer|fraction)|sizing|sizer"
    r"|size_(?:position|trade|bet|order)|risk_per_trade|risk_fraction|stake|bet_amount"
    r"|(?:bankroll|equity|capital|balance)_fraction"
    r"|fraction_of_(?:the_)?(?:bankroll|equity|capital|balance))(?:_|$)"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_COMMENT = re.compile(r"(?:#|//|--|/\*|^\s*\*).*")
_ASSIGNMENT = re.compile(
    r"([A-Za-z_]\w*)\s*(?::\s*[\w<>\[\]|.]{1,40}\s*)?(?<![=<>!]):?=(?![=>])[^=\n]*[*/]"
)
_DEFINITION = re.compile(r"\b(?:function|def|fn|func|sub)\s+([A-Za-z_]\w*)")

Lines = frozenset[int]


def sizing_names(path: str, text: str, added: Lines) -> tuple[str, ...]:
    """The names in the added lines of a file that say it sizes positions; tests are none."""
    name = posixpath.basename(path).lower()
    if name.endswith((*DOCUMENTS, *CONFIGURATION)) or is_test_file(path) or not added:
        return ()
    if name.endswith((".py", ".pyi")):
        try:
            return tuple(dict.fromkeys(_in_python(ast.parse(text), added)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
    return tuple(dict.fromkeys(_in_text(text, added)))


def _in_python(tree: ast.Module, added: Lines) -> Iterator[str]:
    for node in ast.walk(tree):
        if getattr(node, "lineno", None) not in added:
            continue
        for name in _names(node):
            if _ALWAYS.search(_snake(name)):
                yield name
        for name in _computed_names(node):
            if _WHERE_COMPUTED.search(_snake(name)):
                yield name
        if isinstance(node, ast.BinOp) and _is_kelly(node):
            yield ast.unparse(node)


def _names(node: ast.AST) -> Iterator[str]:
    """The names that stand at a node itself."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.alias(name=name):
            yield name.rpartition(".")[2]
        case ast.keyword(arg=str(name)):
            yield name


def _computed_names(node: ast.AST) -> Iterator[str]:
    """Names of functions that compute, and of what a sum is assigned to."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            if _has_sum(node):
                yield name
        case ast.Assign(targets=targets, value=value):
            if _has_sum(value):
                for target in targets:
                    yield from _names(target)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            if _has_sum(value):
                yield from _names(target)
        case ast.AugAssign(target=target, op=ast.Mult() | ast.Div() | ast.FloorDiv()):
            yield from _names(target)
        case ast.keyword(arg=str(name), value=value):
            if _has_sum(value):
                yield name


def _has_sum(node: ast.AST) -> bool:
    products = (ast.Mult, ast.Div, ast.FloorDiv)
    return any(isinstance(n, ast.BinOp) and isinstance(n.op, products) for n in ast.walk(node))


def _is_kelly(node: ast.BinOp) -> bool:
    """p - (1 - p)/b, (p*b - q)/b, or p/a - q/b with one probability in both terms."""
    match node:
        case ast.BinOp(ast.expr() as p, ast.Sub(), ast.BinOp(rest, ast.Div(), ast.expr())):
            win = p.left if isinstance(p, ast.BinOp) and isinstance(p.op, ast.Div) else p
            return _is_complement(rest, win)
        case ast.BinOp(ast.BinOp(ast.BinOp(x, ast.Mult(), y), ast.Sub(), ast.expr()), ast.Div(), b):
            return any(_same(b, one) for one in (x, y))
    return False


def _is_complement(node: ast.expr, of: ast.expr) -> bool:
    match node:
        case ast.BinOp(ast.Constant(value=1) | ast.Call(), ast.Sub(), right):
            return _same(right, of)
    return False


def _same(one: ast.expr, other: ast.expr) -> bool:
    return ast.dump(one) == ast.dump(other)


def _in_text(text: str, added: Lines) -> Iterator[str]:
    for number, line in enumerate(text.split("\n"), 1):
        if number not in added:
            continue
        code = _COMMENT.sub("", line[:2000])
        for name in _IDENTIFIER.findall(code):
            if _ALWAYS.search(_snake(name)):
                yield name
        for pattern in (_ASSIGNMENT, _DEFINITION):
            for name in pattern.findall(code):
                if _WHERE_COMPUTED.search(_snake(name)):
                    yield name


def _snake(name: str) -> str:
    return _CAMEL.sub("_", name).lower()
