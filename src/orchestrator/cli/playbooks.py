"""`orc playbooks` and `orc playbooks lint`: what is answered without a model, and what is odd."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.options import JSON
from orchestrator.cli.output import CommandError, Exit, emit, leave
from orchestrator.cli.place import Place
from orchestrator.cli.text import counted, plain
from orchestrator.config.places import PROJECT_PLAYBOOKS

if TYPE_CHECKING:
    from orchestrator.playbooks.library import Library, Shelved
    from orchestrator.playbooks.reading import Loaded


WIDTH = 80
"""Descriptions are broken into lines of so many characters; commands never are."""


@click.group("playbooks", invoke_without_command=True)
@JSON
@click.pass_context
def playbooks_command(context: click.Context, as_json: bool) -> None:
    """List the playbooks: recipes that answer a request without a model."""
    if context.invoked_subcommand is not None:
        return
    place = Place.find()
    library = place.playbooks(place.catalogue())
    data = {
        "playbooks": [_described(one) for one in library],
        "problems": [str(problem) for problem in library.problems],
    }
    emit(data, as_json, lambda: _listed(library))


def _described(one: Shelved) -> dict[str, Any]:
    playbook = one.playbook
    return {
        "name": playbook.name,
        "source": one.source,
        "replaces": one.replaces,
        "agent": playbook.agent,
        "kind": playbook.kind,
        "description": playbook.description,
        "examples": list(playbook.examples),
        "path": str(one.path),
    }


def _listed(library: Library) -> str:
    import shlex
    import textwrap

    lines = []
    for one in library:
        source = f"{one.source}, in place of the {one.replaces} one" if one.replaces else one.source
        lines += [
            f"{one.playbook.name}  ({source}; {one.playbook.agent})",
            textwrap.fill(
                one.playbook.description, WIDTH, initial_indent="  ", subsequent_indent="  "
            ),
            f"  orc run {shlex.quote(one.playbook.examples[0])}",
        ]
    if library.problems:
        lines.append(f"{len(library.problems)} to mend; `orc playbooks lint` shows what")
    return plain("\n".join(lines)) or "no playbooks"


@playbooks_command.command("lint")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH…]")
@JSON
def lint_command(paths: tuple[Path, ...], as_json: bool) -> None:
    """Check playbook files; without PATH those of the project and your own.

    Exit code 1 where a file does not load, could not work beside the agents and tools here, or
    would not take its own examples.
    """
    from orchestrator.catalogue.playbook_library import unsuited
    from orchestrator.playbooks.reading import read_playbook

    place = Place.find()
    agents = place.catalogue()
    loaded = [read_playbook(path) for path in _files(paths or _own_folders(place))]
    found = [(one, (*one.problems, *unsuited(one, agents))) for one in loaded]
    data = {
        "files": [
            {
                "path": str(one.path),
                "name": one.playbook.name if one.playbook else None,
                "loads": one.playbook is not None,
                "problems": [problem.as_json() for problem in problems],
            }
            for one, problems in found
        ]
    }
    lines = [str(problem) for _, problems in found for problem in problems]
    emit(data, as_json, lambda: _told(lines, loaded))
    if lines:
        leave(Exit.NEGATIVE)


def _told(lines: list[str], loaded: list[Loaded]) -> str:
    files = counted(len(loaded), "file")
    return plain("\n".join([*lines, f"{files}: {len(lines)} to mend"]))


def _files(paths: tuple[Path, ...]) -> list[Path]:
    """The playbook files of folders, and what is named as it is."""
    from orchestrator.playbooks.files import files_in

    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise CommandError("is not there", str(path), "name a file or folder")
        found += files_in(path) if path.is_dir() else (path,)
    return found


def _own_folders(place: Place) -> tuple[Path, ...]:
    from orchestrator.playbooks.files import FOLDER

    folders = (place.project / PROJECT_PLAYBOOKS, place.user / FOLDER)
    found = tuple(folder for folder in folders if folder.is_dir())
    if not found:
        raise CommandError("no folder of playbooks", str(place.project), "name a file or folder")
    return found
