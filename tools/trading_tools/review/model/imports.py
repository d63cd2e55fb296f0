"""Which dotted name stands behind a local one: `import ccxt.pro as cx` makes `cx.kraken` plain."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import Final

from trading_tools.review.model.index import Index

IMPLIED: Final = {
    "asyncio": "asyncio",
    "ccxt": "ccxt",
    "ccxtpro": "ccxt.pro",
    "datetime": "datetime.datetime",
    "requests": "requests",
    "tenacity": "tenacity",
    "time": "time",
}
"""What a name means that a file uses and binds nowhere, as pieces of code in documents do."""


class Imports:
    """The names that a file imports, wherever in it."""

    def __init__(self, index: Index, package: str) -> None:
        """Read the imports; `package` is what relative ones start from ("" for none)."""
        self._names: dict[str, str] = {}
        for plain in index.of(ast.Import):
            for each in plain.names:
                local = each.asname or each.name.partition(".")[0]
                self._names[local] = each.name if each.asname else local
        for source in index.of(ast.ImportFrom):
            module = _absolute(source, package)
            for each in source.names:
                self._names[each.asname or each.name] = f"{module}.{each.name}"

    def __contains__(self, name: str) -> bool:
        return name in self._names

    @property
    def modules(self) -> frozenset[str]:
        """All dotted names that are imported."""
        return frozenset(self._names.values())

    @cached_property
    def roots(self) -> frozenset[str]:
        """The first part of all dotted names that are imported: their packages."""
        return frozenset(name.partition(".")[0] for name in self._names.values())

    def of(self, name: str) -> str | None:
        """The dotted name behind a local one."""
        return self._names.get(name)


def _absolute(source: ast.ImportFrom, package: str) -> str:
    if not source.level:
        return source.module or ""
    parts = package.split(".") if package else []
    base = parts[: len(parts) - source.level + 1]
    return ".".join([*base, *([source.module] if source.module else [])])


def dotted(node: ast.AST) -> str:
    """`a.b.c` as text; "" for anything that is not a plain dotted name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    parts.append(node.id)
    return ".".join(reversed(parts))
