"""Where playbook files lie: a project's, the user's and those of this distribution."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import orchestrator
from orchestrator.config.places import PLAYBOOK_SUFFIXES, PROJECT_PLAYBOOKS

FOLDER = "playbooks"
MOST_FILES = 200
Source = Literal["project", "user", "shipped"]


def shipped_dir() -> Path:
    """The folder of the playbooks that come with this program."""
    return Path(orchestrator.__file__).resolve().parent / "catalogue" / FOLDER


def own_files(project: Path | None, user: Path | None) -> Iterator[tuple[Path, Source]]:
    """The files of a project and of the user, the strongest first.

    They lie in `<project>/.claude/playbooks` and `<user>/playbooks`.
    """
    places: list[tuple[Path, Source]] = []
    if project is not None:
        places.append((project / PROJECT_PLAYBOOKS, "project"))
    if user is not None:
        places.append((user / FOLDER, "user"))
    for folder, source in places:
        yield from ((path, source) for path in files_in(folder))


def files_in(folder: Path) -> tuple[Path, ...]:
    """The playbook files of a folder, sorted; none where there is no such folder."""
    try:
        found = sorted(p for p in folder.iterdir() if is_playbook_file(p))
    except OSError:
        return ()
    return tuple(found[:MOST_FILES])


def is_playbook_file(path: Path) -> bool:
    """Whether a file's name says that it is a playbook."""
    return path.suffix.lower() in PLAYBOOK_SUFFIXES and not path.name.startswith(".")
