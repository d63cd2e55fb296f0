"""Where a handoff moves the chain of command."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.protocol.handoff import Handoff, Status
from orchestrator.protocol.parsing import parse_handoff
from orchestrator.protocol.stack import (
    MAX_DEPTH,
    Called,
    ChainEndedError,
    Ended,
    Frame,
    Move,
    NeedsRouter,
    Passed,
    Refused,
    Returned,
    Stack,
    advance,
    with_helper,
)


def hand(status: Status, next_agent: str | None = None) -> Handoff:
    return Handoff(status=status, result="r", next_agent=next_agent, confidence=0.5, reasoning="w")


def go(stack: Stack, status: Status, next_agent: str | None = None, **told: Any) -> Move:
    return advance(
        stack,
        hand(status, next_agent),
        call=told.get("call", "toolu_1"),
        receipts=told.get("receipts", 0),
    )


def calling(*agents: str) -> Stack:
    """A stack where each agent waits for the next."""
    stack = Stack.opened_with(agents[0])
    for number, agent in enumerate(agents[1:]):
        stack = go(stack, "needs_help", agent, call=f"toolu_{number}").stack
    return stack


def test_success_of_the_only_agent_ends_the_chain() -> None:
    move = go(Stack.opened_with("a"), "success")
    assert isinstance(move, Ended)
    assert (move.status, move.noted, move.stack.depth) == ("success", None, 0)


def test_success_below_the_top_answers_the_call_of_who_asked() -> None:
    move = go(calling("a", "b"), "success")
    assert isinstance(move, Returned)
    assert move.to.agent == "a"
    assert move.call == "toolu_0"
    assert move.stack.top == move.to


def test_success_with_a_next_agent_passes_the_work_on_and_nobody_waits() -> None:
    move = go(Stack.opened_with("a"), "success", "b")
    assert isinstance(move, Passed)
    assert move.stack.agents == ("b",)
    assert (move.frame.id, move.frame.caller, move.frame.pending_call) == (1, None, None)


def test_who_takes_over_answers_whom_the_passing_frame_owed() -> None:
    move = go(calling("a", "b"), "success", "c", call="toolu_9")
    assert isinstance(move, Passed)
    assert (move.frame.caller, move.frame.pending_call) == (0, "toolu_0")
    back = go(move.stack, "success")
    assert isinstance(back, Returned)
    assert (back.to.agent, back.call) == ("a", "toolu_0")


@pytest.mark.parametrize("status", ["needs_help", "blocked"])
def test_asking_a_named_agent_calls_it_and_waits(status: Status) -> None:
    move = go(Stack.opened_with("a"), status, "b", call="toolu_7")
    assert isinstance(move, Called)
    assert move.stack.agents == ("a", "b")
    assert (move.frame.caller, move.frame.pending_call) == (0, "toolu_7")


def test_an_answer_to_a_text_handoff_comes_back_without_a_call() -> None:
    called = go(Stack.opened_with("a"), "needs_help", "b", call=None)
    move = go(called.stack, "success")
    assert isinstance(move, Returned)
    assert move.call is None


def test_help_from_nobody_in_particular_is_the_router_s_choice_among_those_not_waiting() -> None:
    move = go(calling("a", "b"), "needs_help")
    assert isinstance(move, NeedsRouter)
    assert move.excluding == {"a", "b"}
    picked = with_helper(move.stack, move.handoff, "c", call="toolu_5", receipts=0)
    assert isinstance(picked, Called)
    assert (picked.frame.agent, picked.frame.pending_call) == ("c", "toolu_5")


def test_where_no_helper_is_left_the_agent_is_blocked() -> None:
    at_the_top = with_helper(
        Stack.opened_with("a"), hand("needs_help"), None, call=None, receipts=0
    )
    assert isinstance(at_the_top, Ended)
    assert at_the_top.status == at_the_top.handoff.status == "blocked"
    assert at_the_top.noted is not None
    below = with_helper(calling("a", "b"), hand("needs_help"), None, call=None, receipts=0)
    assert isinstance(below, Returned)
    assert below.handoff.status == "blocked"


def test_blocked_goes_up_to_who_asked_and_at_the_top_ends_the_run() -> None:
    up = go(calling("a", "b"), "blocked")
    assert isinstance(up, Returned)
    assert up.to.agent == "a"
    end = go(up.stack, "blocked")
    assert isinstance(end, Ended)
    assert end.status == "blocked"


def test_complete_ends_the_chain() -> None:
    move = go(Stack.opened_with("a"), "complete")
    assert isinstance(move, Ended)
    assert move.status == "complete"


def test_complete_while_someone_waits_is_read_as_success_and_noted() -> None:
    move = go(calling("a", "b"), "complete")
    assert isinstance(move, Returned)
    assert move.handoff.status == "success"
    assert move.noted == "b said complete while a waits: read as success"


def test_complete_after_a_pass_with_nobody_waiting_still_ends_the_chain() -> None:
    passed = go(Stack.opened_with("a"), "success", "b")
    assert isinstance(go(passed.stack, "complete"), Ended)


def test_complete_with_a_next_agent_is_refused_even_if_it_was_never_validated() -> None:
    wrong = hand("complete").model_copy(update={"next_agent": "b"})
    stack = Stack.opened_with("a")
    move = advance(stack, wrong, call=None, receipts=0)
    assert isinstance(move, Refused)
    assert move.stack == stack


def test_an_agent_already_on_the_stack_gets_a_frame_of_its_own() -> None:
    move = go(calling("a", "b"), "needs_help", "a")
    assert isinstance(move, Called)
    assert move.stack.agents == ("a", "b", "a")
    assert len({frame.id for frame in move.stack.frames}) == 3


@pytest.mark.parametrize("next_agent", ["x", None])
def test_the_ninth_frame_is_refused(next_agent: str | None) -> None:
    stack = calling(*"abcdefgh")
    assert stack.depth == MAX_DEPTH
    move = go(stack, "needs_help", next_agent)
    assert isinstance(move, Refused)
    assert "8 agents" in move.reason
    assert isinstance(go(stack, "success", "x"), Passed)


def test_a_helper_that_came_back_blocked_is_not_called_again_until_receipts_change() -> None:
    back = go(calling("a", "b"), "blocked", receipts=3)
    again = go(back.stack, "needs_help", "b", receipts=3)
    assert isinstance(again, Refused)
    assert "b came back blocked" in again.reason
    assert isinstance(go(back.stack, "needs_help", "c", receipts=3), Called)
    assert isinstance(go(back.stack, "needs_help", "b", receipts=4), Called)
    router = go(back.stack, "needs_help", receipts=3)
    assert isinstance(router, NeedsRouter)
    assert router.excluding == {"a", "b"}


def test_another_frame_may_still_call_that_helper() -> None:
    back = go(calling("a", "b"), "blocked")
    other = go(back.stack, "needs_help", "c")
    assert isinstance(go(other.stack, "needs_help", "b"), Called)


def test_a_helper_that_passed_the_work_on_before_it_was_blocked_counts_as_blocked_too() -> None:
    passed = go(calling("a", "b"), "success", "c")
    back = go(passed.stack, "blocked")
    assert isinstance(go(back.stack, "needs_help", "b"), Refused)
    assert isinstance(go(back.stack, "needs_help", "c"), Refused)


def test_a_chain_that_has_ended_takes_no_handoff() -> None:
    with pytest.raises(ChainEndedError):
        go(go(Stack.opened_with("a"), "success").stack, "success")


FIRST_EXAMPLES = [
    # The shapes of the protocol's three founding examples, and where each moves the chain.
    (
        {
            "status": "success",
            "result": "A perpetuals connector that builds 30-second candles runs on two symbols.",
            "next_agent": None,
            "context_forward": {},
            "confidence": 1.0,
            "reasoning": "Built and tested.",
        },
        Ended,
    ),
    (
        {
            "status": "needs_help",
            "result": "The momentum logic stands; ten sockets need one limiter.",
            "next_agent": "api-expert",
            "context_forward": {
                "exchange": "bybit",
                "connections": 10,
                "rate_limit": "100/min",
                "endpoints": ["orderbook", "trades", "kline"],
            },
            "confidence": 0.9,
            "reasoning": "Connection pools are API work.",
        },
        Called,
    ),
    (
        {
            "status": "needs_help",
            "result": "Kelly sizing with a cap on the risk of a trade; the formula wants a check.",
            "next_agent": "trading-logic-validator",
            "context_forward": {
                "formula": "kelly_fraction = (p * b - q) / b",
                "max_risk": 0.02,
                "win_rate": 0.65,
                "risk_reward": 1.5,
            },
            "confidence": 0.75,
            "reasoning": "The formula is to be validated.",
        },
        Called,
    ),
]


@pytest.mark.parametrize(("fields", "move"), FIRST_EXAMPLES)
def test_the_founding_examples_are_valid_and_move_the_chain_as_the_table_says(
    fields: dict[str, Any], move: type[Move]
) -> None:
    parsed = parse_handoff(fields, ("api-expert", "trading-logic-validator"))
    assert parsed.repairs == ()
    stack = Stack.opened_with("python-trading-expert")
    moved = advance(stack, parsed.handoff, call="toolu_1", receipts=0)
    assert isinstance(moved, move)
    if isinstance(moved, Called):
        assert moved.frame.agent == fields["next_agent"]


steps = st.tuples(
    st.sampled_from(["success", "needs_help", "blocked", "complete"]),
    st.none() | st.sampled_from("abcd"),
    st.integers(0, 2),
    st.booleans(),
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.lists(steps, max_size=60))
def test_every_called_frame_is_answered_exactly_once_or_the_run_ends(
    script: list[tuple[Status, str | None, int, bool]],
) -> None:
    stack = Stack.opened_with("a")
    owed: list[str | None] = []
    highest = 0
    for number, (status, next_agent, receipts, by_text) in enumerate(script):
        if status == "complete":
            next_agent = None
        call = None if by_text else f"toolu_{number}"
        before = stack
        move = advance(stack, hand(status, next_agent), call=call, receipts=receipts)
        if isinstance(move, NeedsRouter):
            free = sorted(set("abcd") - move.excluding)
            move = with_helper(
                stack, move.handoff, free[0] if free else None, call=call, receipts=receipts
            )
        stack = move.stack
        if isinstance(move, Called):
            owed.append(call)
        elif isinstance(move, Returned):
            assert move.call == owed.pop()
            assert move.to.id == before.top.caller
        elif isinstance(move, Passed):
            assert (move.frame.caller, move.frame.pending_call) == (
                before.top.caller,
                before.top.pending_call,
            )
        elif isinstance(move, Refused):
            assert stack == before
        if isinstance(move, Called | Passed):
            assert move.frame.id > highest
            highest = move.frame.id
        if isinstance(move, Ended):
            assert owed == []
            return
        assert 1 <= stack.depth <= MAX_DEPTH
        assert len(owed) == stack.depth - 1
        assert _each_waits_for_the_next(stack.frames)


def _each_waits_for_the_next(frames: tuple[Frame, ...]) -> bool:
    callers = [frame.caller for frame in frames]
    return callers == [None, *(frame.id for frame in frames[:-1])]
