"""The files below a folder of the workspace, in one order on every machine.

Ignored files (`ignore`) and the harness's own folders are left out; links are named, not followed.
Standard library only (see `scan`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from orchestrator.workspace.beneath import open_folder, read_file
from orchestrator.workspace.ignore import Rule, ignored, parse

_IGNORE_FILE_BYTES = 256 * 1024


class Entry(NamedTuple):
    """Something in the workspace; `path` is from its root, `kind` file, folder, link or special."""

    path: str
    kind: str

    @property
    def shown(self) -> str:
        """The path, of a folder with a slash at its end."""
        return printable(f"{self.path}/" if self.kind == "folder" else self.path)


def printable(path: str) -> str:
    """A path as one line of text: what is no UTF-8 and control characters become marks."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(
        "\ufffd" if ord(letter) < 32 or ord(letter) == 127 else letter for letter in text
    )


def walk(root: str, start: str = "", *, levels: int | None = None) -> Iterator[Entry]:
    """What is below the folder `start` (a path from `root`), sorted.

    Each folder comes directly before what is in it. `levels` limits the depth.

    Raises:
        OSError: `start` is not a folder reached without links.
    """
    parts = [part for part in start.split("/") if part not in ("", ".")]
    rules: list[Rule] = []
    for depth in range(len(parts)):
        folder = open_folder(root, parts[:depth])
        try:
            rules += _rules(folder, "".join(f"{part}/" for part in parts[:depth]))
        finally:
            os.close(folder)
    folder = open_folder(root, parts)
    yield from _walk(folder, "".join(f"{part}/" for part in parts), rules, levels)


def files(root: str, start: str = "") -> Iterator[str]:
    """Paths of the regular files below `start`, sorted; see `walk`."""
    return (entry.path for entry in walk(root, start) if entry.kind == "file")


def _walk(folder: int, prefix: str, rules: list[Rule], levels: int | None) -> Iterator[Entry]:
    """Takes over the descriptor `folder`."""
    try:
        rules = rules + _rules(folder, prefix)
        with os.scandir(folder) as entries:
            found = sorted((entry.name, _kind(entry)) for entry in entries)
        for name, kind in found:
            path = prefix + name
            if ignored(path, folder=kind == "folder", rules=rules):
                continue
            yield Entry(path, kind)
            if kind == "folder" and (levels is None or levels > 1):
                try:
                    below = os.open(
                        name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder
                    )
                except OSError:
                    continue
                yield from _walk(below, f"{path}/", rules, levels and levels - 1)
    finally:
        os.close(folder)


def _kind(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else "special"


def _rules(folder: int, prefix: str) -> list[Rule]:
    try:
        data, _found = read_file(folder, ".gitignore", _IGNORE_FILE_BYTES)
    except OSError:
        return []
    if len(data) > _IGNORE_FILE_BYTES:
        return []
    return parse(data.decode("utf-8", "replace"), prefix)
