"""Limits and loops end in a typed outcome; the service's failures too."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orchestrator.models.port import (
    BadRequest,
    ModelConfigError,
    ModelUnavailable,
    Reply,
    RetryAfterBeyondBudget,
    Usage,
)
from orchestrator.run import events as ev
from orchestrator.run.limits import Limits
from orchestrator.run.parts import ToolSpend
from orchestrator.run.spending import spend_table
from orchestrator.run.state import State
from tests.support.engines import MODEL, Make, agent, hand, reply, use
from trading_tools.audit.redact import Redactor


def _limit(state: State) -> ev.LimitHit:
    assert state.closed is not None
    assert state.closed.status == "limited"
    assert state.closed.resumable
    assert state.limit is not None
    return state.limit


async def test_agents_that_hand_to_each_other_for_ever_are_stopped(trial: Make) -> None:
    there, back = hand("success", "beta"), hand("success", "alpha")
    hit = _limit(await trial(*[there, back] * 10).drive())
    assert hit.limit == "ping-pong"
    assert "alpha and beta" in hit.reached


async def test_hops_are_capped(trial: Make) -> None:
    steps = [hand("success", "beta"), hand("success", "gamma"), hand("success", "alpha")]
    hit = _limit(await trial(*steps, limits=Limits(hops=2)).drive())
    assert (hit.limit, hit.cap) == ("hops", "2")
    assert "alpha → beta → gamma" in hit.reached


async def test_no_hop_at_all_may_be_allowed(trial: Make) -> None:
    hit = _limit(await trial(hand("success", "beta"), limits=Limits(hops=0)).drive())
    assert (hit.limit, hit.cap, hit.reached) == ("hops", "0", "0: alpha")


async def test_a_repeated_call_is_a_loop(trial: Make) -> None:
    same = [reply(use("look", what="a")) for _ in range(9)]
    hit = _limit(await trial(*same).drive())
    assert hit.limit == "repeated call"


async def test_turns_are_capped_per_frame_and_by_the_agent_file(trial: Make) -> None:
    steps = [reply(use("look", what=str(n))) for n in range(9)]
    hit = _limit(await trial(*steps, agents=[agent("alpha", max_turns=3)]).drive())
    assert (hit.limit, hit.cap) == ("turns", "3 in a frame")


async def test_tool_calls_are_capped_before_they_are_made(trial: Make) -> None:
    steps = [reply(use("look", what="a"), use("look", what="b"))]
    one = trial(*steps, limits=Limits(tool_calls=1))
    hit = _limit(await one.drive())
    assert hit.limit == "tool calls"
    assert "tool.intended" not in one.kinds()


async def test_money_is_reserved_before_the_call(trial: Make) -> None:
    dear = Reply(
        (use("look", what="a"),), "tool_use", usage=Usage(input_tokens=1000, output_tokens=200_000)
    )
    one = trial(dear, hand(), limits=Limits(usd=Decimal("4.01")))
    hit = _limit(await one.drive())
    assert hit.limit == "usd"
    assert len(one.model.requests) == 1


async def test_the_reply_shrinks_to_the_budget(trial: Make) -> None:
    one = trial(hand(), limits=Limits(usd=Decimal("0.2")))
    await one.drive()
    assert 1024 < one.model.requests[0].max_tokens < 10_001


async def test_a_long_result_that_the_model_is_about_to_read_is_reserved_for(trial: Make) -> None:
    one = trial(reply(use("flood")), hand(), limits=Limits(usd=Decimal("0.08")))
    assert _limit(await one.drive()).limit == "usd"
    assert len(one.model.requests) == 1


async def test_wall_time_is_checked_before_each_call(trial: Make) -> None:
    one = trial(reply(use("look", what="a")), hand())
    one.clock.now_s = 0.0
    engine_time = one.clock

    def late(request: object) -> Reply:
        del request
        engine_time.now_s += 3601
        return reply(use("look", what="a"))

    one.model._steps[0] = late
    assert _limit(await one.drive()).limit == "wall time"


async def test_a_limited_run_goes_on_when_it_is_taken_up_again(trial: Make) -> None:
    steps = [hand("success", "beta"), hand("success", "gamma"), hand("success")]
    one = trial(*steps, limits=Limits(hops=1))
    _limit(await one.drive())
    one.journal.append(ev.RunTaken(2, 1, "here", Limits(hops=5).body()))
    one.model._steps.insert(2, hand("success", "gamma"))
    state = await one.drive()
    assert state.closed is not None
    assert state.closed.status == "success"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ModelUnavailable("529 five times", attempts=5), "blocked"),
        (RetryAfterBeyondBudget("come back", retry_after_s=9999, attempts=1), "limited"),
    ],
)
async def test_a_service_that_fails_leaves_a_run_that_can_be_resumed(
    trial: Make, error: ModelUnavailable | RetryAfterBeyondBudget, status: str
) -> None:
    one = trial(error, hand())
    state = await one.drive()
    assert state.closed is not None
    assert (state.closed.status, state.closed.resumable) == (status, True)
    one.journal.append(ev.RunTaken(2, 1, "here"))
    again = await one.drive()
    assert again.closed is not None
    assert again.closed.status == "success"
    assert again.spend.attempts == 1 + error.attempts


@pytest.mark.parametrize("error", [ModelConfigError("bad key", "mend it"), BadRequest("no")])
async def test_what_a_person_must_mend_is_raised_and_recorded(
    trial: Make, error: Exception
) -> None:
    one = trial(error)
    with pytest.raises(type(error)):
        await one.drive()
    assert one.kinds()[-2:] == ["model.failed", "run.closed"]


async def test_a_refusal_is_no_part_of_the_conversation(trial: Make) -> None:
    refused = Reply((), "refusal", usage=Usage(output_tokens=3), refusal="cyber")
    one = trial(refused, hand())
    state = await one.drive()
    assert state.closed is not None
    assert state.closed.status == "blocked"
    one.journal.append(ev.RunTaken(2, 1, "here"))
    await one.drive()
    assert [m["role"] for m in one.model.requests[1].messages] == ["user"]


async def test_a_secret_in_a_reply_is_never_recorded(trial: Make) -> None:
    key = "sk-ant-" + "api03-" + "Q7x9" * 20
    leak = reply({"type": "text", "text": f"I use {key}"}, use("look", what=key))
    one = trial(leak, hand(), redactor=Redactor.from_environment({}))
    await one.drive()
    assert key not in str(one.ledger.read("trial"))
    assert key not in str(one.model.requests[1])
    assert "held what looks like a secret" in str(one.model.requests[1].messages)


async def test_a_secret_in_a_tool_result_is_taken_out(trial: Make) -> None:
    redactor = Redactor.from_environment({"VENUE_API_SECRET": "seen: tick"})
    one = trial(reply(use("look", what="tick")), hand(), redactor=redactor)
    state = await one.drive()
    assert "seen: tick" not in str(one.model.requests[1].messages)
    assert "seen: tick" not in str([event.body for event in one.ledger.read("trial")])
    assert len(state.receipts) == 1


async def test_spend_is_counted_by_agent_and_tool(trial: Make) -> None:
    one = trial(reply(use("look", what="a")), hand("success", "beta"), hand())
    state = await one.drive()
    each = Decimal("0.0008")
    costs = {name: part.cost_usd for name, part in state.spend.by_agent.items()}
    assert costs == {"alpha": 2 * each, "beta": each}
    assert state.spend.by_tool == {"look": ToolSpend(calls=1, characters=len("seen: a"))}
    assert state.spend.model_calls == 3
    assert one.model.requests[0].model == MODEL


async def test_an_agent_called_router_has_its_own_spend(trial: Make) -> None:
    one = trial(reply(use("look", what="a")), hand(), agents=[agent("router")])
    table = spend_table(await one.drive())
    assert [(name, spend.model_calls) for name, spend in table.agents] == [("router", 2)]
    assert table.router is None
