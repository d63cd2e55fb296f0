"""The bot's code as git knows it: the commit, whether the tree is clean, what changed since."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from trading_tools.golive.config.reading import Project

_WAIT_S = 30


@dataclass(frozen=True)
class Code:
    """What is checked out in the project's folder."""

    folder: Path
    commit: str
    dirty: tuple[str, ...]
    """Tracked files that differ from the commit, and untracked ones that git does not ignore."""
    paths: tuple[str, ...]
    """What of it is the bot: golive.toml's source and lock."""

    def changed_since(self, commit: str) -> list[str] | str:
        """Which of the bot's files differ from that commit; a sentence where git cannot say."""
        listed = _git(self.folder, "diff", "--name-only", "--relative", commit, "--", *self.paths)
        if listed is None:
            return f"commit {commit[:10]} is not in this repository"
        return listed.splitlines()


def read_code(project: Project) -> Code | str:
    """The code of a project; a sentence where there is none to speak of."""
    commit = _git(project.folder, "rev-parse", "--verify", "HEAD^{commit}")
    if commit is None:
        return f"{project.folder} is in no git repository with a commit"
    status = _git(project.folder, "status", "--porcelain", "--untracked-files=normal", "--", ".")
    bot = project.config.bot
    paths = [*bot.source, *([bot.lock] if bot.lock and bot.source else [])]
    dirty = tuple(line[3:] for line in (status or "").splitlines())
    return Code(project.folder, commit.strip(), dirty, tuple(paths))


def committed_at(folder: Path, name: str) -> datetime | None:
    """When a file was last committed; None where it never was, or git cannot say."""
    told = _git(folder, "log", "-1", "--format=%cI", "--", name)
    return datetime.fromisoformat(told.strip()).astimezone(UTC) if told and told.strip() else None


def _git(folder: Path, *words: str) -> str | None:
    """What git says; None where it refuses. The repository's hooks and pagers stay off."""
    quiet = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "--no-pager"]
    try:
        done = subprocess.run(
            ["git", *quiet, *words],
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_WAIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
