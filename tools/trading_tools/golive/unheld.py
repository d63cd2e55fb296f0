"""Code of the bot that git was told to ignore: it goes live, and no commit speaks of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from trading_tools.golive.call_paths import followed

_CODE = frozenset(
    {
        ".py", ".pyc", ".pyx", ".so", ".pyd", ".dll", ".js", ".mjs", ".cjs", ".ts", ".go", ".rs",
        ".java", ".jar", ".rb", ".sh", ".lua", ".php",
    }
)  # fmt: skip
_NOT_OURS = frozenset({"__pycache__", "node_modules", "site-packages", "target"})


def unheld_code(
    folder: Path, source: tuple[str, ...], ignored: Callable[[], list[str]]
) -> tuple[str, ...]:
    """Files with code that are ignored and lie below `source` or are imported from there.

    Args:
        ignored: files and whole folders (with a slash at the end) that git ignores in `folder`.
    """
    if not source:
        return ()
    found = {name for each in ignored() for name in _code(folder, each)}
    below = {name for name in found if any(_is_below(name, each) for each in source)}
    rest = found - below
    if any(name.endswith(".py") for name in rest):
        below |= rest & set(followed(folder, source))
    return tuple(sorted(below))


def _code(folder: Path, name: str) -> Iterator[str]:
    path = folder / name
    if not path.is_dir():
        if path.suffix in _CODE and path.parent.name not in _NOT_OURS:
            yield name
        return
    if path.name in _NOT_OURS or path.name.startswith(".") or (path / "pyvenv.cfg").exists():
        return
    for each in sorted(path.iterdir()):
        yield from _code(folder, each.relative_to(folder).as_posix())


def _is_below(name: str, source: str) -> bool:
    return PurePosixPath(name).is_relative_to(PurePosixPath(source))
