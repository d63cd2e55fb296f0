"""The review rules over a run's workspace: its files as git sees them, now and at the run's start.

Read from git's trees and never from the work tree, so that no link leads out and the same files
give the same findings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.catalogue.reviewing import Change, Reviewed, review_change
from orchestrator.workspace.tree_files import TreeFiles
from orchestrator.workspace.workspace import Workspace
from trading_tools.review.reading.files import DOCUMENTS, NOTEBOOKS, PYTHON
from trading_tools.review.registry import chosen
from trading_tools.review.run import Target, review

_ROOT: Final = Path("/workspace")
_CODE: Final = PYTHON | NOTEBOOKS


@dataclass(frozen=True, eq=False)
class _Tree:
    """Reads the files of a tree by the place that agents know them at."""

    files: Mapping[str, bytes]

    def __call__(self, path: Path) -> bytes | None:
        inside = path.is_relative_to(_ROOT)
        return self.files.get(path.relative_to(_ROOT).as_posix()) if inside else None


def code_in(workspace: Workspace, tree: str) -> Mapping[str, bytes]:
    """The files of a tree that can be reviewed, by their path in the workspace."""
    files = TreeFiles.of(workspace.store.git(), tree, workspace.layout.prefix)
    wanted = [each for each in files.entries if Path(each).suffix.lower() in _CODE | DOCUMENTS]
    return files.read(wanted)


def review_files(workspace: Workspace, paths: Sequence[str]) -> Reviewed:
    """All findings in files and folders of the workspace; code alone where a folder is named."""
    files = code_in(workspace, workspace.tree())
    names = [each.strip("/") for each in paths]
    picked = [
        each
        for each in sorted(files)
        if each in names or (Path(each).suffix.lower() in _CODE and _below(each, names))
    ]
    targets = [Target(_ROOT / each, each, len(files[each])) for each in picked]
    found = review(targets, chosen(), read=_Tree(files), processes=1)
    return Reviewed(tuple(found), len(targets), tuple(targets))


def review_new(workspace: Workspace) -> Reviewed:
    """The findings that the run's change brought."""
    changed = [each.path for each in workspace.changes() if Path(each.path).suffix.lower() in _CODE]
    before = code_in(workspace, workspace.base) if changed else {}
    after = code_in(workspace, workspace.tree()) if changed else {}
    change = Change(
        _ROOT,
        {_ROOT / each: before.get(each) for each in changed},
        {_ROOT / each: after.get(each) for each in changed},
    )
    return review_change(change, chosen(), _ROOT, others=_Tree(after))


def _below(path: str, folders: Sequence[str]) -> bool:
    return any(each in {"", "."} or path.startswith(f"{each}/") for each in folders)
