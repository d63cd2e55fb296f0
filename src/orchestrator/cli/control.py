"""`orc stop`, `orc approve` and `orc answer`: what a person says to a run from outside.

Only a person may decide: a process that a run started is refused, and an approval comes from a
terminal or with `--yes`.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.descent import inside_a_run
from orchestrator.cli.options import JSON, WORKSPACE
from orchestrator.cli.output import CommandError, emit, leave
from orchestrator.cli.place import Place
from orchestrator.cli.run import Options, go_on
from orchestrator.cli.runs import find_run
from orchestrator.cli.text import unicode_of

if TYPE_CHECKING:
    from orchestrator.run.events import RunEvent
    from orchestrator.run.state import State


@click.command("stop")
@click.argument("run")
@WORKSPACE
@JSON
def stop_command(run: str, workspace: Path | None, as_json: bool) -> None:
    """Stop RUN: its process is told to end, or the standing run is closed.

    A stopped run can be resumed.
    """
    from orchestrator.run.events import RunClosed
    from orchestrator.run.ownership import owner
    from orchestrator.run.report import STOPPED_BY_PERSON

    _only_a_person("stop")
    place = Place.find(workspace)
    name, state = find_run(place, run)
    process = owner(place.state, name)
    if process is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        said = f"told process {process.pid} to stop run {name}"
    elif state.closed is not None:
        said = f"run {name} had ended: {state.closed.status}"
    else:
        _append(place, name, RunClosed("stopped", STOPPED_BY_PERSON, resumable=True))
        said = f"run {name} is stopped"
    told = process.pid if process else None
    emit({"run": name, "stopped": True, "process": told, "said": said}, as_json, lambda: said)


@click.command("approve")
@click.argument("run")
@click.argument("approval")
@click.option("--deny", is_flag=True, help="Say no.")
@click.option("--yes", is_flag=True, help="Without a terminal: a person who has looked says so.")
@click.option("--wait", is_flag=True, help="Only record it; `orc resume` goes on later.")
@WORKSPACE
@JSON
def approve_command(
    run: str,
    approval: str,
    deny: bool,
    yes: bool,
    wait: bool,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Allow (or --deny) the one call of RUN that waits as APPROVAL, then go on with the run."""
    from orchestrator.run.events import ApprovalDecided
    from orchestrator.run.report import open_approval

    _only_a_person("approve")
    place = Place.find(workspace)
    name, state = find_run(place, run)
    asked = open_approval(state)
    if asked is None or asked.request.id != approval:
        what = "is decided or expired" if approval in state.approvals else "is not known"
        fix = f"open is {asked.request.id}" if asked else f"`orc show {name}` says how it stands"
        raise CommandError(f"approval {approval!r} {what}", name, fix)
    _still_open(name, state)
    if datetime.fromisoformat(asked.request.expires_at) <= datetime.now(UTC):
        raise CommandError(
            f"approval {approval} expired at {asked.request.expires_at}",
            name,
            f"`orc resume {name}` tells the agent so",
        )
    at_terminal = sys.stdin.isatty()
    if not (deny or yes or at_terminal):
        raise CommandError(
            "nobody is at a terminal here, and an approval is a person's",
            f"approval {approval} of {name}",
            "approve it at a terminal, or look at what is asked for and add --yes",
        )
    who = f"{getpass.getuser()} by orc approve" + ("" if at_terminal else " without a terminal")
    _append(place, name, ApprovalDecided(approval, not deny, who, asked.request.digest))
    _then(place, name, as_json, wait, "denied" if deny else "approved")


@click.command("answer")
@click.argument("run")
@click.argument("text")
@click.option("--wait", is_flag=True, help="Only record it; `orc resume` goes on later.")
@WORKSPACE
@JSON
def answer_command(run: str, text: str, wait: bool, workspace: Path | None, as_json: bool) -> None:
    """Answer the question that RUN waits for, then go on with the run."""
    from orchestrator.run.events import QuestionAnswered
    from trading_tools.audit.redact import Redactor

    _only_a_person("answer")
    place = Place.find(workspace)
    name, state = find_run(place, run)
    if state.question is None:
        raise CommandError(
            "there is no open question", name, f"`orc show {name}` says how it stands"
        )
    _still_open(name, state)
    if not text.strip():
        raise CommandError("the answer is empty", name, "say something")
    clean = Redactor.from_environment(place.environ).text(unicode_of(text))
    _append(place, name, QuestionAnswered(state.question.frame, state.question.call, clean))
    _then(place, name, as_json, wait, "answered")


def _still_open(name: str, state: State) -> None:
    """A run that a person stopped, or that ended, is not revived by the way."""
    if state.closed is not None:
        fix = f"`orc resume {name}` first" if state.closed.resumable else f"see `orc show {name}`"
        raise CommandError(f"the run has ended: {state.closed.result[:200]}", name, fix)


def _then(place: Place, name: str, as_json: bool, wait: bool, said: str) -> None:
    if wait:
        emit(
            {"run": name, "recorded": said}, as_json, lambda: f"{said}; `orc resume {name}` goes on"
        )
        return
    from orchestrator.models.port import ModelConfigError

    try:
        code = go_on(place, name, Options(as_json=as_json))
    except ModelConfigError as error:
        raise CommandError(
            f"{said}, but the run cannot go on: {error.what}",
            f"run {name}",
            f"{error.fix}; then `orc resume {name}` goes on",
        ) from None
    leave(code)


def _append(place: Place, name: str, event: RunEvent) -> None:
    """Record what a person said; refused while a process drives the run."""
    from orchestrator.run.journal import Journal
    from orchestrator.run.ownership import Owned, owning_everywhere

    try:
        with place.open_ledger() as ledger, owning_everywhere(place.state, name, ledger):
            Journal(ledger, name).append(event, durable=True)
    except Owned as error:
        raise CommandError(str(error), name, "wait until it waits, or `orc stop` it") from None


def _only_a_person(what: str) -> None:
    inside = inside_a_run()
    if inside:
        raise CommandError(
            f"{what} is for a person, and this process belongs to {inside}",
            "orc",
            "decide at your own terminal",
        )
