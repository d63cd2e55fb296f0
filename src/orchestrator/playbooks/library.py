"""The playbooks in force: where they are looked for, and which one wins a name.

Whether a project's own may be used at all (trust) is decided by callers: they leave it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orchestrator
from orchestrator.config.places import PLAYBOOK_SUFFIXES, PROJECT_PLAYBOOKS
from orchestrator.playbooks.format import Playbook
from orchestrator.playbooks.reading import Loaded, Problem, Source, read_playbook

FOLDER = "playbooks"
MOST_FILES = 200


def shipped_dir() -> Path:
    """The folder of the playbooks that come with this program."""
    return Path(orchestrator.__file__).resolve().parent / "catalogue" / FOLDER


@dataclass(frozen=True, slots=True)
class Shelved:
    """A playbook in force, where it comes from, and whose it replaces."""

    playbook: Playbook
    path: Path
    source: Source
    replaces: Source | None = None


@dataclass(frozen=True)
class Library:
    """The playbooks in force by name, sorted, and what kept others out."""

    shelved: tuple[Shelved, ...]
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, loaded: Iterable[Loaded]) -> Library:
        """Of files that were read, the strongest first."""
        shelved: dict[str, Shelved] = {}
        problems: list[Problem] = []
        for one in loaded:
            problems += one.problems
            if one.playbook is None:
                continue
            name = one.playbook.name
            first = shelved.get(name)
            if first is None:
                shelved[name] = Shelved(one.playbook, one.path, one.source)
            elif first.source == one.source:
                message = f"the name {name!r} is taken by {first.path}; this file is not used"
                problems.append(Problem(one.path, 1, message, "rename one of them"))
            else:
                shelved[name] = Shelved(first.playbook, first.path, first.source, one.source)
        return cls(tuple(shelved[name] for name in sorted(shelved)), tuple(problems))

    @property
    def playbooks(self) -> tuple[Playbook, ...]:
        """All in force."""
        return tuple(one.playbook for one in self.shelved)

    def __iter__(self) -> Iterator[Shelved]:
        return iter(self.shelved)


def files_read(project: Path | None, user: Path | None, shipped: Path) -> Iterator[Loaded]:
    """The files of a project, of the user and of this distribution, the strongest first.

    They lie in `<project>/.claude/playbooks`, `<user>/playbooks` and `shipped`.
    """
    places: list[tuple[Path, Source]] = []
    if project is not None:
        places.append((project / PROJECT_PLAYBOOKS, "project"))
    if user is not None:
        places.append((user / FOLDER, "user"))
    places.append((shipped, "shipped"))
    for folder, source in places:
        yield from (read_playbook(path, source) for path in files_in(folder))


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
