"""Where a run can be forked, and what the fork keeps of its events. Pure.

A fork goes on from a point of another run as if it had been killed there, in a workspace of its own
with the files as they were. Making that workspace and stream is `orchestrator.catalogue.forks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.run import events as ev
from orchestrator.run.definitions import Definitions
from orchestrator.toolbox.tool import Effect
from trading_tools.audit.event import Event

_ENDINGS = frozenset({ev.LimitHit.KIND, ev.RunClosed.KIND})


class NotHere(ValueError):
    """The run cannot be forked at this point; the message says why and where it can be."""


def last_point(events: Sequence[Event]) -> int:
    """The last point that leaves something to do: where the envelope that ended the run is in, the
    one before its agent was asked for it.
    """
    seq = _open_until(events)
    if seq == len(events) or events[seq - 1].kind != ev.HandoffReturned.KIND:
        return seq
    asked = [e.seq for e in events[:seq] if e.kind == ev.TurnStarted.KIND]
    return asked[-1] - 1 if asked else seq


def tree_at(events: Sequence[Event], seq: int) -> str | None:
    """The tree of the workspace after event `seq`; None where nothing had changed the base.

    Raises:
        NotHere: there is no such event, the run was over, or no event tells the tree.
    """
    if not 1 <= seq <= len(events):
        raise NotHere(f"there is no event {seq}; the run has events 1 to {len(events)}")
    if _ended(events[:seq]):
        last = _open_until(events)
        raise NotHere(f"the run had ended by event {seq}; the last open point is {last}")
    known: str | None = None
    changed = False
    writing: set[str] = set()
    for event in events[:seq]:
        match event.kind:
            case ev.ToolIntended.KIND if event.body["effect"] == Effect.WORKSPACE.value:
                writing.add(event.body["call"])
                known, changed = event.body["tree"], False
            case ev.ToolFinished.KIND if event.body["call"] in writing:
                changed = True
            case ev.WorkCommitted.KIND:
                known, changed = event.body["tree"], False
    if not changed:
        return known
    for event in events[seq:]:
        # Nothing but a call changes the files, so what the next one finds is what this one left.
        if tree := event.body.get("tree"):
            return str(tree)
    if any(event.kind == ev.TurnStarted.KIND for event in events[seq:]):
        return known  # the turn ended without a commit: the call had changed nothing
    near = [event.seq for event in events if event.kind == ev.TurnStarted.KIND and event.seq < seq]
    fix = f"the nearest one before it is {near[-1]}" if near else "take an earlier one"
    raise NotHere(f"no event tells what the files were after event {seq}; {fix}")


def forked_opening(
    opened: ev.RunOpened,
    source: Mapping[str, Any],
    workspace: Mapping[str, Any],
    model: str | None,
) -> ev.RunOpened:
    """The opening of a fork: its own workspace, where it comes from, and the model it goes on with.

    Args:
        opened: the parent's opening.
        source: `run`, `seq` and `head` of the last event that is taken from it.
        workspace: the fork's, as `run.opened` keeps it.
        model: what all agents talk to from here on; None: what they did.
    """
    fork = replace(opened, forked_from=dict(source), workspace=dict(workspace))
    if model is None:
        return fork
    kept = Definitions.from_text(opened.definitions)
    agents = {name: replace(agent, model=model) for name, agent in kept.agents.items()}
    return replace(fork, model=model, definitions=replace(kept, agents=agents).text)


def _open_until(events: Sequence[Event]) -> int:
    """The last event before the run's end."""
    seq = len(events)
    while seq > 1 and events[seq - 1].kind in _ENDINGS:
        seq -= 1
    return seq


def _ended(events: Sequence[Event]) -> bool:
    """Whether the run was over and nobody had taken it up again."""
    last = [e.kind for e in events if e.kind in {ev.RunClosed.KIND, ev.RunTaken.KIND}][-1:]
    return last == [ev.RunClosed.KIND]
