"""Events that this version cannot read: one clear line, never a trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from orchestrator.run.definitions import Definitions
from orchestrator.run.events import RunOpened, RunTaken, to_body
from orchestrator.run.limits import Limits
from orchestrator.run.reading import NotKept, Unreadable
from orchestrator.run.state import State
from trading_tools.audit.event import Event

OPENED = to_body(RunOpened("hello", None, None, None, {}, {}, None, "{}", "0.1"))
TAKEN = to_body(RunTaken(1, 4711, "desk"))


def event(seq: int, kind: str, body: Mapping[str, Any]) -> Event:
    return Event("a-run", seq, "2026-01-01T00:00:00.000000Z", kind, 1, "sha256", "", body, "", "")


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in TAKEN.items() if key != name}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({**TAKEN, "mood": "calm"}, "this version knows no field 'mood'"),
        (without("pid"), "the field 'pid' is missing"),
        ({**TAKEN, "epoch": "one"}, "the field 'epoch' is 'one'"),
        ({**TAKEN, "epoch": True}, "the field 'epoch' is True"),
        ({**TAKEN, "limits": ["x"]}, "the field 'limits' is ['x']"),
    ],
)
def test_a_body_that_is_not_of_its_kind_is_refused_by_run_event_and_field(
    body: dict[str, Any], told: str
) -> None:
    with pytest.raises(Unreadable, match=r"run a-run: event 2 \(run.taken\)") as refused:
        State.fold([event(1, "run.opened", OPENED), event(2, "run.taken", body)])
    assert told in str(refused.value)


def test_an_older_body_without_the_fields_that_came_later_is_read() -> None:
    state = State.fold([event(1, "run.opened", OPENED), event(2, "run.taken", without("offline"))])
    assert state.epoch == 1


def test_an_unknown_kind_is_passed_over() -> None:
    state = State.fold([event(1, "run.opened", OPENED), event(2, "run.dreamt", {"of": 1})])
    assert state.seq == 2


def test_events_without_their_opening_are_refused() -> None:
    with pytest.raises(Unreadable, match="a run begins with its opening"):
        State.fold([event(1, "run.taken", TAKEN)])


def test_an_event_that_follows_from_nothing_is_refused() -> None:
    turn = {
        "frame": 9,
        "turn": 1,
        "model": "m",
        "new": [],
        "max_tokens": 1,
        "context_editing": False,
    }
    with pytest.raises(Unreadable, match="does not follow from those before"):
        State.fold([event(1, "run.opened", OPENED), event(2, "turn.started", turn)])


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"agents": {"a": {"mood": 1}}}'])
def test_definitions_of_another_form_are_refused(text: str) -> None:
    with pytest.raises(NotKept, match="agents and tools of the run"):
        Definitions.from_text(text)


def test_limits_of_another_form_are_refused() -> None:
    with pytest.raises(NotKept, match="limits of the run"):
        Limits.from_body({"hops": "many"})
