"""A run's commits: a line from the base, kept in the private git directory, mirrored to a branch.

The private line is the truth; the user's branch follows it and is never moved back over foreign
commits. What goes into a commit is `workspace`.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.workspace.errors import GitError, WorkspaceError
from orchestrator.workspace.snapshot import HEAD, Store

if TYPE_CHECKING:
    from datetime import datetime

_SUBJECT = 72


@dataclass(frozen=True)
class History:
    """The commits of one run. `admin` is its worktree's folder in the user's git directory."""

    store: Store
    base: str
    branch: str | None
    admin: Path | None

    def tip(self) -> str:
        """The last commit, the base before the first."""
        return self.store.git().line("rev-parse", HEAD)

    def add(self, tree: str, message: str, at: datetime) -> str:
        """Commit a tree on top.

        Raises:
            WorkspaceError: the user's branch is not where this run left it.
        """
        before = self.tip()
        made = self.store.commit(tree, [before], message, at)
        repository = self.store.repository
        if repository is not None:
            self.store.hand_over(made, [before])
            try:
                ref = f"refs/heads/{self.branch}"
                repository.git(self.store.environ).run("update-ref", ref, made, before)
            except GitError as error:
                raise WorkspaceError(
                    f"branch {self.branch} was moved by someone else ({error}): "
                    f"point it back with `git branch -f {self.branch} {before}` and resume"
                ) from None
        self.show_index()
        return made

    def find(self, run: str, turn: int) -> str | None:
        """The commit of a turn, if there is one."""
        if self.tip() == self.base:
            return None
        log = self.store.git().run("log", "-z", "--format=%H%n%B", f"{self.base}..{HEAD}")
        for entry in log.decode(errors="replace").split("\0"):
            name, _, message = entry.strip().partition("\n")
            if _is_turn(message, run, turn):
                return name
        return None

    def mirror(self) -> None:
        """Bring the user's branch to the tip where a killed process left it behind.

        Raises:
            WorkspaceError: someone else committed to it.
        """
        repository = self.store.repository
        if repository is None:
            return
        git, ref, tip = repository.git(self.store.environ), f"refs/heads/{self.branch}", self.tip()
        with suppress(FileNotFoundError):
            (repository.common_dir / f"{ref}.lock").unlink()
        theirs = git.resolve(ref)
        if theirs == tip:
            return
        own = self.store.git().names("log", "-z", "--format=%H", f"{self.base}..{tip}")
        if theirs is not None and theirs not in (self.base, *own):
            raise WorkspaceError(
                f"branch {self.branch} was moved to {theirs}, not made by this run: "
                f"point it back with `git branch -f {self.branch} {tip}` and resume"
            )
        self.store.hand_over(tip, [self.base] if git.resolve(f"{self.base}^{{commit}}") else [])
        git.run("update-ref", ref, tip)
        self.show_index()

    def show_index(self) -> None:
        """Let `git status` in the workspace show what changed since the last commit."""
        if self.admin is not None and self.admin.is_dir():
            fresh = self.admin / "index.new"
            shutil.copy2(self.store.git_dir / "index", fresh)
            fresh.replace(self.admin / "index")


def message(agent: str, turn: int, summary: str, run: str, head: str) -> str:
    """A commit's message: one line, and trailers that tie it to the ledger."""
    subject = " ".join(f"{agent}: {summary}".split())
    if len(subject) > _SUBJECT:
        subject = f"{subject[: _SUBJECT - 1].rstrip()}…"
    return f"{subject}\n\nOrc-Run: {run} {head}\nOrc-Turn: {turn}\n"


def _is_turn(text: str, run: str, turn: int) -> bool:
    # The ledger's head in the trailer is not compared: resuming a run moves it.
    trailers = text.rstrip().rpartition("\n\n")[2].split("\n")
    ran = any(line.split(" ")[:2] == ["Orc-Run:", run] for line in trailers)
    return ran and f"Orc-Turn: {turn}" in trailers
