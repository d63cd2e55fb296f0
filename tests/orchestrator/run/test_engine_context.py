"""A conversation that fills the model's window goes on; what cannot ends with a clear word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from orchestrator.models.port import ModelRequest, ModelUnavailable, PromptTooLong, Reply, Usage
from orchestrator.run import events as ev
from orchestrator.run.limits import Limits
from orchestrator.run.state import State
from orchestrator.toolbox.tool import Effect, tool
from tests.support.engines import TOOLS, Make, envelope, hand, reply, use

WINDOW = 100_000


def counted(tokens: int, *blocks: Mapping[str, Any], stop: str | None = None) -> Reply:
    """A reply to a prompt of so many tokens, most of them read from the cache."""
    usage = Usage(input_tokens=100, cache_read_tokens=tokens - 120, output_tokens=20)
    return replace(reply(*blocks, stop=stop), usage=usage)


def say(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def ended(state: State) -> tuple[str, str]:
    assert state.closed is not None
    return state.closed.status, state.closed.result


def opening_of(request: ModelRequest) -> str:
    return str(request.messages[0]["content"][0]["text"])


def assert_append_only(requests: Sequence[ModelRequest]) -> None:
    """Each request extends the one before, or begins a conversation."""
    for before, after in pairwise(requests):
        extends = after.messages[: len(before.messages)] == before.messages
        assert extends or len(after.messages) == 1


async def test_a_frame_whose_prompt_nears_the_window_goes_on_in_a_fresh_conversation(
    trial: Make,
) -> None:
    one = trial(
        reply(use("look", what="first")),
        counted(69_900, say("The tick size is 0.5."), use("look", what="ticks")),
        hand(),
        window=WINDOW,
    )
    state = await one.drive()
    assert ended(state) == ("success", "success it is")
    fresh = one.model.requests[2]
    assert len(fresh.messages) == 1
    step = 'alpha look {"what":"first"}: seen: first'
    for told in ("do the thing", "The tick size is 0.5.", "seen: ticks", step):
        assert told in opening_of(fresh)
    assert one.kinds().count("context.trimmed") == 1
    assert_append_only(one.model.requests)


async def test_a_prompt_well_below_the_window_is_left_alone(trial: Make) -> None:
    one = trial(counted(60_000, use("look", what="a")), hand(), window=WINDOW)
    await one.drive()
    assert "context.trimmed" not in one.kinds()
    assert [request.clear_above for request in one.model.requests] == [None, None]


async def test_what_a_broken_attempt_was_billed_does_not_count_as_prompt(trial: Make) -> None:
    broken = replace(counted(40_000, use("look", what="a")), lost_usage=Usage(40_000))
    one = trial(broken, hand(), window=WINDOW)
    state = await one.drive()
    assert state.spend.usage.input_tokens > 40_000
    assert "context.trimmed" not in one.kinds()


async def test_it_works_again_and_again_and_notes_outlive_each_time(trial: Make) -> None:
    steps = []
    for n in range(4):
        steps += [reply(say(f"note {n}"), use("look", what=f"{n}{m}")) for m in range(3)]
        steps += [counted(70_000, use("look", what=f"{n} last"))]
    one = trial(*steps, hand(), window=WINDOW)
    state = await one.drive()
    assert ended(state)[0] == "success"
    assert one.kinds().count("context.trimmed") == 4
    last = opening_of(one.model.requests[-1])
    assert all(f"note {n}" in last for n in range(4))
    assert_append_only(one.model.requests)


async def test_a_service_that_edits_the_context_itself_is_asked_to(trial: Make) -> None:
    one = trial(
        counted(70_000, use("look", what="a")),
        counted(30_000, use("look", what="b")),
        hand(),
        window=WINDOW,
        editing=True,
    )
    await one.drive()
    asked = [request.clear_above for request in one.model.requests]
    assert asked == [None, 50_000, 50_000]
    assert "left out" in str(one.model.requests[1].messages[-1])
    assert "context.trimmed" not in one.kinds()
    assert_append_only(one.model.requests)


async def test_a_service_that_failed_when_it_was_first_asked_to_edit_is_asked_again(
    trial: Make,
) -> None:
    one = trial(
        counted(70_000, use("look", what="a")),
        ModelUnavailable("529"),
        counted(30_000, use("look", what="b")),
        hand(),
        window=WINDOW,
        editing=True,
    )
    await one.drive()
    one.journal.append(ev.RunTaken(2, 1, "here", context_editing=True))
    state = await one.drive()
    assert ended(state)[0] == "success"
    assert [request.clear_above for request in one.model.requests] == [None, *[50_000] * 3]
    assert "context.trimmed" not in one.kinds()
    assert_append_only(one.model.requests)


async def test_an_edited_conversation_is_not_sent_to_a_service_that_does_not_edit(
    trial: Make,
) -> None:
    one = trial(
        counted(70_000, use("look", what="a")),
        counted(30_000, use("look", what="b")),
        ModelUnavailable("529"),
        hand(),
        window=WINDOW,
        editing=True,
    )
    await one.drive()
    one.journal.append(ev.RunTaken(2, 1, "elsewhere", context_editing=False))
    assert ended(await one.drive())[0] == "success"
    assert [request.clear_above for request in one.model.requests][-2:] == [50_000, None]
    assert len(one.model.requests[-1].messages) == 1


async def test_where_editing_does_not_help_a_fresh_conversation_does(trial: Make) -> None:
    one = trial(
        *(reply(use("look", what=str(n))) for n in range(3)),
        counted(70_000, use("look", what="a")),
        counted(72_000, use("look", what="b")),
        hand(),
        window=WINDOW,
        editing=True,
    )
    state = await one.drive()
    assert ended(state)[0] == "success"
    assert one.kinds().count("context.trimmed") == 1
    assert [request.clear_above for request in one.model.requests][-2:] == [50_000, None]


async def test_a_refused_prompt_leads_to_a_fresh_conversation(trial: Make) -> None:
    refused = PromptTooLong("prompt is too long: 215346 tokens > 200000 maximum")
    one = trial(
        reply(use("look", what="a")), reply(use("look", what="b")), refused, hand(), window=WINDOW
    )
    state = await one.drive()
    assert ended(state)[0] == "success"
    assert "seen: b" in opening_of(one.model.requests[3])
    assert state.spend.attempts == 4


async def test_a_reply_cut_by_the_window_leads_to_a_fresh_conversation(trial: Make) -> None:
    cut = counted(50_000, say("half a thought"), stop="model_context_window_exceeded")
    one = trial(reply(use("look", what="a")), cut, hand(), window=WINDOW)
    state = await one.drive()
    assert ended(state)[0] == "success"
    assert "half a thought" in opening_of(one.model.requests[2])


async def test_a_process_that_dies_before_the_fresh_conversation_begins_it_on_resume(
    trial: Make,
) -> None:
    refused = PromptTooLong("prompt is too long")
    one = trial(reply(use("look", what="a")), refused, hand(), window=WINDOW)
    await one.drive()
    until = one.kinds().index("model.failed") + 1
    again = State.fold(one.ledger.read("trial")[:until])
    assert again.top.context.full
    assert again.top.reply is None


async def test_a_request_that_alone_is_too_large_ends_with_a_clear_word(trial: Make) -> None:
    one = trial(hand(), window=16_000)
    one.journal.append(ev.ContextTrimmed(0, "test", "long " * 9_000))
    state = await one.drive()
    status, result = ended(state)
    assert status == "limited"
    assert state.limit is not None
    assert state.limit.limit == "context window"
    assert "model.context_window" in result
    assert one.model.requests == []


async def test_a_first_prompt_that_the_service_refuses_is_not_sent_again(trial: Make) -> None:
    one = trial(PromptTooLong("too long"), window=WINDOW)
    state = await one.drive()
    assert state.limit is not None
    assert "the service refused it" in state.limit.reached
    assert len(one.model.requests) == 1


async def test_conversations_that_are_full_at_once_are_not_begun_for_ever(trial: Make) -> None:
    one = trial(*(counted(80_000, use("look", what=str(n))) for n in range(9)), window=WINDOW)
    state = await one.drive()
    assert state.limit is not None
    assert state.limit.limit == "context window"
    assert len(one.model.requests) <= 4


async def test_a_pending_call_of_a_waiting_frame_survives(trial: Make) -> None:
    one = trial(
        counted(69_900, use("hand_off", **envelope("needs_help", "beta", result="need a check"))),
        counted(69_900, use("look", what="b")),
        hand("success", result="checked by beta"),
        hand("success", result="done"),
        window=WINDOW,
    )
    state = await one.drive()
    assert ended(state) == ("success", "done")
    assert [link.agent for link in state.chain] == ["alpha", "beta", "alpha"]
    asker = opening_of(one.model.requests[3])
    assert "Where you stood" in asker
    assert asker.count("checked by beta") == 2


async def test_a_service_that_counts_nothing_is_estimated(trial: Make) -> None:
    long = "word " * 12_000
    uncounted = [
        replace(reply(say(long), use("look", what=str(n))), usage=Usage()) for n in range(12)
    ]
    one = trial(*uncounted, hand(), window=WINDOW)
    state = await one.drive()
    assert ended(state)[0] == "success"
    assert 2 <= one.kinds().count("context.trimmed") <= 6


@tool(effect=Effect.READ)
def wide(what: str) -> str:
    """Return much."""
    return f"{what}: " + "0123456789" * 3_900


async def test_an_opening_stays_far_below_the_window_whatever_the_run_holds(trial: Make) -> None:
    tools = {**TOOLS, "wide": wide}
    calls = [use("wide", what=str(n)) for n in range(300)]
    one = trial(
        reply(say("an important note " * 4_000), *calls),
        hand("success", "beta", result="long " * 8_000, context_forward={"all": "x" * 90_000}),
        counted(70_000, *(use("wide", what=f"again {n}") for n in range(40))),
        hand(),
        window=WINDOW,
        tools=tools,
        limits=Limits(tool_calls=400),
    )
    state = await one.drive()
    assert ended(state)[0] == "success"
    for request in one.model.requests:
        assert len(opening_of(request)) < WINDOW
    assert one.kinds().count("context.trimmed") == 2
    assert "read_receipt" in opening_of(one.model.requests[-1])


async def test_what_the_user_answered_is_told_to_the_fresh_conversation(trial: Make) -> None:
    class There:
        async def approve(self, *_: object) -> None:
            return None

        async def answer(self, agent: str, question: str) -> str:
            return f"{agent} asked {question}: use isolated margin"

    one = trial(
        reply(use("ask_user", question="Which margin mode?")),
        reply(use("look", what="a")),
        counted(70_000, use("look", what="b")),
        hand(),
        window=WINDOW,
        person=There(),
    )
    await one.drive()
    assert "use isolated margin" in opening_of(one.model.requests[3])


CUT = "Your reply was cut at the output limit"


async def test_an_envelope_written_as_text_may_be_cut_in_the_middle(trial: Make) -> None:
    whole = (
        '{"status": "success", "result": "the long answer", "next_agent": null, '
        '"context_forward": {}, "confidence": 0.7, "reasoning": "r"}'
    )
    one = trial(
        reply(say(whole[:40]), stop="max_tokens"),
        reply(say(whole[40:60]), stop="max_tokens"),
        reply(say(whole[60:])),
    )
    state = await one.drive()
    assert ended(state) == ("success", "the long answer")
    assert CUT in str(one.model.requests[1].messages[-1])


async def test_no_call_of_a_cut_reply_is_run(trial: Make) -> None:
    one = trial(
        reply(use("look", what="half a pa"), use("hand_off"), stop="max_tokens"),
        reply(use("look", what="whole path")),
        hand(),
    )
    state = await one.drive()
    assert [receipt.text for receipt in state.receipts.values()] == ["seen: whole path"]
    results = one.model.requests[1].messages[-1]["content"]
    assert [result["type"] for result in results] == ["tool_result", "tool_result"]
    assert all(CUT in result["content"] for result in results)


@pytest.mark.parametrize("signature", ["", "signed"])
async def test_thinking_that_was_cut_goes_back_only_where_it_is_signed(
    trial: Make, signature: str
) -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": signature}
    one = trial(reply(thought, stop="max_tokens"), hand())
    state = await one.drive()
    assert ended(state)[0] == "success"
    sent = str(one.model.requests[1].messages)
    assert ("'thinking': 'hm'" in sent) is bool(signature)


async def test_replies_that_are_cut_again_and_again_end_in_a_limit(trial: Make) -> None:
    one = trial(*(reply(say(f"part {n}"), stop="max_tokens") for n in range(9)), hand())
    state = await one.drive()
    assert state.limit is not None
    assert (state.limit.limit, state.limit.cap) == ("cut replies", "4 in a row")
    assert len(one.model.requests) == 4
    one.journal.append(ev.RunTaken(2, 1, "here"))
    one.model._steps[4] = hand()
    assert ended(await one.drive())[0] == "success"


async def test_replies_that_are_cut_because_money_is_short_end_at_the_budget(trial: Make) -> None:
    def cut(request: ModelRequest) -> Reply:
        usage = Usage(input_tokens=1_000, output_tokens=request.max_tokens)
        return replace(reply(say("part"), stop="max_tokens"), usage=usage)

    one = trial(*[cut] * 9, limits=Limits(usd=Decimal("0.08")))
    state = await one.drive()
    assert state.limit is not None
    assert state.limit.limit == "usd"
    assert one.model.requests[0].max_tokens < 16_000
    assert state.spend.cost_usd <= Decimal("0.08")


async def test_a_reply_is_not_given_more_room_than_the_window_has(trial: Make) -> None:
    one = trial(counted(20_000, use("look", what="a")), hand(), window=32_000)
    await one.drive()
    assert 8_000 < one.model.requests[1].max_tokens < 12_000


async def test_cuts_with_whole_replies_between_them_are_no_loop(trial: Make) -> None:
    steps = []
    for n in range(6):
        steps += [reply(say("part"), stop="max_tokens"), reply(use("look", what=str(n)))]
    one = trial(*steps, hand())
    assert ended(await one.drive())[0] == "success"
