"""A run that a playbook takes: the same engine and record, no model asked, resumable anywhere."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from orchestrator.playbooks.format import Playbook
from orchestrator.run import events as ev
from orchestrator.run.definitions import Definitions
from orchestrator.run.engine import Engine
from orchestrator.run.journal import Journal
from orchestrator.run.report import report
from orchestrator.run.setting import Case, Finding
from orchestrator.run.state import State
from orchestrator.toolbox.permissions import Rules
from tests.support.engines import Make, Trial, agent, hand
from trading_tools.audit.event import Event

LOOK = Playbook.model_validate(
    {
        "name": "look-twice",
        "description": "Looks at two things.",
        "agent": "alpha",
        "examples": ["look at fork and knife"],
        "asks": ["look at"],
        "slots": {
            "one": {"type": "text", "named": ["look at #"], "required": True},
            "two": {"type": "text", "named": ["and #"], "required": True, "ask": "the second"},
        },
        "steps": [
            {"id": "first", "tool": "look", "arguments": {"what": "{one}"}},
            {"id": "second", "tool": "look", "arguments": {"what": "{two}"}},
        ],
        "answers": [{"say": ["{first.text} {first.receipt}, {second.text} {second.receipt}"]}],
    }
)
REQUEST = "look at fork and knife"
ALPHA = (agent("alpha"), agent("beta"))


def taken(trial: Make, *steps: Any, asks: str = REQUEST, **given: Any) -> Trial:
    return trial(*steps, asks=asks, playbooks=[LOOK], **{"agents": ALPHA, **given})


def replies(trial: Trial) -> list[Event]:
    return [event for event in trial.ledger.read("trial") if event.kind == "model.replied"]


async def test_a_playbook_answers_with_receipts_and_asks_no_model(trial: Make) -> None:
    one = taken(trial)
    state = await one.drive()
    assert state.closed is not None
    assert state.closed.status == "success"
    first, second = state.receipts
    assert state.closed.result == f"seen: fork [r{first}], seen: knife [r{second}]"
    assert state.chain[0].receipts == (first, second)
    assert one.model.requests == []
    assert state.route is not None
    assert (state.route.playbook, state.route.by, state.route.sure) == (
        "look-twice",
        "playbook",
        True,
    )


async def test_its_turns_are_recorded_as_free_and_as_nobodys(trial: Make) -> None:
    one = taken(trial)
    state = await one.drive()
    recorded = replies(one)
    assert {event.body["model"] for event in recorded} == {"playbook:look-twice"}
    assert {event.body["cost_usd"] for event in recorded} == {"0"}
    usage = report("trial", state, seconds=0, head="", branch=None)["usage"]
    assert (usage["model_calls"], usage["attempts"], usage["output_tokens"]) == (0, 0, 0)
    assert state.spend.cost_usd == Decimal(0)
    assert state.spend.unpriced is False


async def test_it_asks_once_for_what_is_missing_and_goes_on_with_the_answer(trial: Make) -> None:
    one = taken(trial, asks="look at fork")
    state = await one.drive()
    assert state.closed is None
    assert state.question is not None
    assert state.question.text == "Please give the second."
    one.journal.append(ev.QuestionAnswered(state.question.frame, state.question.call, "knife"))
    state = await one.drive()
    assert state.closed is not None
    assert state.closed.status == "success"
    assert "seen: knife" in state.closed.result


async def test_an_answer_that_says_nothing_ends_it_without_a_second_question(trial: Make) -> None:
    one = taken(trial, asks="look at fork")
    state = await one.drive()
    assert state.question is not None
    one.journal.append(
        ev.QuestionAnswered(state.question.frame, state.question.call, "no idea, you decide!")
    )
    state = await one.drive()
    assert state.closed is not None
    assert state.closed.status == "blocked"
    assert "the second" in state.closed.result
    assert one.kinds().count("question.asked") == 1


class Killed(BaseException):
    """The process is gone."""


async def test_killed_after_any_event_before_the_end_it_comes_to_the_same_end(trial: Make) -> None:
    whole = taken(trial)
    state = await whole.drive()
    assert state.closed is not None
    count = state.seq
    for last in range(3, count - 1):
        one = taken(trial)

        def listener(event: Event, _: State, last: int = last) -> None:
            if event.seq == last:
                raise Killed

        with pytest.raises(Killed):
            await Engine(one.setting, Journal(one.ledger, "trial", listener)).drive()
        again = Journal(one.ledger, "trial")
        await Engine(one.setting, again).drive()
        assert again.state.closed is not None
        # A read is made again where its outcome was not recorded, so receipts may move on.
        assert again.state.closed.status == "success"
        assert "seen: fork" in again.state.closed.result
        assert "seen: knife" in again.state.closed.result
        assert one.model.requests == []


async def test_it_goes_on_under_the_playbook_it_was_opened_with(trial: Make) -> None:
    kept = Definitions.from_text(taken(trial).definitions.text)
    assert kept.playbooks == (LOOK,)


async def test_an_ending_that_is_sent_back_ends_blocked_with_the_list(trial: Make) -> None:
    async def never(case: Case) -> Finding:
        del case
        return Finding("never", False, "not so", ("do it better",))

    one = taken(trial, checks=(never,))
    state = await one.drive()
    assert state.closed is not None
    assert state.closed.status == "blocked"
    assert "do it better" in state.closed.result
    assert len(state.acceptance) == 1


async def test_a_tool_error_ends_blocked_and_says_what_the_tool_said(trial: Make) -> None:
    step = LOOK.steps[0].model_copy(update={"tool": "stumble", "arguments": {}})
    broken = LOOK.model_copy(update={"steps": (step, LOOK.steps[1])})
    one = trial(asks=REQUEST, agents=ALPHA, playbooks=[broken])
    state = await one.drive()
    assert state.closed is not None
    assert state.closed.status == "blocked"
    assert "a tool's own fault" in state.closed.result


async def test_permission_rules_hold_for_a_playbook_too(trial: Make) -> None:
    one = taken(trial, rules=Rules.parse(deny=["look"]))
    state = await one.drive()
    assert state.closed is not None
    assert state.closed.status == "blocked"
    assert not state.receipts


async def test_a_playbook_whose_agent_lacks_a_tool_is_not_in_force(trial: Make) -> None:
    one = trial(hand(), asks=REQUEST, agents=(agent("alpha", ["flood"]),), playbooks=[LOOK])
    state = await one.drive()
    assert state.route is not None
    assert state.route.playbook is None


@pytest.mark.parametrize(
    ("given", "playbook"),
    [
        ({"names": "alpha"}, "look-twice"),
        ({"names": "beta"}, None),
        ({"given_model": "claude-opus-5-5"}, None),
        ({"names": "alpha", "given_model": "claude-opus-5-5"}, None),
    ],
)
async def test_who_names_another_agent_or_a_model_wants_no_playbook(
    trial: Make, given: dict[str, str], playbook: str | None
) -> None:
    one = taken(trial, hand(), **given)
    state = await one.drive()
    assert state.route is not None
    assert state.route.playbook == playbook
