"""What `orc agents lint` says about agent files: does each load, under which name, what is odd.

Exit codes and printing belong to the command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.agents.definition import Problem
from orchestrator.agents.files import agent_files, is_folder
from orchestrator.agents.loader import load_agent_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True)
class FileReport:
    """One file: `name` is what the agent is called, None where the file does not load."""

    path: Path
    name: str | None
    loads: bool
    problems: tuple[Problem, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing needs mending; a README without frontmatter is clean, though no agent."""
        return all(problem.severity == "note" for problem in self.problems)

    def as_json(self) -> dict[str, Any]:
        """The shape that `orc agents lint --json` prints for a file."""
        return {
            "path": str(self.path),
            "name": self.name,
            "loads": self.loads,
            "problems": [
                {"line": problem.line, "message": problem.message, "fix": problem.fix}
                for problem in self.problems
            ],
        }


def lint_paths(paths: Iterable[Path]) -> list[FileReport]:
    """A report for each file, and for each agent file below each folder; never raises.

    A path that is missing or a folder without agent files gets a report too, so that a wrong
    path cannot look like a clean one. Two files with one name are both reported to load, the
    later one with the warning that it is not used beside the first.
    """
    reports: list[FileReport] = []
    taken: dict[str, Path] = {}
    for path in paths:
        if not is_folder(path):
            reports.append(_report(path, taken))
            continue
        files, problems = agent_files(path)
        reports += [_report(file, taken) for file in files]
        reports += [FileReport(problem.path, None, False, (problem,)) for problem in problems]
        if not files and not problems:
            none = Problem(
                path, 1, "there are no agent files here", "name a folder with *.md files"
            )
            reports.append(FileReport(path, None, False, (none,)))
    return reports


def _report(path: Path, taken: dict[str, Path]) -> FileReport:
    loaded = load_agent_file(path, "project")
    if loaded.definition is None:
        return FileReport(path, None, False, loaded.problems)
    name = loaded.definition.name
    problems = loaded.problems
    first = taken.setdefault(name, path)
    if first != path:
        message = f"the name '{name}' is taken by {first}; only the first found is used"
        problems = (*problems, Problem(path, 1, message, "rename one of them"))
    return FileReport(path, name, True, problems)
