"""Which files of a folder are agent files: every `*.md` below it, in a fixed order.

Symbolic links to folders are followed, each folder once, so that a loop ends.
"""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator.agents.definition import Problem

MAX_FILES = 2_000

# Folders of other programs' files, which may hold thousands of pages.
_FOREIGN = frozenset({"node_modules", "__pycache__", "site-packages"})


def agent_files(folder: Path) -> tuple[list[Path], list[Problem]]:
    """The agent files below `folder`, sorted, and what could not be looked at; never raises."""
    problems: list[Problem] = []

    def unreadable(error: OSError) -> None:
        where = Path(error.filename or folder)
        message = f"the folder cannot be read: {error.strerror}"
        problems.append(Problem(where, 1, message, "check its permissions", "error"))

    found: list[Path] = []
    seen: set[str] = set()
    for root, folders, names in os.walk(folder, followlinks=True, onerror=unreadable):
        real = os.path.realpath(root)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        here = Path(root)
        for name in folders:
            if name.endswith(".md"):
                message = "this is a folder with the name of an agent file"
                problems.append(Problem(here / name, 1, message, "rename it", "warning"))
        folders[:] = sorted(n for n in folders if n[0] != "." and n not in _FOREIGN)
        found += [here / name for name in sorted(names) if _is_agent_file(name)]
        if len(found) > MAX_FILES:
            message = f"the folder holds more than {MAX_FILES:,} markdown files; the rest is unread"
            problems.append(Problem(folder, 1, message, "point at the agents' own folder", "error"))
            break
    return found[:MAX_FILES], problems


def is_folder(path: Path) -> bool:
    """Whether `path` is a folder; False too where that cannot be found out."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_agent_file(name: str) -> bool:
    return name.lower().endswith(".md") and not name.startswith(".")
