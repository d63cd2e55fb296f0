"""The files of a workspace as they are, as git trees.

Asking git costs a process each time, and acceptance asks often about files that stand still. So
what cannot change is remembered: the trees of objects by their names, and that of the index by its
checksum.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.workspace import changes
from orchestrator.workspace.changes import Change
from orchestrator.workspace.snapshot import Left, Store, stage

_CHECKSUM_BYTES = 20
_OBJECT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True)
class Staged:
    """The files below `top` in the private index of `store`, without what is `left_out`."""

    store: Store
    top: Path
    prefix: str
    without: tuple[str, ...]
    _trees: dict[str | bytes, str] = field(default_factory=dict, init=False, repr=False)
    _changes: dict[tuple[str, str], tuple[Change, ...]] = field(
        default_factory=dict, init=False, repr=False
    )

    def left_out(self) -> Left:
        """Bring the index to the files; what of them cannot be part of a commit."""
        return stage(self.store.git(self.top), self.without)

    def tree(self) -> str:
        """The name of the tree of the files as they are."""
        self.left_out()
        found = self._trees.get(self._index())
        if found is None:
            found = self.store.git(self.top).line("write-tree")
            self._trees[self._index()] = found  # git has noted in it what it wrote
        return found

    def _index(self) -> bytes:
        """The index by the checksum of its content, with which git ends it."""
        with (self.store.git_dir / "index").open("rb") as file:
            file.seek(-_CHECKSUM_BYTES, os.SEEK_END)
            return file.read()

    def tree_of(self, revision: str) -> str | None:
        """The tree of a commit or tree; None where there is none."""
        found = self._trees.get(revision) or self.store.git().resolve(f"{revision}^{{tree}}")
        if found is not None and _OBJECT.fullmatch(revision):
            self._trees[revision] = found
        return found

    def changes(self, before: str) -> tuple[Change, ...]:
        """What changed since a tree, path by path."""
        pair = (before, self.tree())
        if pair not in self._changes:
            self._changes[pair] = changes.changes(self.store.git(), *pair, self.prefix)
        return self._changes[pair]
