"""The bot's code as git knows it: the commit, whether the tree is clean, what changed since.

Where git does not say, or was told not to look, nothing is known: that is never a clean tree.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from trading_tools.golive.config.reading import Project
from trading_tools.golive.unheld import unheld_code

_WAIT_S = 30


@dataclass(frozen=True)
class Code:
    """What is checked out in the project's folder."""

    folder: Path
    commit: str
    dirty: tuple[str, ...]
    """Files that differ from the commit or are not in it, and the bot's code that git ignores."""
    paths: tuple[str, ...]
    """What of it is the bot: golive.toml's source and lock."""
    unheld: tuple[str, ...] = ()
    """Those of `dirty` that are the bot's code and that git ignores."""

    def changed_since(self, commit: str) -> list[str] | str:
        """Which of the bot's files differ from that commit; a sentence where git cannot say."""
        listed = _git(self.folder, "diff", "--name-only", "--relative", commit, "--", *self.paths)
        if listed is None:
            return f"commit {commit[:10]} is not in this repository"
        return listed.splitlines()


def read_code(project: Project) -> Code | str:
    """The code of a project; a sentence where there is none to speak of."""
    folder, bot = project.folder, project.config.bot
    commit = _git(folder, "rev-parse", "--verify", "HEAD^{commit}")
    if commit is None:
        return f"{folder} is in no git repository with a commit"
    status = _git(folder, "status", "--porcelain", "--untracked-files=normal", "--", ".")
    listed = _git(folder, "ls-files", "-v", "-z", "--", ".")
    if status is None or listed is None:
        return f"git does not say what differs from the commit in {folder}"
    passed_over = [name for name in _passed_over(listed) if (folder / name).exists()]
    if passed_over:
        return f"git was told not to look at {passed_over[0]}: undo it by `git update-index`"
    outside = next((name for _, name in _rows(listed) if _leads_out(folder, name)), None)
    if outside is not None:
        return f"{outside} leads out of the project: a commit says nothing of what lies there"
    strange = next((name for name in _needed(project) if not _has(folder, name)), None)
    if strange is not None:
        return f"{strange} is not in git"
    paths = [*bot.source, *([bot.lock] if bot.lock and bot.source else [])]
    unheld = unheld_code(folder, tuple(bot.source), lambda: _ignored(folder))
    dirty = (*(line[3:] for line in status.splitlines()), *unheld)
    return Code(folder, commit.strip(), dirty, tuple(paths), unheld)


def _ignored(folder: Path) -> list[str]:
    """What git ignores there; folders that it ignores as a whole end in a slash."""
    words = ("--others", "--ignored", "--exclude-standard", "--directory")
    listed = _git(folder, "ls-files", *words, "-z", "--", ".") or ""
    return [name for name in listed.split("\0") if name]


def _passed_over(listed: str) -> list[str]:
    """Files marked as unchanged by assumption (a small letter) or as left out (S)."""
    return [name for mark, name in _rows(listed) if mark.islower() or mark == "S"]


def _rows(listed: str) -> list[tuple[str, str]]:
    """Marks and names, as `git ls-files -v -z` tells them."""
    return [(row[0], row[2:]) for row in listed.split("\0") if row]


def _leads_out(folder: Path, name: str) -> bool:
    path = folder / name
    return path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(folder)


def _needed(project: Project) -> list[str]:
    """The files that a commit must hold for a go to speak for them, if they are there at all."""
    config = project.config
    beside = [name for name in (config.bot.lock, config.deployment.signers) if name]
    return [*config.bot.source, *(name for name in beside if project.path(name).is_file())]


def _has(folder: Path, name: str) -> bool:
    return bool(_git(folder, "ls-files", "--", name))


def committed_at(folder: Path, name: str) -> datetime | None:
    """When a file was last committed; None where it never was, or git cannot say."""
    told = _git(folder, "log", "-1", "--format=%cI", "--", name)
    return datetime.fromisoformat(told.strip()).astimezone(UTC) if told and told.strip() else None


def _git(folder: Path, *words: str) -> str | None:
    """What git says; None where it refuses. The repository's hooks and pagers stay off.

    Paths are no patterns, and this folder's repository is meant, whatever the environment names.
    """
    quiet = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "--no-pager"]
    try:
        done = subprocess.run(
            ["git", *quiet, "--literal-pathspecs", *words],
            cwd=folder,
            env={key: text for key, text in os.environ.items() if not key.startswith("GIT_")},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_WAIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
