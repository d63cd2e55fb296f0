"""Finding a run by what a person types, and its report from the ledger."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from orchestrator.cli.output import CommandError
from orchestrator.cli.place import Place

if TYPE_CHECKING:
    from orchestrator.run.state import State

LAST = "last"


def run_names(place: Place) -> list[str]:
    """All runs of the project, oldest first."""
    from orchestrator.run.events import RunOpened

    with place.open_ledger(read_only=True) as ledger:
        return [info.stream for info in ledger.streams() if info.first_kind == RunOpened.KIND]


def find_run(place: Place, name: str) -> tuple[str, State]:
    """The run that `name` means (its id, an unambiguous beginning, or `last`) and its state.

    Raises:
        CommandError: none or several.
    """
    from orchestrator.run.state import State

    names = run_names(place)
    found = [run for run in names if run == name] or [r for r in names if r.startswith(name)]
    if name == LAST and names:
        found = [names[-1]]
    if len(found) != 1:
        near = found[:5] or difflib.get_close_matches(name, names, n=3) or names[-3:]
        what = f"several runs begin with {name!r}" if found else f"there is no run {name!r}"
        raise CommandError(what, str(place.project), f"near it: {', '.join(near) or 'none'}")
    with place.open_ledger(read_only=True) as ledger:
        return found[0], State.fold(ledger.read(found[0]))


def report_of(place: Place, name: str, *, seconds: float) -> tuple[dict[str, Any], State]:
    """The report of a run and the state behind it."""
    from orchestrator.run.ownership import owner
    from orchestrator.run.report import report

    run, state = find_run(place, name)
    workspace = state.opened.workspace if state.opened else None
    branch = str(workspace["branch"]) if workspace and workspace["branch"] else None
    owned = owner(place.state, run) is not None
    document = report(run, state, seconds=seconds, head=state.head, branch=branch, owned=owned)
    return document, state
