"""The files of two runs held against each other, from the git directories that hold them.

Reads only. What changed within one run is `changes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator.workspace.changes import Change, changes
from orchestrator.workspace.git import Git


@dataclass(frozen=True)
class Files:
    """How the second tree differs from the first, and the command that shows all of it."""

    changes: tuple[Change, ...]
    command: str | None


def between(
    state_dir: Path, runs: tuple[str, str], trees: tuple[str, str], environ: Mapping[str, str]
) -> Files | None:
    """The difference of the files that two runs ended with; None where no place holds both.

    A run's private git directory sees its own objects, those of the run that it was forked from
    and those of the user's repository.

    Args:
        state_dir: the project's `.orchestrator`.
        runs: the names of both.
        trees: a tree or commit of each.
        environ: where git is found.
    """
    for run in reversed(runs):
        store = state_dir / "git" / run
        if not store.is_dir():
            continue
        git = Git(git_dir=store, environ=environ)
        one, other = (git.resolve(f"{tree}^{{tree}}") for tree in trees)
        if one is None or other is None:
            continue
        if one == other:
            return Files((), None)
        command = f"git --git-dir={_short(store, state_dir)} diff {one[:12]} {other[:12]}"
        return Files(changes(git, one, other), command)
    return None


def _short(store: Path, state_dir: Path) -> str:
    """The directory as seen from the project, where the command is typed."""
    return store.relative_to(state_dir.parent).as_posix()
