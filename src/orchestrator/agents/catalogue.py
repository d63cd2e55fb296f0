"""All agents a run can call: where their files are looked for, and which one wins a name.

Reading a single file is `loader`. Whether a project's own agents may be used at all (trust) is
decided by callers: they leave `project` out.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import orchestrator
from orchestrator.agents.definition import AgentDefinition, Problem
from orchestrator.agents.files import agent_files, is_folder
from orchestrator.agents.loader import load_agent_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from orchestrator.agents.definition import Source


def bundled_agents_dir() -> Path:
    """The folder of the agents we ship: package data when installed, `agents/` in a checkout."""
    package = Path(orchestrator.__file__).resolve().parent
    packaged = package / "bundled" / "agents"
    checkout = package.parents[1]
    in_checkout = (checkout / "pyproject.toml").is_file() and is_folder(checkout / "agents")
    return checkout / "agents" if in_checkout and not is_folder(packaged) else packaged


@dataclass(frozen=True, eq=False)
class AgentCatalogue:
    """The agents by name, and every problem met while reading their files.

    Two catalogues are equal only if they are the same object, so that one can serve as a key.
    """

    agents: Mapping[str, AgentDefinition]
    problems: tuple[Problem, ...] = ()
    _lower: Mapping[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_lower", {name.lower(): name for name in self.agents})

    @classmethod
    def discover(
        cls, project: Path | None, user: Path | None, bundled: Path | None = None
    ) -> AgentCatalogue:
        """Read the agents of a project, a user's folder and this distribution; never raises.

        Searched in this order, and the first file with a name wins: `<project>/agents`,
        `<project>/.claude/agents`, `<user>/agents`, then `bundled` (default: the agents we ship).
        A folder that is not there is passed over; only a missing `bundled` one is a problem.
        """
        shipped = bundled or bundled_agents_dir()
        places: list[tuple[Path, Source]] = []
        # In a checkout of this project `agents/` is the bundled folder, and is read as such;
        # `.claude/agents` is rendered from it for Claude Code, with fewer tools.
        if project is not None and not _same(project / "agents", shipped):
            places += [(project / "agents", "project"), (project / ".claude" / "agents", "project")]
        if user is not None:
            places.append((user / "agents", "user"))
        places.append((shipped, "bundled"))

        problems: list[Problem] = []
        if not is_folder(shipped):
            message = "the agents that come with this program are not there"
            problems.append(Problem(shipped, 1, message, "install the program again", "error"))
        found: list[AgentDefinition] = []
        for folder, source in places:
            if is_folder(folder):
                files, more = agent_files(folder)
                problems += more
                for path in files:
                    loaded = load_agent_file(path, source)
                    problems += loaded.problems
                    if loaded.definition is not None:
                        found.append(loaded.definition)
        return cls.of(found, problems)

    @classmethod
    def of(
        cls, definitions: Iterable[AgentDefinition], problems: Iterable[Problem] = ()
    ) -> AgentCatalogue:
        """A catalogue of `definitions`; where names clash the first wins, and that is reported."""
        agents: dict[str, AgentDefinition] = {}
        clashes: list[Problem] = []
        for definition in definitions:
            first = agents.setdefault(definition.name, definition)
            if first is not definition:
                clashes.append(_clash(first, definition))
        return cls(MappingProxyType(agents), (*problems, *clashes))

    def get(self, name: str) -> AgentDefinition | None:
        """The agent called exactly `name`, or None."""
        return self.agents.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted(self.agents))

    def nearest(self, name: str) -> tuple[str, ...]:
        """Up to three names that somebody who wrote `name` may have meant, the likeliest first."""
        close = difflib.get_close_matches(name[:200].lower(), self._lower, n=3, cutoff=0.5)
        return tuple(self._lower[lower] for lower in close)

    def __iter__(self) -> Iterator[AgentDefinition]:
        return (self.agents[name] for name in self.names)

    def __len__(self) -> int:
        return len(self.agents)

    def __contains__(self, name: object) -> bool:
        return name in self.agents


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _clash(first: AgentDefinition, later: AgentDefinition) -> Problem:
    """Overriding an agent we ship is what the search order is for; any other clash is a mistake."""
    message = f"the name '{later.name}' is taken by {first.path}; this file is not used"
    meant = later.source != first.source
    return Problem(later.path, 1, message, "rename one of them", "note" if meant else "warning")
