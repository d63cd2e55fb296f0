"""External calls whose outcome a crash left open: what the tool finds out decides."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from orchestrator.run import events as ev
from orchestrator.run.reconciling import OUTCOME_UNKNOWN
from orchestrator.run.state import State
from orchestrator.toolbox.permissions import Rules
from orchestrator.toolbox.tool import Effect, ToolContext, tool
from orchestrator.toolbox.verdicts import Done, NotDone, Unknown, Verdict
from tests.support.engines import Make, Trial, hand, reply, use


@dataclass
class Venue:
    """Answers what it is told to, and keeps what was sent and asked."""

    verdicts: list[Verdict | Exception]
    sent: list[str] = field(default_factory=list)
    asked: list[ToolContext] = field(default_factory=list)

    async def find(self, context: ToolContext, arguments: Mapping[str, Any]) -> Verdict:
        del arguments
        self.asked.append(context)
        verdict = self.verdicts.pop(0)
        if isinstance(verdict, Exception):
            raise verdict
        return verdict


@tool(effect=Effect.EXTERNAL)
def place(context: ToolContext, order: str) -> str:
    """Place an order."""
    context.service(Venue).sent.append(order)
    return f"accepted {order}"


def crashed(trial: Make, venue: Venue, *, allowed: bool = True) -> Trial:
    """A run whose order was begun when its process died, taken up again."""
    with_reconcile = replace(place, reconcile=venue.find, timeout_s=0.2)
    rules = Rules.parse(defaults={"place": "allow" if allowed else "ask"})
    one = trial(hand(), tools={"place": with_reconcile}, rules=rules)
    one.setting = replace(one.setting, services={Venue: venue})
    content = reply(use("place", "p1", order="o1")).content
    usage = {"input_tokens": 1, "output_tokens": 1}
    first = {"type": "text", "text": "do the thing"}
    for event in (
        ev.TurnStarted(0, 1, "m", 100, (first,)),
        ev.ModelReplied(0, 1, tuple(content), "tool_use", "m", usage, 1, "0"),
        ev.ToolIntended(0, "p1", "place", {"order": "o1"}, "external", 1, "trial:p1"),
        ev.RunTaken(2, 2, "here"),
    ):
        one.journal.append(event)
    return one


def results(state: State) -> list[str]:
    return [receipt.text for receipt in state.receipts.values()]


async def test_what_was_done_is_taken_as_the_result(trial: Make) -> None:
    venue = Venue([Done("accepted o1 earlier")])
    one = crashed(trial, venue)
    state = await one.drive()
    assert (venue.sent, results(state)) == ([], ["accepted o1 earlier"])
    assert one.kinds().count("tool.intended") == 1
    assert one.kinds().index("tool.reconciled") + 1 == one.kinds().index("tool.finished")


async def test_the_tool_is_asked_with_the_first_key_and_the_time_of_the_attempt(
    trial: Make,
) -> None:
    venue = Venue([Done("accepted o1")])
    one = crashed(trial, venue)
    one.clock.now_s += 60
    state = await one.drive()
    (context,) = venue.asked
    assert context.key == "trial:p1"
    assert context.begun_at == datetime.fromisoformat(state.intended_at["p1"])
    assert context.begun_at == one.clock.utc() - timedelta(seconds=60)


async def test_what_certainly_had_no_effect_is_a_new_attempt(trial: Make) -> None:
    venue = Venue([NotDone("-1021: outside of recv_window")])
    state = await crashed(trial, venue).drive()
    assert (venue.sent, results(state)) == (["o1"], ["accepted o1"])
    assert state.intents["p1"][1].attempt == 2
    assert state.intents["p1"][1].key == "trial:p1"


async def test_a_new_attempt_needs_a_new_approval_where_the_rules_ask(trial: Make) -> None:
    venue = Venue([NotDone("-1021"), NotDone("-1021")])
    one = crashed(trial, venue, allowed=False)
    state = await one.drive()
    asked = state.approvals["a1"].request
    assert venue.sent == []
    assert "certainly had no effect (-1021)" in asked.why
    one.journal.append(ev.ApprovalDecided("a1", True, "me", asked.digest))
    one.journal.append(ev.RunTaken(3, 3, "here"))
    state = await one.drive()
    assert venue.sent == ["o1"]


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        (Unknown("the venue is down"), "the venue is down"),
        (ConnectionError("refused"), "ConnectionError: refused"),
    ],
)
async def test_what_cannot_be_found_out_waits_for_a_person(
    trial: Make, verdict: Verdict | Exception, told: str
) -> None:
    venue = Venue([verdict])
    state = await crashed(trial, venue).drive()
    asked = state.approvals["a1"].request
    assert venue.sent == []
    assert OUTCOME_UNKNOWN in asked.why
    assert told in asked.why
    assert state.closed is None


async def test_a_reconcile_that_takes_too_long_has_found_out_nothing(trial: Make) -> None:
    venue = Venue([])

    async def hang(context: ToolContext, arguments: Mapping[str, Any]) -> Verdict:
        await asyncio.Event().wait()
        return Done("never")

    one = crashed(trial, venue)
    hanging = replace(one.setting.tools["place"], reconcile=hang)
    one.setting = replace(one.setting, tools={"place": hanging})
    state = await one.drive()
    assert "took longer than 0.2 s" in state.approvals["a1"].request.why


async def test_what_a_person_allowed_is_not_done_once_it_is_found_done(trial: Make) -> None:
    venue = Venue([Unknown("down"), Done("accepted o1 earlier")])
    one = crashed(trial, venue)
    state = await one.drive()
    digest = state.approvals["a1"].request.digest
    one.journal.append(ev.ApprovalDecided("a1", True, "me", digest))
    one.journal.append(ev.RunTaken(3, 3, "here"))
    state = await one.drive()
    assert (venue.sent, results(state)) == ([], ["accepted o1 earlier"])


async def test_an_agent_hears_that_a_denied_call_may_have_been_made(trial: Make) -> None:
    venue = Venue([Unknown("down"), Unknown("down")])
    one = crashed(trial, venue)
    state = await one.drive()
    digest = state.approvals["a1"].request.digest
    one.journal.append(ev.ApprovalDecided("a1", False, "me", digest))
    one.journal.append(ev.RunTaken(3, 3, "here"))
    await one.drive()
    assert venue.sent == []
    assert "may have taken effect" in str(one.model.requests[-1].messages[-1])


async def test_a_tool_that_is_gone_is_refused_and_its_attempt_named(trial: Make) -> None:
    one = crashed(trial, Venue([]))
    one.setting = replace(one.setting, tools={})
    await one.drive()
    heard = str(one.model.requests[-1].messages[-1])
    assert "not part of this installation" in heard
    assert "may have taken effect" in heard


async def test_a_tool_that_takes_other_arguments_now_is_refused_with_what_it_takes(
    trial: Make,
) -> None:
    @tool(effect=Effect.EXTERNAL, name="place")
    def changed(order: str, venue: str) -> str:
        """Place an order somewhere."""
        raise AssertionError(f"{order} at {venue}")

    one = crashed(trial, Venue([]))
    one.setting = replace(one.setting, tools={"place": changed})
    await one.drive()
    heard = str(one.model.requests[-1].messages[-1])
    assert "place has changed since this run was opened" in heard
    assert "venue" in heard
