"""`orc agents` and `orc agents lint`: who there is, and what is odd in their files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.options import JSON
from orchestrator.cli.output import CommandError, Exit, emit, leave
from orchestrator.cli.place import Place

if TYPE_CHECKING:
    from orchestrator.agents.definition import AgentDefinition
    from orchestrator.agents.lint import FileReport

_OF_EVERY_AGENT = ("hand_off", "ask_user")
"""Tools that the engine has itself; they are in no catalogue."""


@click.group("agents", invoke_without_command=True)
@click.option("--calibration", is_flag=True, help="What their confidence was worth so far.")
@JSON
@click.pass_context
def agents_command(context: click.Context, calibration: bool, as_json: bool) -> None:
    """List the specialists that may be used here."""
    if context.invoked_subcommand is not None:
        return
    if calibration:
        from orchestrator.cli.calibration import tell_calibration

        tell_calibration(Place.find(), as_json)
        return
    catalogue = Place.find().catalogue()
    agents = list(catalogue)
    problems = [str(problem) for problem in catalogue.problems if problem.severity != "note"]
    data = {"agents": [_described(agent) for agent in agents], "problems": problems}

    def text() -> str:
        from orchestrator.cli.columns import columns

        rows = [
            (
                agent.name,
                agent.source,
                agent.model or "default",
                "all" if agent.tools is None else str(len(agent.tools)),
                agent.description,
            )
            for agent in agents
        ]
        table = columns(rows, ("NAME", "SOURCE", "MODEL", "TOOLS", "DESCRIPTION"))
        if not problems:
            return table or "no agents"
        return f"{table}\n\n{len(problems)} to mend; `orc agents lint` shows what"

    emit(data, as_json, text)


def _described(agent: AgentDefinition) -> dict[str, Any]:
    return {
        "name": agent.name,
        "source": agent.source,
        "model": agent.model,
        "tools": None if agent.tools is None else list(agent.tools),
        "description": agent.description,
        "path": str(agent.path),
    }


@agents_command.command("lint")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH…]")
@JSON
def lint_command(paths: tuple[Path, ...], as_json: bool) -> None:
    """Check agent files; without PATH those of the project and your own.

    Exit code 1 where a file does not load or something in it is worse than a note.
    """
    from orchestrator.agents.lint import lint_paths

    place = Place.find()
    reports = [_beyond_the_file(report) for report in lint_paths(paths or _own_folders(place))]
    data = {"files": [report.as_json() for report in reports]}
    emit(data, as_json, lambda: _told(reports))
    if not all(report.clean for report in reports):
        leave(Exit.NEGATIVE)


def _beyond_the_file(report: FileReport) -> FileReport:
    """The report with what only shows beside our tools: names that none of them answers to."""
    from orchestrator.agents.definition import Problem
    from orchestrator.agents.loader import load_agent_file
    from orchestrator.catalogue.tools import all_tools
    from orchestrator.toolbox.aliases import is_alias, is_missing_here
    from orchestrator.toolbox.permissions import granted

    agent = load_agent_file(report.path, "project").definition if report.loads else None
    if agent is None:
        return report
    found: list[Problem] = []
    _, unknown = granted(agent.tools, agent.disallowed_tools, {*all_tools(), *_OF_EVERY_AGENT})
    # Servers bring tools of their own, and which ones shows only when they run.
    named = [name for name in unknown if not name.casefold().startswith("mcp__")]
    elsewhere = [name for name in named if is_missing_here(name)]
    wrong = [name for name in named if name not in elsewhere and not is_alias(name)]
    if wrong:
        message = f"no tool answers to {', '.join(map(repr, wrong))}"
        fix = "`orc tools` lists the names; leave out the others"
        found.append(Problem(report.path, _line_of(report.path, wrong[0]), message, fix))
    if elsewhere:
        message = f"not to be had here: {', '.join(map(repr, elsewhere))}, of Claude Code"
        line = _line_of(report.path, elsewhere[0])
        found.append(Problem(report.path, line, message, "none needed", "note"))
    told = any("no instructions" in problem.message for problem in report.problems)
    if not told and not _instructs(agent.prompt):
        message = "there are no instructions below the heading"
        fix = "write what the agent should know and do"
        found.append(Problem(report.path, 1, message, fix))
    return replace(report, problems=(*report.problems, *found))


def _line_of(file: Path, name: str) -> int:
    """The first line with that name; 1 where none has it as such."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if name in line), 1)


def _instructs(prompt: str) -> bool:
    return any(line.strip() and not line.startswith("#") for line in prompt.splitlines())


def _own_folders(place: Place) -> tuple[Path, ...]:
    folders = [place.project / "agents", place.project / ".claude" / "agents"]
    found = tuple(folder for folder in [*folders, place.user / "agents"] if folder.is_dir())
    if not found:
        raise CommandError("no folder of agents", str(place.project), "name a file or folder")
    return found


def _told(reports: list[FileReport]) -> str:
    from orchestrator.cli.text import plain

    lines = [
        plain(f"{found.path}:{found.line}: {found.severity}: {found.message}; {found.fix}")
        for report in reports
        for found in report.problems
    ]
    loading = sum(report.loads for report in reports)
    faulty = sum(not report.clean for report in reports)
    files = "1 file" if len(reports) == 1 else f"{len(reports)} files"
    lines.append(f"{files}: {loading} load, {faulty} to mend")
    return "\n".join(lines)
