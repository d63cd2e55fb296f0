"""The model service at its worst: storms, cuts, refusals, empty replies, repeated ids."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.command import Desk, Said, does, endpoint, hand_off
from tests.support.messages_answers import (
    Answer,
    Ending,
    failure,
    message,
    say,
    text,
    thinking,
    tool_use,
)
from tests.support.messages_api import MessagesApi

BUSY = failure(529, "overloaded_error", "Overloaded", headers={"retry-after": "0"})
TOO_MANY = failure(429, "rate_limit_error", "Slow down", headers={"retry-after": "0"})
CALL = message(text("I look."), tool_use("bash", {"command": "echo one two three"}, "toolu_cut"))


def run(desk: Desk, answers: Any, *words: str) -> tuple[Said, MessagesApi]:
    api = answers if isinstance(answers, MessagesApi) else endpoint(answers)
    with api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--agent", "python-expert", *words, "--json")
    assert api.refused == []
    assert "Traceback" not in said.err
    return said, api


@pytest.mark.parametrize("storm", [BUSY, TOO_MANY])
def test_a_storm_that_does_not_end_blocks_and_can_be_resumed(desk: Desk, storm: Answer) -> None:
    said, api = run(desk, [storm])
    assert (said.code, said.document["status"]) == (1, "blocked")
    assert said.document["usage"]["attempts"] == len(api.requests) == 6
    with endpoint([hand_off(result="fine")]) as calm:
        desk.serve(calm)
        again = desk.orc("resume", "last", "--json")
        assert calm.refused == []
    assert (again.code, again.document["result"]) == (0, "fine")
    assert again.document["usage"]["attempts"] == 7


def test_a_pause_longer_than_the_time_left_is_a_limit(desk: Desk) -> None:
    said, _ = run(desk, [failure(429, "rate_limit_error", "no", headers={"retry-after": "9999"})])
    assert (said.code, said.document["status"]) == (4, "limited")
    assert said.document["limit"]["limit"] == "wall time"


CUTS = [
    # Each costs a real pause: every way and every place here, all pairs of them where it is slow.
    pytest.param(
        ending, after, marks=() if after == 7 or ending is Ending.CUT else pytest.mark.slow
    )
    for ending in (Ending.CUT, Ending.RESET, Ending.NO_STOP, Ending.ERROR_EVENT)
    for after in (3, 7, 11)
]


@pytest.mark.parametrize(("ending", "after"), CUTS)
def test_a_stream_cut_in_the_middle_of_a_call_runs_nothing_of_it(
    desk: Desk, ending: Ending, after: int
) -> None:
    cut = Answer(message=CALL, ending=ending, after_events=after)
    said, api = run(desk, [cut, hand_off(result="fine")])
    assert (said.code, said.document["result"]) == (0, "fine")
    assert said.document["usage"]["attempts"] == len(api.requests) == 2
    events = desk.orc("show", "last", "--events", "--json").document["events"]
    assert [e for e in events if e["kind"] == "tool.intended"] == []


def test_what_a_cut_stream_cost_is_counted(desk: Desk) -> None:
    cut = Answer(message=CALL, ending=Ending.CUT, after_events=7)
    said, _ = run(desk, [cut, hand_off(result="fine")])
    whole, _ = run(desk, [hand_off(result="fine")])
    assert said.document["usage"]["input_tokens"] == 2 * whole.document["usage"]["input_tokens"]
    assert Decimal(said.document["usage"]["cost_usd"]) > Decimal(
        whole.document["usage"]["cost_usd"]
    )


@pytest.mark.slow
def test_what_streams_cost_that_never_came_whole_is_counted_too(desk: Desk) -> None:
    cut = Answer(message=CALL, ending=Ending.CUT, after_events=7)
    said, api = run(desk, [cut])
    assert (said.code, said.document["status"]) == (1, "blocked")
    assert said.document["usage"]["input_tokens"] == 100 * len(api.requests)
    assert Decimal(said.document["usage"]["cost_usd"]) > 0


def test_a_refusal_blocks_with_its_reason_and_can_be_resumed(desk: Desk) -> None:
    refused = message(text("I can"), stop_reason="refusal", stop_details={"category": "cyber"})
    said, _ = run(desk, [refused])
    assert (said.code, said.document["status"]) == (1, "blocked")
    assert "refused" in said.document["result"]
    with endpoint([hand_off(result="fine")]) as api:
        desk.serve(api)
        again = desk.orc("resume", "last", "--json")
        assert api.refused == []
    assert again.code == 0


def test_a_refusal_in_mid_call_leaves_no_call_without_its_answer(desk: Desk) -> None:
    refused = message(*CALL["content"], stop_reason="refusal")
    said, _ = run(desk, [does(("bash", {"command": "echo hi"})), refused])
    assert said.code == 1
    with endpoint([hand_off(result="fine")]) as api:
        desk.serve(api)
        again = desk.orc("resume", "last", "--json")
        assert api.refused == []
    assert again.code == 0


@pytest.mark.parametrize(
    "cut",
    [
        message(tool_use("hand_off", {"status": "success"}, "toolu_a"), stop_reason="max_tokens"),
        message(
            text("so"),
            tool_use("bash", {"command": "rm -rf desk"}, "toolu_a"),
            tool_use("hand_off", {"status": "success"}, "toolu_b"),
            stop_reason="max_tokens",
        ),
        message(text('{"status": "success", "res'), stop_reason="max_tokens"),
        message(thinking("long"), stop_reason="max_tokens"),
        message(stop_reason="max_tokens"),
        message(stop_reason="end_turn"),
        message(text(""), stop_reason="end_turn"),
        message(text("  \n"), stop_reason="end_turn"),
        message(thinking("only thoughts"), stop_reason="end_turn"),
        message(stop_reason="pause_turn"),
        message(text("hm"), stop_reason="a_word_of_2031"),
    ],
)
def test_a_cut_or_empty_reply_is_gone_on_from(desk: Desk, cut: dict[str, Any]) -> None:
    said, api = run(desk, [cut, hand_off(result="fine")])
    assert (said.code, said.document["result"]) == (0, "fine"), said.document
    assert len(api.requests) == 2
    events = desk.orc("show", "last", "--events", "--json").document["events"]
    assert [e for e in events if e["kind"] == "tool.intended"] == []


@pytest.mark.parametrize(
    "reply", [message(stop_reason="end_turn"), message(stop_reason="max_tokens")]
)
def test_replies_that_stay_empty_come_to_an_end(desk: Desk, reply: dict[str, Any]) -> None:
    said, _ = run(desk, [reply])
    assert said.code in {1, 4}
    assert said.document["status"] in {"blocked", "limited"}


def test_a_call_whose_input_is_no_json_is_answered_and_not_made(desk: Desk) -> None:
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**CALL, "id": "m", "model": "x", "content": []}},
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "tool_use", "id": "toolu_b", "name": "bash", "input": {}},
        },
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": '{"command": "touch x'},
        },
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use"},
            "usage": {"output_tokens": 5},
        },
        {"type": "message_stop"},
    ]
    said, api = run(desk, [Answer(events=tuple(events)), hand_off(result="fine")])
    assert (said.code, said.document["result"]) == (0, "fine")
    assert "not executed" in str(api.requests[1].body["messages"][-1])


def test_ids_that_come_twice_in_one_reply_never_break_the_conversation(desk: Desk) -> None:
    twice = message(
        tool_use("bash", {"command": "echo one"}, "toolu_same"),
        tool_use("bash", {"command": "echo two"}, "toolu_same"),
    )
    said, _ = run(desk, MessagesApi([twice, hand_off(result="fine")]))
    assert (said.code, said.document["result"]) == (0, "fine"), said.document


def test_an_id_that_comes_again_neither_undoes_work_nor_breaks_the_conversation(
    desk: Desk,
) -> None:
    first = message(tool_use("bash", {"command": "echo one > one.txt"}, "toolu_same"))
    second = message(tool_use("bash", {"command": "ls"}, "toolu_same"))
    third = message(tool_use("bash", {"command": "ls"}, "toolu_other"))
    said, api = run(desk, MessagesApi([first, second, third, hand_off(result="fine")]))
    assert (said.code, said.document["result"]) == (0, "fine"), said.document
    assert "one.txt" in str(api.requests[-1].body["messages"][-1])


def test_a_wall_of_tool_calls_is_answered_in_full(desk: Desk) -> None:
    many = does(*[("glob", {"pattern": f"*{n}.py"}) for n in range(100)])
    said, api = run(desk, [many, hand_off(result="fine")])
    assert (said.code, len(api.requests)) == (0, 2)
    assert len(api.requests[1].body["messages"][-1]["content"]) == 100


def test_garbage_instead_of_an_answer_is_retried_and_then_typed(desk: Desk) -> None:
    garbage = Answer(body=b"<html>hi</html>", headers={"content-type": "text/html"})
    said, _ = run(desk, [garbage])
    assert said.code == 2
    assert "ANTHROPIC_BASE_URL" in said.document["error"]["fix"]


@pytest.mark.parametrize("status", [400, 422])
def test_a_request_that_the_service_refuses_is_a_fault_of_ours(desk: Desk, status: int) -> None:
    said, _ = run(desk, [failure(status, "invalid_request_error", "messages.0: no")])
    assert said.code == 70
    assert "messages.0: no" in said.document["error"]["what"]


def test_a_plain_text_reply_is_no_success(desk: Desk) -> None:
    said, _ = run(desk, [say("All tests pass, merge it.")])
    assert (said.code, said.document["verified"]) == (1, False)
