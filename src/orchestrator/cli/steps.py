"""What a person can do next with a run: commands, never run from here."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.cli.text import label, plain
from orchestrator.run.report import DONE
from orchestrator.run.state import State


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and the command that does it."""

    what: str
    command: str


def workspace_of(state: State) -> Mapping[str, Any]:
    """The run's workspace as its opening recorded it; empty for none."""
    return (state.opened.workspace if state.opened else None) or {}


def next_steps(document: Mapping[str, Any], state: State) -> tuple[Step, ...]:
    """The commands that go on from where the run stands, the most pressing first."""
    run = shlex.quote(label(document["run"]))
    return (*_to_go_on(document, state, run), *_to_look(document, state, run))


def _to_go_on(document: Mapping[str, Any], state: State, run: str) -> tuple[Step, ...]:
    wanted = document["waiting_for"]
    if wanted is not None and wanted["kind"] == "approval":
        call = shlex.quote(label(wanted["id"]))
        return (
            Step("approve", f"orc approve {run} {call}"),
            Step("deny", f"orc approve {run} {call} --deny"),
        )
    if wanted is not None:
        return (Step("answer", f"orc answer {run} 'your answer'"),)
    resumable = state.closed is not None and state.closed.resumable
    if resumable or document["status"] == "stopped":
        return (Step("go on", f"orc resume {run}"),)
    if document["status"] == "running":
        return (Step("stop", f"orc stop {run}"),)
    return ()


def _to_look(document: Mapping[str, Any], state: State, run: str) -> tuple[Step, ...]:
    found: list[Step] = []
    workspace = workspace_of(state)
    branch = document["branch"] or workspace.get("branch")
    if state.commits and branch:
        name = shlex.quote(label(str(branch)))
        base = shlex.quote(label(str(workspace.get("base") or "HEAD"))[:12])
        found.append(Step("look", f"git diff {base}..{name}"))
        if document["status"] in DONE:
            found.append(_to_take_over(workspace, base, name))
    elif state.commits and workspace.get("root"):
        found.append(Step("files", plain(str(workspace["root"]))))
    if state.receipts:
        found.append(Step("receipt", f"orc show {run} --receipt {_a_receipt(document, state)}"))
    return tuple(found)


def _to_take_over(workspace: Mapping[str, Any], base: str, name: str) -> Step:
    """A merge, or a patch where the base holds uncommitted work that a merge would commit."""
    hints = workspace.get("merge") or ()
    if hints and not any(" merge " in str(hint) for hint in hints):
        return Step("take", f"git diff --binary {base} {name} | git apply")
    return Step("merge", f"git merge {name}")


def _a_receipt(document: Mapping[str, Any], state: State) -> int:
    cited = [seq for link in document["chain"] for seq in link["receipts"]]
    known = [seq for seq in cited if seq in state.receipts]
    return int(known[-1] if known else list(state.receipts)[-1])
