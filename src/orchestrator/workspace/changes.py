"""What differs between two trees: the changes as values, their weight, and texts to read.

Works on trees in a git directory, never on files of a work tree; where the trees come from is
`workspace`. Paths are given from the workspace's root, with `../` for what lies outside of it.
"""

from __future__ import annotations

import ast
import os
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from orchestrator.workspace.tree_files import read_blobs

if TYPE_CHECKING:
    from orchestrator.workspace.git import Git

Status = Literal["added", "modified", "deleted", "type"]

CONFIGURATION = (".toml", ".yaml", ".yml", ".json", ".ini", ".cfg", ".conf", ".properties")
CONFIGURATION_BYTES = 64_000
# Files in which leading white space has a meaning that only their own parser knows.
_INDENTED = (".yaml", ".yml", ".mk", "Makefile")
_STATUS: dict[str, Status] = {"A": "added", "M": "modified", "D": "deleted", "T": "type"}
_LOCKS = ("package-lock.json", "composer.lock", "poetry.lock", "uv.lock")


@dataclass(frozen=True)
class Change:
    """One path that differs.

    `added` and `removed` are lines, None for a binary file. `white_space_only` is true where the
    meaning cannot have changed: for Python the syntax tree decides, for other indented files
    anything but blank lines and trailing space counts. A changed mode always counts.
    """

    path: str
    status: Status
    white_space_only: bool
    added: int | None
    removed: int | None


@dataclass(frozen=True)
class _Raw:
    path: str
    status: str
    modes: tuple[str, str]
    blobs: tuple[str, str]


def changes(git: Git, before: str, after: str, prefix: str = "") -> tuple[Change, ...]:
    """The paths that differ between two trees, in order of path; a rename is two changes."""
    if before == after:
        return ()
    raw, counts = _differences(git, before, after)
    texts = read_blobs(
        git,
        {
            blob
            for item in raw
            if counts.get(item.path) != (None, None)
            for blob in item.blobs
            if blob.strip("0")
        },
    )
    made = []
    for item in raw:
        added, removed = counts.get(item.path, (0, 0))
        old, new = (texts.get(blob, b"") for blob in item.blobs)
        blank = added is not None and _only_white_space(item, old, new)
        path = from_root(item.path, prefix)
        made.append(Change(path, _STATUS[item.status], blank, added, removed))
    return tuple(sorted(made, key=lambda change: change.path))


def diff(git: Git, before: str, after: str, prefix: str = "") -> str:
    """The unified diff between two trees, paths from the workspace's root."""
    return _both(git, prefix, "--patch", "--find-renames", before, after)


def summary(git: Git, before: str, after: str, prefix: str = "") -> str:
    """A line for each changed file, with the number of lines; empty when nothing changed."""
    return _both(git, prefix, "--stat=100,80", "--summary", "--find-renames", before, after)


def added_lines(git: Git, before: str, after: str) -> str:
    """The lines that the second tree has and the first has not."""
    patch = git.run("diff-tree", "-r", "--patch", "--unified=0", "--no-renames", before, after)
    kept, body = [], False
    for line in patch.decode(errors="replace").split("\n"):
        if line.startswith("diff --git "):
            body = False
        elif line.startswith("@@ "):
            body = True
        elif body and line.startswith("+"):
            kept.append(line[1:])
    return "\n".join(kept)


def configuration_text(git: Git, tree: str, prefix: str = "") -> str:
    """The configuration files of a tree, each under its path; no lock files, no large ones."""
    wanted: dict[str, str] = {}
    for entry in git.run("ls-tree", "-r", "-l", "-z", tree).split(b"\0"):
        fields, _, name = entry.partition(b"\t")
        path = os.fsdecode(name)
        if not path.endswith(CONFIGURATION) or posixpath.basename(path) in _LOCKS:
            continue
        mode, _, blob, size = fields.decode().split()
        if mode.startswith("100") and int(size) <= CONFIGURATION_BYTES:
            wanted[path] = blob
    texts = read_blobs(git, set(wanted.values()))
    return "\n".join(
        f"# {from_root(path, prefix)}\n{texts[blob].decode(errors='replace')}"
        for path, blob in wanted.items()
    )


def is_harness_configuration(path: str) -> bool:
    """Whether a path steers the harness itself: it takes no effect in the run that changed it."""
    name = posixpath.basename(path)
    return name in ("orchestrator.toml", "CLAUDE.md") or ".claude" in path.split("/")[:-1]


def from_root(path: str, prefix: str) -> str:
    """A path from the repository's top, as seen from the workspace's root."""
    return shown(path if not prefix else posixpath.relpath(path, prefix))


def shown(path: str) -> str:
    """A path as text that can be stored: bytes that are no UTF-8 are written out."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _both(git: Git, prefix: str, *arguments: str) -> str:
    """A diff inside the workspace's root, then of what lies outside of it."""
    if not prefix:
        return _text(git.run("diff", *arguments))
    inside = git.run("diff", f"--relative={prefix}", *arguments)
    outside = git.run("diff", *arguments, "--", ":(top)", f":(top,exclude,literal){prefix}")
    return _text(inside + outside)


def _text(output: bytes) -> str:
    return output.decode(errors="replace")


def _differences(
    git: Git, before: str, after: str
) -> tuple[list[_Raw], dict[str, tuple[int | None, int | None]]]:
    """The paths that differ, and the lines added and removed in each; None in binary files."""
    told = git.run("diff-tree", "-r", "-z", "--raw", "--numstat", "--no-renames", before, after)
    fields = iter(told.split(b"\0")[:-1])
    raw: list[_Raw] = []
    counts: dict[str, tuple[int | None, int | None]] = {}
    for head in fields:
        if head.startswith(b":"):
            old, new, old_blob, new_blob, status = head.decode().lstrip(":").split()
            path = os.fsdecode(next(fields))
            raw.append(_Raw(path, status[0], (old, new), (old_blob, new_blob)))
        else:
            added, removed, name = head.split(b"\t", 2)
            binary = added == b"-"
            counts[os.fsdecode(name)] = (None, None) if binary else (int(added), int(removed))
    return raw, counts


def _only_white_space(item: _Raw, old: bytes, new: bytes) -> bool:
    if item.status in "AD":
        plain = all(mode.startswith(("100", "000")) for mode in item.modes)
        return plain and not (old + new).strip()
    if item.status != "M" or item.modes[0] != item.modes[1] or item.modes[0] == "160000":
        return False
    if b"".join(old.split()) != b"".join(new.split()):
        return False
    if item.path.endswith((".py", ".pyi")):
        trees = [_syntax(text) for text in (old, new)]
        return trees[0] is not None and trees[0] == trees[1]
    if item.path.endswith(_INDENTED):
        return _essence(old) == _essence(new)
    return True


def _syntax(source: bytes) -> str | None:
    try:
        return ast.dump(cast("ast.AST", ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _essence(text: bytes) -> list[bytes]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]
