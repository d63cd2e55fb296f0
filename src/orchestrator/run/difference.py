"""Where two runs part, and what each of them came to: one JSON document. Pure.

Their files are compared by `orchestrator.workspace.between`; how a person sees it is the command
line's part.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.run.events import RunOpened, TurnStarted
from orchestrator.run.replaying.replay import first_difference
from orchestrator.run.state import State
from trading_tools.audit.event import Event, canonical_json

_OWN: Mapping[str, frozenset[str]] = {
    "run.opened": frozenset({"workspace", "forked_from"}),
    "run.taken": frozenset({"pid", "host"}),
    "tool.intended": frozenset({"key"}),
    "approval.requested": frozenset({"digest", "expires_at"}),
    "approval.decided": frozenset({"digest"}),
}
"""What two runs never have in common though they decide the same: names, places, times."""

_OF_BLOCK: Mapping[str, frozenset[str]] = {
    "tool_use": frozenset({"id"}),
    "tool_result": frozenset({"tool_use_id"}),
    "thinking": frozenset({"signature"}),
}


def parting(one: Sequence[Event], other: Sequence[Event]) -> dict[str, Any]:
    """How many first events say the same, and the first place that does not.

    `common` counts them. `seq`, `path` and `events` (kind and value of both, None where a run has
    no such event) tell the place; they are None where one says all that the other says.
    """
    common = 0
    for first, second in zip(one, other, strict=False):
        found = _differs(first, second)
        if found is not None:
            path, *values = found
            kinds = (first.kind, second.kind)
            events = [
                {"kind": kind, "value": value} for kind, value in zip(kinds, values, strict=True)
            ]
            return {"common": common, "seq": first.seq, "path": path, "events": events}
        common += 1
    if len(one) == len(other):
        return {"common": common, "seq": None, "path": None, "events": None}
    nexts = [run[common] if len(run) > common else None for run in (one, other)]
    events_left = [None if event is None else {"kind": event.kind} for event in nexts]
    return {"common": common, "seq": common + 1, "path": "", "events": events_left}


def side(report: Mapping[str, Any], state: State, events: Sequence[Event]) -> dict[str, Any]:
    """What one run came to, in the terms that two runs are compared by.

    `models` are those that were asked, by name.
    """
    opened, route = state.opened, state.route
    models = {event.body["model"] for event in events if event.kind == TurnStarted.KIND}
    return {
        "run": report["run"],
        "forked_from": dict(opened.forked_from) if opened and opened.forked_from else None,
        "request": opened.request if opened else "",
        "kind": report["kind"],
        "agent": route.agent if route else None,
        "chain": [{"agent": link["agent"], "status": link["status"]} for link in report["chain"]],
        "models": sorted(models),
        "status": report["status"],
        "verified": report["verified"],
        "unmet": report["unmet"],
        "usage": report["usage"],
    }


def tools(one: State, other: State) -> list[dict[str, Any]]:
    """For each tool: how many calls either run made, and how many came to the same in both."""
    results = [_results(state) for state in (one, other)]
    names = sorted({tool for counted in results for tool, _, _ in counted})
    rows = []
    for name in names:
        mine, theirs = (
            Counter({key: n for key, n in counted.items() if key[0] == name}) for counted in results
        )
        calls = [mine.total(), theirs.total()]
        rows.append({"tool": name, "calls": calls, "same": (mine & theirs).total()})
    return rows


def _results(state: State) -> Counter[tuple[str, str, bool]]:
    """The calls that came back, by tool and by what they came to."""
    return Counter((r.tool, r.whole or r.text, r.is_error) for r in state.receipts.values())


def _differs(one: Event, other: Event) -> tuple[str, str | None, str | None] | None:
    if one.kind != other.kind:
        return "", None, None
    names = (one.stream, other.stream)
    return first_difference(_shared(one, names), _shared(other, names))


def _shared(event: Event, names: Sequence[str]) -> Any:
    """What two runs can have in common of an event; either run's name reads `RUN`.

    Both names are taken out of both: a fork has events that name its parent.
    """
    own = _OWN.get(event.kind, frozenset()) | {"call"}
    text = canonical_json({name: value for name, value in event.body.items() if name not in own})
    for name in names:
        text = text.replace(name, "RUN")
    shared = _without_ids(json.loads(text))
    if event.kind == RunOpened.KIND and shared["definitions"]:
        # Kept as one text: taken apart, so that the place says which agent or tool it is.
        shared["definitions"] = json.loads(shared["definitions"])
    return shared


def _without_ids(value: Any) -> Any:
    """The value without what the service makes up anew for each reply: ids and signatures."""
    if isinstance(value, list):
        return [_without_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("type")
    made_up = _OF_BLOCK.get(kind, frozenset()) if isinstance(kind, str) else frozenset()
    return {name: _without_ids(item) for name, item in value.items() if name not in made_up}
