"""Whether a change took something away from the tests: found by reading them, not by running them.

A person must look at what is listed here; a listed change may well be right.
"""

from __future__ import annotations

import ast
import posixpath
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.workspace.verify_plan import Plan, is_test_file, pytest_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.workspace.tree_files import TreeFiles

_SKIPS = frozenset(
    {
        "skip", "skipif", "xfail", "skipIf", "skipUnless", "skipTest", "SkipTest",
        "expectedFailure", "importorskip",
    }
)  # fmt: skip
_RUNNERS = frozenset({"pytest", "py", "_pytest", "pluggy", "iniconfig", "packaging", "xdist"})
"""What running tests imports beside the standard library."""

_CHECKS = frozenset({"raises", "warns", "fail", "deprecated_call"})


@dataclass(frozen=True)
class _Test:
    checks: int
    skips: int


def weakened(base: TreeFiles, head: TreeFiles, plan: Plan) -> tuple[str, ...]:
    """Deleted, skipped and weakened tests, and changes to what steers them; one line each."""
    return (*_changed_files(base, head, plan.files), *_changed_tests(base, head))


def _changed_files(base: TreeFiles, head: TreeFiles, own: Sequence[str]) -> Iterator[str]:
    for path in own:
        if base.entries.get(path) != head.entries.get(path):
            yield f"{path} was changed: it belongs to the verify command"
    steering = {
        path
        for path in (*base.entries, *head.entries)
        if posixpath.basename(path) in ("conftest.py", "sitecustomize.py", "usercustomize.py")
    }
    for path in sorted(steering):
        if base.blob(path) != head.blob(path):
            yield f"{path} was {_word(base, head, path)}: it steers how tests run"
    for path in sorted(head.entries):
        if path not in base and _shadows(path):
            yield f"{path} was added: it is imported in place of what runs the tests"
    before, after = pytest_settings(base), pytest_settings(head)
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            yield f"{path} was changed in what it says to pytest"


def _shadows(path: str) -> bool:
    """Whether a file stands first on the import path under the name of a module of others."""
    top, *more = path.removeprefix("src/").split("/")
    name = top if more else top.removesuffix(".py") if top.endswith(".py") else ""
    if more and more != ["__init__.py"]:
        return False
    return name in _RUNNERS or name in sys.stdlib_module_names


def _changed_tests(base: TreeFiles, head: TreeFiles) -> Iterator[str]:
    old_paths = [path for path in base.entries if is_test_file(path)]
    changed = [path for path in old_paths if base.blob(path) != head.blob(path)]
    new_paths = [path for path in head.entries if is_test_file(path)]
    fresh = head.read(path for path in new_paths if head.blob(path) != base.blob(path))
    moved_to: dict[str, _Test] = {}
    for path, content in fresh.items():
        if path not in base:
            moved_to |= _tests(content) or {}
    before = base.read(changed)
    for path in sorted(changed):
        old, new = _tests(before[path]), _tests(fresh[path]) if path in fresh else {}
        if new is None:
            yield f"{path} is not Python any more"
            continue
        gone = [n for n in old or {} if n and n not in new and n not in moved_to]
        if path not in head and gone:
            yield f"{path} was deleted, with {len(gone)} tests"
            continue
        yield from (f"{path}::{name} was removed" for name in gone)
        for name, was in (old or {}).items():
            now = new.get(name) or (moved_to.get(name) if name else None)
            if now is not None:
                yield from _weaker(f"{path}::{name}" if name else path, was, now)


def _weaker(name: str, was: _Test, now: _Test) -> Iterator[str]:
    if now.skips > was.skips:
        yield f"{name} is skipped or expected to fail now"
    if now.checks < was.checks:
        yield f"{name} checks less: {now.checks} checks, {was.checks} before"


def _tests(source: bytes) -> dict[str, _Test] | None:
    """The tests of a file by name, and under the empty name what holds for the whole file."""
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    found = {"": _Test(0, 0)}
    _collect(module.body, "", 0, found)
    return found


def _collect(body: Sequence[ast.stmt], owner: str, above: int, found: dict[str, _Test]) -> None:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name.startswith("test"):
                found[owner + node.name] = _Test(_checks(node), _skips(node) + above)
        elif isinstance(node, ast.ClassDef):
            own = sum(_skips(part) for part in node.decorator_list)
            own += sum(
                _skips(part) for part in node.body if isinstance(part, ast.Assign | ast.Expr)
            )
            _collect(node.body, f"{owner}{node.name}::", above + own, found)
        elif not owner and isinstance(node, ast.Assign | ast.Expr | ast.If | ast.Try):
            found[""] = _Test(0, found[""].skips + _skips(node))


def _checks(node: ast.AST) -> int:
    count = 0
    for part in ast.walk(node):
        if isinstance(part, ast.Assert):
            count += not isinstance(part.test, ast.Constant)
        elif isinstance(part, ast.Call):
            name = _called(part.func)
            count += name.startswith("assert") or name in _CHECKS
    return count


def _skips(node: ast.AST) -> int:
    return sum(_called(part) in _SKIPS for part in ast.walk(node) if isinstance(part, ast.expr))


def _called(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _word(base: TreeFiles, head: TreeFiles, path: str) -> str:
    if path not in base:
        return "added"
    return "changed" if path in head else "deleted"
