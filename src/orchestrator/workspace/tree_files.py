"""The files of a git tree, read from the object store and never from a work tree."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.workspace.git import Git


@dataclass(frozen=True)
class TreeFiles:
    """Regular files by their path, each with its mode and blob; `prefix` is cut off the paths."""

    git: Git
    entries: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, git: Git, tree: str, prefix: str = "") -> TreeFiles:
        """The files of a tree below a prefix."""
        entries = {}
        for entry in git.run("ls-tree", "-r", "-z", tree).split(b"\0"):
            fields, _, name = entry.partition(b"\t")
            path = os.fsdecode(name)
            if fields.startswith(b"100") and path.startswith(prefix):
                mode, _, blob = fields.decode().split()
                entries[path.removeprefix(prefix)] = (mode, blob)
        return cls(git, entries)

    def __contains__(self, path: object) -> bool:
        return path in self.entries

    def blob(self, path: str) -> str | None:
        """The name of a file's content, None when there is no such file."""
        found = self.entries.get(path)
        return None if found is None else found[1]

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The contents of those paths that are files of the tree."""
        wanted = {path: self.entries[path][1] for path in paths if path in self.entries}
        blobs = read_blobs(self.git, set(wanted.values()))
        return {path: blobs[blob] for path, blob in wanted.items()}


def read_blobs(git: Git, names: Iterable[str]) -> dict[str, bytes]:
    """The contents of blobs by their names; an absent one is left out."""
    asked = sorted(names)
    if not asked:
        return {}
    answer = git.run("cat-file", "--batch", stdin="".join(f"{name}\n" for name in asked).encode())
    found: dict[str, bytes] = {}
    at = 0
    while at < len(answer):
        end = answer.index(b"\n", at)
        header = answer[at:end].decode().split()
        at = end + 1
        if len(header) == 3:
            size = int(header[2])
            found[header[0]] = answer[at : at + size]
            at += size + 1
    return found
