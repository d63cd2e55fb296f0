"""`orc show` and `orc runs`: what the ledger says of runs, for people and for programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.options import JSON, WORKSPACE
from orchestrator.cli.output import CommandError, Exit, emit, leave, say
from orchestrator.cli.place import Place
from orchestrator.cli.runs import (
    find_run,
    is_owned,
    is_review,
    report_of,
    runs_in,
    states_in,
    what_was_altered,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.run.state import State
    from trading_tools.audit.event import Event


@click.command("show")
@click.argument("run", default="last")
@click.option("--events", is_flag=True, help="Everything that happened, in order.")
@click.option("--receipt", type=int, metavar="N", help="What call N came to, whole.")
@click.option("--diff", "other", metavar="RUN", help="Where another run differs from this one.")
@WORKSPACE
@JSON
def show_command(
    run: str,
    events: bool,
    receipt: int | None,
    other: str | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """What RUN did: chain, checks, receipts, spend, and how to look at its change.

    RUN is an id, the beginning of one, or `last` (also where it is left out); the id of a review by
    specialists shows what that found. Exit code 1 where the ledger's record of it was altered.
    """
    if events + (receipt is not None) + (other is not None) > 1:
        what = "--events, --receipt and --diff exclude each other"
        raise CommandError(what, "orc show", "choose one")
    place = Place.find(workspace)
    if not (events or receipt is not None or other is not None) and is_review(place, run):
        from orchestrator.cli.review_agents import show_review

        _leave_where_altered(place, show_review(place, run, as_json))
        return
    name, state = find_run(place, run)
    shown = [name]
    if other is not None:
        from orchestrator.cli.difference import show_difference

        second = find_run(place, other)
        shown.append(second[0])
        show_difference(place, (name, state), second, as_json)
    elif receipt is not None:
        _show_receipt(place, name, state, receipt, as_json)
    elif events:
        _show_events(place, name, as_json)
    else:
        _show_report(place, name, state, as_json)
    _leave_where_altered(place, shown)


def _leave_where_altered(place: Place, streams: Sequence[str]) -> None:
    if altered := [found for one in streams if (found := what_was_altered(place, one))]:
        say("\n".join(f"orc: {found}" for found in altered))
        leave(int(Exit.NEGATIVE))


@click.command("runs")
@click.option("--limit", type=click.IntRange(1), default=30, metavar="N", help="Most to list: 30.")
@WORKSPACE
@JSON
def runs_command(limit: int, workspace: Path | None, as_json: bool) -> None:
    """The runs of this project, the newest first."""
    from orchestrator.cli.listing import print_runs, summary

    place = Place.find(workspace)
    rows: list[dict[str, Any]] = []
    left_out = 0
    if place.has_ledger():
        with place.open_ledger(read_only=True) as ledger:
            found = runs_in(ledger)[::-1]
            left_out = max(len(found) - limit, 0)
            for info, state in states_in(ledger, found[:limit]):
                rows.append(summary(info, state, owned=is_owned(place, info.stream)))
    if as_json:
        emit(rows, True, str)
    else:
        print_runs(rows)
    if left_out:
        say(f"{left_out} older; `orc runs --limit {limit + left_out}` lists them all")


def _show_report(place: Place, name: str, state: State, as_json: bool) -> None:
    from orchestrator.cli.view import print_report
    from orchestrator.run.spending import spend_table

    document = report_of(place, name, state)
    if as_json:
        emit({**document, "spend": spend_table(state).body()}, True, str)
    else:
        print_report(document, state)


def _show_events(place: Place, name: str, as_json: bool) -> None:
    from orchestrator.cli.listing import print_timeline

    with place.open_ledger(read_only=True) as ledger:
        recorded = ledger.read(name)
    if as_json:
        emit({"run": name, "events": [_event(event) for event in recorded]}, True, str)
    else:
        print_timeline(recorded)


def _show_receipt(place: Place, name: str, state: State, number: int, as_json: bool) -> None:
    from orchestrator.cli.listing import print_receipt

    receipt = state.receipts.get(number)
    if receipt is None:
        near = sorted(state.receipts, key=lambda seq: abs(seq - number))[:5]
        listed = ", ".join(f"r{seq}" for seq in sorted(near))
        fix = f"near it: {listed}" if near else "the run made no call"
        raise CommandError(f"there is no receipt {number}", name, fix)
    text = receipt.text
    if receipt.whole is not None:
        with place.open_ledger(read_only=True) as ledger:
            text = ledger.get_text(receipt.whole)
    if not as_json:
        print_receipt(receipt, text)
        return
    document = {
        "run": name,
        "receipt": number,
        "agent": receipt.agent,
        "tool": receipt.tool,
        "arguments": receipt.arguments,
        "is_error": receipt.is_error,
        "text": text,
        "data": receipt.data,
    }
    emit(document, True, str)


def _event(event: Event) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "at": event.at,
        "kind": event.kind,
        "body": event.body,
        "hash": event.hash,
    }
