"""Where the modules of a project lie: a file's dotted name, and the file of a dotted name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from trading_tools.review.model.project import Finder
from trading_tools.review.parsing import Unreadable
from trading_tools.review.reading.files import source_of
from trading_tools.review.source import Source

Reader = Callable[[Path], bytes | None]
"""A file's bytes; None where there is no such file."""

_DEEPEST: Final = 12


def from_disk(path: Path) -> bytes | None:
    """A file as it lies on disk."""
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None


def base_of(path: Path, read: Reader = from_disk) -> Path:
    """The folder that a file's imports start from: above its outermost package."""
    folder = path.parent
    for _ in range(_DEEPEST):
        if read(folder / "__init__.py") is None or folder == folder.parent:
            break
        folder = folder.parent
    return folder


def module_of(path: Path, base: Path) -> str:
    """The dotted name of a file below a base; "" for one that has none."""
    above = len(base.parts)
    if path.parts[:above] != base.parts or len(path.parts) <= above:
        return ""
    parts = [*path.parts[above:-1], path.stem]
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if all(part.isidentifier() for part in parts) else ""


def finder(base: Path, read: Reader = from_disk) -> Finder:
    """Looks for modules below a base, and nowhere else."""

    def find(name: str) -> Source | None:
        parts = name.split(".")
        for path in (
            base.joinpath(*parts).with_suffix(".py"),
            base.joinpath(*parts, "__init__.py"),
        ):
            raw = read(path)
            if raw is not None:
                try:
                    return source_of(str(path), raw, name)
                except Unreadable:
                    return None  # said where that file itself is reviewed
        return None

    return find
