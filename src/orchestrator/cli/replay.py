"""`orc replay`: a run decided again against what was recorded."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.options import JSON, WORKSPACE
from orchestrator.cli.output import Exit, emit, leave
from orchestrator.cli.place import Place
from orchestrator.cli.runs import find_run, what_was_altered
from orchestrator.cli.text import one_line

if TYPE_CHECKING:
    from orchestrator.run.replaying.replay import Replayed

_SHOWN = 160


@click.command("replay")
@click.argument("run", default="last")
@WORKSPACE
@JSON
def replay_command(run: str, workspace: Path | None, as_json: bool) -> None:
    """Decide RUN again against its recorded replies and outcomes; the events must be the same.

    Nothing is asked, called or written. Exit code 1 where the decisions differ, or where the record
    was altered, so that equal ones prove nothing.
    """
    from orchestrator.catalogue.replays import replay_run

    place = Place.find(workspace)
    name, state = find_run(place, run)
    assert state.opened is not None
    with place.open_ledger(read_only=True) as ledger:
        outcome = asyncio.run(replay_run(ledger, name))
    altered = what_was_altered(place, name)
    found = _document(name, state.opened.version, outcome, altered)
    emit(found, as_json, lambda: _text(found))
    leave(int(Exit.DONE if outcome.same and altered is None else Exit.NEGATIVE))


def _document(
    run: str, recorded_version: str, outcome: Replayed, altered: str | None
) -> dict[str, Any]:
    difference = None if outcome.difference is None else asdict(outcome.difference)
    return {
        "run": run,
        "same": outcome.same,
        "events": outcome.events,
        "of": outcome.of,
        "difference": difference,
        "altered": altered,
        "recorded_version": recorded_version,
        "version": version("trading-orchestrator"),
    }


def _text(found: dict[str, Any]) -> str:
    run, difference = found["run"], found["difference"]
    altered = [f"the record was altered: {found['altered']}"] if found["altered"] else []
    if difference is None:
        same = f"run {run}: all {found['of']} events were decided the same again"
        return "\n".join([same, *altered])
    where = f" at {difference['path']}" if difference["path"] else ""
    lines = [
        f"run {run}: decided the same up to event {found['events']} of {found['of']}, then not:",
        f"  event {difference['seq']}, {difference['kind']}{where}",
        f"  recorded: {one_line(difference['recorded'] or '(nothing)', _SHOWN)}",
        f"  decided:  {one_line(difference['decided'] or '(nothing)', _SHOWN)}",
    ]
    if found["recorded_version"] != found["version"]:
        then, now = found["recorded_version"], found["version"]
        lines.append(f"  recorded under version {then}; this is {now}")
    return "\n".join([*lines, *altered])
