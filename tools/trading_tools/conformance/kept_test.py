"""What was broken as a test file that stands alone: pytest, the user's code and nothing of ours.

What a history needs of the virtual clock, of ways to ask a breaker, or to read a page is carried
over from the modules that played it, so that the test does what the check did.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from trading_tools.conformance.inside import callers, desk, flaky, loading, markdown, virtual
from trading_tools.conformance.spec import CheckSpec, Finding, Outcome

_CARRIED = (virtual, callers, desk, flaky, markdown)
_TIMED = frozenset({"limiter", "breaker", "backoff", "order-guard"})
_MODULES = (
    "ast", "asyncio", "builtins", "contextlib", "contextvars",
    "datetime", "heapq", "importlib", "inspect", "logging",
    "re", "sys", "threading", "time", "types", "random", "dataclasses", "enum",
)  # fmt: skip
_ABSTRACT = ("Callable", "Coroutine", "Generator", "Iterable", "Iterator", "Mapping")


def kept_test(spec: CheckSpec, outcome: Outcome, file: Path) -> str:
    """The text of a test file at `file`; empty where nothing is broken."""
    broken = [each for each in outcome.broken if each.counterexample is not None]
    if not broken:
        return ""
    timed = spec.kind in _TIMED
    loading_lines = [*_loading(spec, outcome, file), ""]
    if timed:
        loading_lines = ["", "with VirtualTime():", *_indented(loading_lines)]
    tests = [line for finding in broken for line in _test(finding, timed=timed)]
    body = "\n".join((*loading_lines, *tests))
    carried = "\n\n\n".join(_carried(body))
    text = "\n".join((carried, "", body)) if carried else body
    command = f"orc check {spec.kind} {outcome.target}"
    head = (
        f'"""What `{command}` found with seed {spec.seed}: each test fails until that is mended.\n'
        "\nIt needs pytest and the code under test.\n"
        '"""\n\nfrom __future__ import annotations\n'
    )
    return "\n".join((head, *_imports(text), "", text.strip("\n"), ""))


def _test(finding: Finding, *, timed: bool) -> Iterator[str]:
    example = finding.counterexample
    assert example is not None
    yield ""
    yield ""
    yield f"def test_{re.sub(r'[^a-z0-9]+', '_', finding.name)}():"
    yield f'    """{finding.title.capitalize()}."""'
    came = example.came.replace("\n", " ")
    yield f"    # expected {example.expected}"
    yield f"    # came {came}"
    if timed:
        yield "    with VirtualTime() as clock:"
        yield from _indented(_indented(example.code))
    else:
        yield from _indented(example.code)


def _loading(spec: CheckSpec, outcome: Outcome, file: Path) -> Iterator[str]:
    where, name = loading.split(outcome.target)
    first = name.partition(".")[0]
    path = spec.folder / where
    if not path.is_file():
        yield f"user = importlib.import_module({where!r})"
        yield f"{first} = user.{first}"
        return
    near = Path(os.path.relpath(path, (spec.folder / file).parent)).as_posix()
    yield f"path = Path(__file__).resolve().parent / {near!r}"
    if path.suffix != ".py":
        yield "user = types.ModuleType('checked_module')"
        yield "sys.modules['checked_module'] = user"
        yield "run_page(path.read_text('utf-8', 'replace'), user)"
        yield f"{first} = user.{first}"
        return
    root, dotted = path.parent, path.stem
    while (root / "__init__.py").is_file():
        root, dotted = root.parent, f"{root.name}.{dotted}"
    up = dotted.count(".")
    yield f"sys.path.insert(0, str(path.parents[{up}]))"
    yield f"user = importlib.import_module({dotted!r})"
    yield f"{first} = user.{first}"


def _carried(body: str) -> list[str]:
    """The definitions that a test uses, and what these use, in their order."""
    wanted = _used(ast.parse(body))
    parts: list[str] = []
    for module in _CARRIED:
        assert module.__file__ is not None
        source = Path(module.__file__).read_text("utf-8")
        defined = {name: node for node in ast.parse(source).body for name in _defines(node) if name}
        needed: set[str] = set()
        while new := {n for n in wanted if n in defined} - needed:
            needed |= new
            wanted |= {name for each in new for name in _used(defined[each])}
        nodes = {id(defined[name]): defined[name] for name in needed}
        for node in sorted(nodes.values(), key=lambda each: each.lineno):
            parts.append(_text(source, node))
    return parts


def _text(source: str, node: ast.stmt) -> str:
    """A definition with its decorators."""
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
    lines = source.splitlines()[first - 1 : node.end_lineno]
    return "\n".join(lines)


def _defines(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _used(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _imports(text: str) -> Iterator[str]:
    used = _used(ast.parse(text))
    for name in _MODULES:
        if name in used:
            yield f"import {name}"
    if "Decimal" in used:
        yield "from decimal import Decimal"
    from_abc = [name for name in _ABSTRACT if name in used]
    if from_abc:
        yield f"from collections.abc import {', '.join(from_abc)}"
    if "Path" in used:
        yield "from pathlib import Path"
    typing = [name for name in ("Any", "ClassVar") if name in used]
    if typing:
        yield f"from typing import {', '.join(typing)}"
    if "pytest" in used:
        yield "\nimport pytest"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]
