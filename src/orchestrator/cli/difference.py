"""Two runs side by side, for people and for programs: `orc show A --diff B`.

What is compared is `orchestrator.run.difference`; how files differ is `workspace.between`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from orchestrator.cli.marks import (
    BAD,
    CARE,
    GOOD,
    NAME,
    QUIET,
    Marks,
    console_for,
    marks_for,
    print_trimmed,
)
from orchestrator.cli.marks import usd_text as usd
from orchestrator.cli.output import emit
from orchestrator.cli.place import Place
from orchestrator.cli.runs import report_of
from orchestrator.cli.text import counted, label, one_line
from orchestrator.run.difference import parting, side, tools
from orchestrator.run.state import State
from orchestrator.workspace.between import between

_VALUE_CHARACTERS = 60
_REQUEST_CHARACTERS = 200
_FILES_SHOWN = 12


def show_difference(
    place: Place, first: tuple[str, State], second: tuple[str, State], as_json: bool
) -> None:
    """Print how the second run differs from the first."""
    pair = (first, second)
    with place.open_ledger(read_only=True) as ledger:
        events = [ledger.read(name) for name, _ in pair]
    document = {
        "parting": parting(*events),
        "runs": [
            side(report_of(place, name, state), state, recorded)
            for (name, state), recorded in zip(pair, events, strict=True)
        ],
        "tools": tools(first[1], second[1]),
        "files": _files(place, first, second),
    }
    if as_json:
        emit(document, True, str)
    else:
        _print(document)


def _files(
    place: Place, first: tuple[str, State], second: tuple[str, State]
) -> dict[str, Any] | None:
    trees = [_tree(state) for _, state in (first, second)]
    if trees[0] is None or trees[1] is None:
        return None
    names = (first[0], second[0])
    found = between(place.state, names, (trees[0], trees[1]), place.environ)
    if found is None:
        return None
    rows = [
        {"path": one.path, "status": one.status, "added": one.added, "removed": one.removed}
        for one in found.changes
    ]
    return {"changes": rows, "command": found.command}


def _tree(state: State) -> str | None:
    """The files that a run ended with: its last commit's, else those it began with."""
    if state.commits:
        return state.commits[-1].tree
    workspace = state.opened.workspace if state.opened else None
    return str(workspace["base"]) if workspace else None


def _print(document: dict[str, Any]) -> None:
    console = console_for(sys.stdout)
    marks = marks_for(console)
    one, other = document["runs"]
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(width=9, no_wrap=True, style=QUIET)
    table.add_column(ratio=1, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    table.add_row("", Text(label(one["run"]), NAME), Text(label(other["run"]), NAME))
    for name, cells in _rows(one, other, marks):
        table.add_row(name, *cells)
    print_trimmed(console, table)
    for name, lines in (
        ("parts", _parting(document["parting"])),
        ("receipts", [_tool(row) for row in document["tools"]]),
        ("files", _changes(document["files"])),
    ):
        for number, text in enumerate(lines):
            head = Text("\n" if number == 0 else "").append(f"{'' if number else name:<11}", QUIET)
            console.print(head.append_text(text), soft_wrap=True)


def _rows(one: dict[str, Any], other: dict[str, Any], marks: Marks) -> list[tuple[str, list[Text]]]:
    """Each aspect of both runs; one that is the same in both is quiet on the right."""
    rows = []
    for name, left, right in zip(
        ("request", "kind", "agent", "chain", "models", "end", "unmet", "spend"),
        _cells(one, marks),
        _cells(other, marks),
        strict=True,
    ):
        if not left.plain and not right.plain:
            continue
        same = left.plain == right.plain
        rows.append((name, [left, Text("the same", QUIET) if same else right]))
    return rows


def _cells(run: dict[str, Any], marks: Marks) -> list[Text]:
    goes = f" {marks.goes} "
    done = run["status"] in {"success", "complete"}
    style = GOOD if run["verified"] else CARE if done else BAD
    end = f"{label(run['status'])}, {'verified' if run['verified'] else 'not verified'}"
    usage = run["usage"]
    spend = f"{usd(usage['cost_usd'])}, {counted(usage['model_calls'], 'model call')}"
    return [
        Text(one_line(run["request"], _REQUEST_CHARACTERS)),
        Text(label(run["kind"] or "")),
        Text(label(run["agent"] or "")),
        Text(goes.join(label(link["agent"]) for link in run["chain"])),
        Text(", ".join(label(model) for model in run["models"])),
        Text(end, style),
        Text("; ".join(one_line(text, _REQUEST_CHARACTERS) for text in run["unmet"])),
        Text(spend),
    ]


def _parting(found: dict[str, Any]) -> list[Text]:
    if found["seq"] is None:
        return [Text(f"nowhere: all {counted(found['common'], 'event')} say the same")]
    at = f" at {one_line(found['path'], _VALUE_CHARACTERS)}" if found["path"] else ""
    lines = [Text(f"at event {found['seq']}{at}; {found['common']} before it say the same")]
    for event in found["events"]:
        if event is None:
            lines.append(Text("  (no such event)", QUIET))
            continue
        value = event.get("value")
        told = f"  {one_line(value, _VALUE_CHARACTERS)}" if value else ""
        lines.append(Text(f"  {label(event['kind'])}{told}"))
    return lines


def _tool(row: dict[str, Any]) -> Text:
    left, right = row["calls"]
    return Text(
        f"{label(row['tool'])}: {left} and {right} calls, {row['same']} with the same result"
    )


def _changes(files: dict[str, Any] | None) -> list[Text]:
    if files is None:
        return [Text("not compared: those of one run are gone, or it had none", QUIET)]
    changes: Sequence[dict[str, Any]] = files["changes"]
    if not changes:
        return [Text("the same in both")]
    lines = [_change(change) for change in changes[:_FILES_SHOWN]]
    if len(changes) > _FILES_SHOWN:
        lines.append(Text(f"and {counted(len(changes) - _FILES_SHOWN, 'other')}", QUIET))
    return [*lines, Text(files["command"], QUIET)]


def _change(change: dict[str, Any]) -> Text:
    if change["added"] is None:
        counts = Text("binary", QUIET)
    else:
        counts = Text.assemble((f"+{change['added']}", GOOD), " ", (f"-{change['removed']}", BAD))
    return Text.assemble(one_line(change["path"], 200), "  ", counts)
