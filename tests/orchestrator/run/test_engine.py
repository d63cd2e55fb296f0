"""The engine drives runs: tool calls, handoffs, endings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.run.setting import Case, Finding
from orchestrator.run.state import State
from tests.support.engines import Make, agent, envelope, hand, reply, use


async def test_an_answer_ends_the_run_and_is_its_result(trial: Make) -> None:
    state = await trial(hand("success", result="42")).drive()
    assert state.closed is not None
    assert (state.closed.status, state.closed.result) == ("success", "42")
    assert [link.agent for link in state.chain] == ["alpha"]


async def test_a_tool_result_comes_back_with_its_receipt(trial: Make) -> None:
    one = trial(reply(use("look", what="ticks")), hand())
    state = await one.drive()
    (receipt,) = state.receipts.values()
    message = one.model.requests[1].messages[-1]
    assert message["content"][0]["content"] == f"[r{receipt.seq}]\nseen: ticks"


async def test_each_request_of_a_conversation_extends_the_one_before(trial: Make) -> None:
    one = trial(reply(use("look", what="a")), reply(use("look", what="b")), hand())
    await one.drive()
    for before, after in zip(one.model.requests, one.model.requests[1:], strict=False):
        assert after.messages[: len(before.messages)] == before.messages
        assert (after.system, after.tools) == (before.system, before.tools)


async def test_reads_that_stand_together_are_recorded_in_the_order_asked(trial: Make) -> None:
    one = trial(reply(use("look", what="a"), use("look", what="b"), use("look", what="c")), hand())
    state = await one.drive()
    assert [r.text for r in state.receipts.values()] == ["seen: a", "seen: b", "seen: c"]
    assert one.kinds().count("tool.intended") == 3


@pytest.mark.parametrize(
    ("name", "says"),
    [("stumble", "ZeroDivisionError"), ("hang", "took longer than 0.05 s"), ("nothing", "no tool")],
)
async def test_a_tool_that_fails_is_an_error_result(trial: Make, name: str, says: str) -> None:
    one = trial(reply(use(name)), hand())
    state = await one.drive()
    block = one.model.requests[1].messages[-1]["content"][0]
    assert says in block["content"]
    assert block["is_error"] is True
    assert state.closed is not None
    assert state.closed.status == "success"


async def test_a_huge_result_is_shortened_and_kept_whole(trial: Make) -> None:
    one = trial(reply(use("flood")), hand())
    state = await one.drive()
    (receipt,) = state.receipts.values()
    assert len(receipt.text) < 50_000
    assert receipt.whole is not None
    assert len(one.ledger.get_text(receipt.whole)) == 5_000_000


async def test_bad_arguments_are_told_to_the_model(trial: Make) -> None:
    one = trial(reply(use("look", where="x")), hand())
    await one.drive()
    block = one.model.requests[1].messages[-1]["content"][0]
    assert "what: Field required" in block["content"]


async def test_a_helper_answers_the_pending_call(trial: Make) -> None:
    one = trial(
        hand("needs_help", "beta", result="need a check"),
        hand("success", result="checked"),
        hand("success", result="done"),
    )
    state = await one.drive()
    assert [link.agent for link in state.chain] == ["alpha", "beta", "alpha"]
    answer = one.model.requests[2].messages[-1]["content"][0]
    assert answer["type"] == "tool_result"
    assert '"result":"checked"' in answer["content"]
    assert one.model.requests[1].system.startswith("You are beta.")
    assert "need a check" in str(one.model.requests[1].messages[0])


async def test_passing_on_ends_the_part_of_who_passes(trial: Make) -> None:
    one = trial(hand("success", "beta"), hand("success", "gamma"), hand("complete"))
    state = await one.drive()
    assert state.closed is not None
    assert state.closed.status == "complete"
    assert [link.agent for link in state.chain] == ["alpha", "beta", "gamma"]
    assert len(state.handoffs) == 2


async def test_the_router_picks_a_helper_that_does_not_wait(trial: Make) -> None:
    help_wanted = hand("needs_help", result="gamma does its thing better")
    state = await trial(help_wanted, hand("success"), hand("success")).drive()
    assert [link.agent for link in state.chain] == ["alpha", "gamma", "alpha"]


async def test_without_a_helper_the_run_is_blocked(trial: Make) -> None:
    state = await trial(hand("needs_help"), agents=[agent("alpha")]).drive()
    assert state.closed is not None
    assert state.closed.status == "blocked"
    assert state.closed.note == "no helper is left for alpha: needs_help is read as blocked"


async def test_an_envelope_as_text_is_accepted(trial: Make) -> None:
    text = '```json\n{"status": "success", "result": "fine", "confidence": 0.7,}\n```'
    state = await trial(reply({"type": "text", "text": text})).drive()
    assert state.closed is not None
    assert state.closed.result == "fine"


def anew(given: Any) -> Any:
    """The same reply once more, with ids of its own, as the service gives them."""
    content = tuple(
        use(block["name"], **block["input"]) if block["type"] == "tool_use" else block
        for block in given.content
    )
    return replace(given, content=content)


@pytest.mark.parametrize(
    "bad",
    [
        reply({"type": "text", "text": "I am done."}),
        reply(),
        reply(use("hand_off", status="success", result="x", confidence=1.7)),
        reply(use("hand_off", **envelope("complete", "beta"))),
        reply(use("hand_off", **envelope("success", "betta"))),
        reply(use("hand_off", **envelope(result="see [r999]"))),
        reply(use("hand_off", **envelope()), use("hand_off", **envelope())),
    ],
    ids=["prose", "empty", "confidence", "complete+next", "unknown", "no receipt", "two"],
)
async def test_a_bad_envelope_is_mended_in_two_tries_or_the_run_is_blocked(
    trial: Make, bad: Any
) -> None:
    mended = await trial(anew(bad), anew(bad), hand()).drive()
    assert mended.closed is not None
    assert mended.closed.status == "success"
    one = trial(anew(bad), anew(bad), anew(bad))
    given_up = await one.drive()
    assert given_up.closed is not None
    assert given_up.closed.status == "blocked"
    assert one.kinds().count("handoff.rejected") == 3


async def test_calls_beside_a_handoff_are_not_executed(trial: Make) -> None:
    one = trial(
        reply(use("look", what="a"), use("hand_off", **envelope("needs_help", "beta"))),
        hand("success"),
        hand("success"),
    )
    state = await one.drive()
    assert not state.receipts
    blocks = one.model.requests[2].messages[-1]["content"]
    assert "must be the only call" in blocks[0]["content"]


async def test_a_reply_cut_at_the_limit_goes_on_and_its_calls_are_not_run(trial: Make) -> None:
    one = trial(reply(use("look", what="a"), stop="max_tokens"), hand())
    state = await one.drive()
    assert not state.receipts
    assert state.closed is not None
    assert state.closed.status == "success"


async def test_acceptance_sends_back_what_is_missing_until_it_is_there(trial: Make) -> None:
    asked = 0

    async def looked(case: Case) -> Finding:
        nonlocal asked
        asked += 1
        found = bool(case.state.receipts)
        return Finding("looked", found, "a look is needed", () if found else ("look first",))

    one = trial(hand(), reply(use("look", what="a")), hand(), checks=[looked])
    state = await one.drive()
    assert asked == 2
    assert state.closed is not None
    assert state.closed.status == "success"
    assert "look first" in one.model.requests[1].messages[-1]["content"][0]["content"]
    assert [link.agent for link in state.chain] == ["alpha"]


async def test_two_endings_that_do_not_shorten_the_list_block_the_run(trial: Make) -> None:
    async def never(_: Case) -> Finding:
        return Finding("never", False, "cannot be met", ("do the impossible",))

    state = await trial(hand(), hand(), hand(), checks=[never]).drive()
    assert state.closed is not None
    assert state.closed.status == "blocked"
    assert "do the impossible" in state.closed.result


async def test_agents_have_only_the_tools_they_were_granted(trial: Make) -> None:
    one = trial(reply(use("look", what="a")), hand(), agents=[agent("alpha", ["Bash"])])
    state = await one.drive()
    assert not state.receipts
    assert {entry["name"] for entry in one.model.requests[0].tools} >= {"hand_off"}
    assert "look" not in {entry["name"] for entry in one.model.requests[0].tools}


def _statuses(state: State) -> list[str]:
    return [link.handoff.status for link in state.chain]


async def test_complete_below_the_top_is_read_as_success(trial: Make) -> None:
    one = trial(hand("needs_help", "beta"), hand("complete"), hand("success"))
    state = await one.drive()
    assert _statuses(state) == ["needs_help", "complete", "success"]
    assert '"status":"success"' in one.model.requests[2].messages[-1]["content"][0]["content"]
    noted = [
        event.body["repairs"] for event in one.ledger.read("trial", 0) if "repairs" in event.body
    ]
    assert noted == [[], ["beta said complete while alpha waits: read as success"], []]
