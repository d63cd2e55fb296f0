"""The playbooks in force: which one wins a name. Where they are looked for is `files`.

Whether a project's own may be used at all (trust) is decided by callers: they leave it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestrator.playbooks.files import Source
from orchestrator.playbooks.format import Playbook
from orchestrator.playbooks.reading import Loaded, Problem


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
