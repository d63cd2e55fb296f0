"""What no agent may change: who asks is answered here, and what changed all the same is found here.

Read-only mounts and putting back are the seal's (`seal`, `protect`). This also watches the user's
git directory, outside of the workspace, whose hooks and settings an unsealed command can reach.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.workspace import board

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orchestrator.workspace.git import Repository

_GIT_SETTINGS = ("config", "config.worktree", "hooks", "info")
_CREDENTIAL = re.compile(rb"://[^/\s@]*:[^/\s@]+@|extraheader|password|token", re.IGNORECASE)


def refusal(path: str, agent: str, run: str, verify_files: Sequence[str]) -> str | None:
    """Why an agent may not write a path (from the workspace's root); None when it may."""
    place = posixpath.normpath(path)
    if posixpath.isabs(place) or place.split("/")[0] == "..":
        return f"{path} is outside of the workspace"
    if ".git" in place.casefold().split("/"):
        return f"{path} is git's own: commits are made for you at the end of a turn"
    if place in {posixpath.normpath(name) for name in verify_files}:
        return f"{path} belongs to the verify command: a person must change it"
    return board.may_write(place, agent, run)


def fingerprint(
    root: Path,
    top: Path,
    repository: Repository | None,
    run: str,
    agent: str,
    verify_files: Sequence[str],
) -> dict[str, str]:
    """Digests of everything protected from an agent, by the name shown for it."""
    seen = {".git": _digest(top / ".git"), board.TASK: _digest(root / board.TASK)}
    session = root / board.session_path(run)
    text = session.read_bytes() if session.is_file() and not session.is_symlink() else b""
    name = f"{board.session_path(run)} outside of {agent}'s zone"
    seen[name] = hashlib.sha256(board.outside_zone(text, agent)).hexdigest()
    seen |= {path: _digest(root / path) for path in verify_files}
    if repository is not None:
        for folder in {repository.common_dir, repository.git_dir}:
            for setting in _GIT_SETTINGS:
                for path in _below(folder / setting):
                    seen[str(path)] = _digest(path)
    return seen


def compare(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """One line for each protected thing that is not as it was."""
    lines = []
    for name in sorted({*before, *after}):
        old, new = before.get(name, ""), after.get(name, "")
        if old != new:
            what = "created" if not old else "deleted" if not new else "changed"
            lines.append(f"{name} was {what}, which no agent may do")
    return tuple(lines)


def holds_credential(repository: Repository) -> bool:
    """Whether a repository's settings look as if they hold a password or token."""
    folder = repository.common_dir
    files = (folder / "config", folder / "config.worktree", folder / "credentials")
    return any(path.is_file() and _CREDENTIAL.search(path.read_bytes()) for path in files)


def _below(path: Path) -> Iterator[Path]:
    if path.is_dir() and not path.is_symlink():
        for inside in sorted(path.iterdir()):
            yield from _below(inside)
    else:
        yield path


def _digest(path: Path) -> str:
    """A digest of what is at a path, empty when there is nothing."""
    if path.is_symlink():
        return f"link {path.readlink()}"
    if path.is_dir():
        parts = [f"{inside.name} {_digest(inside)}" for inside in sorted(path.iterdir())]
        return "folder " + hashlib.sha256("\n".join(parts).encode()).hexdigest()
    if not path.exists():
        return ""
    mode = path.stat().st_mode & 0o111
    return f"file {mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
