"""Finding a run by what a person types, and its report from the ledger."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from orchestrator.cli.output import CommandError, say
from orchestrator.cli.place import Place

if TYPE_CHECKING:
    from orchestrator.run.state import State
    from trading_tools.audit.ledger import Ledger, StreamInfo

LAST = "last"


def runs_in(ledger: Ledger) -> list[StreamInfo]:
    """All runs of a ledger, oldest first."""
    from orchestrator.run.events import RunOpened

    return [info for info in ledger.streams() if info.first_kind == RunOpened.KIND]


def states_in(ledger: Ledger, infos: Iterable[StreamInfo]) -> Iterator[tuple[StreamInfo, State]]:
    """The states of runs; one that cannot be read is told on stderr and left out."""
    from orchestrator.run.reading import Unreadable
    from orchestrator.run.state import State
    from trading_tools.audit.errors import BlobMissing

    for info in infos:
        try:
            state = State.fold(ledger.read(info.stream))
        except (Unreadable, BlobMissing) as error:
            say(f"left out: {error}")
        else:
            yield info, state


def what_was_altered(place: Place, run: str) -> str | None:
    """What was done to the record of a run; None where its chain of hashes holds."""
    from trading_tools.audit.errors import Altered
    from trading_tools.audit.verify import require_unaltered

    with place.open_ledger(read_only=True) as ledger:
        try:
            require_unaltered(ledger, run)
        except Altered as error:
            return str(error)
    return None


def is_owned(place: Place, run: str) -> bool:
    """Whether a process works on the run right now."""
    from orchestrator.run.ownership import owner

    if owner(place.state, run) is not None:
        return True
    if place.ledger_url is None:
        return False
    with place.open_ledger(read_only=True) as ledger:
        return ledger.holder(run) is not None


def is_review(place: Place, name: str) -> bool:
    """Whether `name` is that of a review by specialists."""
    from orchestrator.catalogue.specialists.record import reviews_in

    if not place.has_ledger():
        return False
    with place.open_ledger(read_only=True) as ledger:
        return name in reviews_in(ledger)


def find_run(place: Place, name: str) -> tuple[str, State]:
    """The run that `name` means (its id, an unambiguous beginning, or `last`) and its state.

    Raises:
        CommandError: none or several.
    """
    from orchestrator.run.state import State

    if is_review(place, name):
        fix = f"`orc show {name}` tells it, `orc review --resume {name}` goes on"
        raise CommandError(f"{name} is a review by several runs", str(place.project), fix)
    with place.open_ledger(read_only=True) as ledger:
        names = [info.stream for info in runs_in(ledger)]
    found = [run for run in names if run == name] or [r for r in names if r.startswith(name)]
    if name == LAST and names:
        found = [names[-1]]
    if len(found) != 1:
        raise _not_one(name, found, names, str(place.project))
    with place.open_ledger(read_only=True) as ledger:
        return found[0], State.fold(ledger.read(found[0]))


def _not_one(name: str, found: list[str], names: list[str], where: str) -> CommandError:
    """No run or several are meant; of those to choose from the nearest, else the last ones."""
    if found:
        what = f"several runs begin with {name!r}"
        return CommandError(what, where, f"among them: {', '.join(found[:5])}")
    near = difflib.get_close_matches(name, names, n=3)
    fix = f"near it: {', '.join(near)}" if near else f"the last ones: {', '.join(names[-3:])}"
    return CommandError(
        f"there is no run {name!r}", where, fix if names else "there are no runs yet"
    )


def report_of(place: Place, run: str, state: State) -> dict[str, Any]:
    """The report of a run, from the state that `find_run` gave."""
    from orchestrator.run.report import left_nothing, report

    owned = is_owned(place, run)
    workspace = (state.opened.workspace if state.opened else None) or {}
    end = datetime.now(UTC) if owned else datetime.fromisoformat(state.last_at)
    seconds = (end - datetime.fromisoformat(state.opened_at)).total_seconds()
    return report(
        run,
        state,
        seconds=max(seconds, 0.0),
        head=state.head,
        branch=None if left_nothing(state) else workspace.get("branch"),
        owned=owned,
    )
