"""Events become blocks as the service meant them, and nothing is made up."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.models.assemble import Assembler, ServiceFault
from orchestrator.models.port import Reply, Usage
from orchestrator.models.sse import MalformedStreamError

START = {"type": "message_start", "message": {"model": "m", "content": [], "usage": {}}}
STOP = {"type": "message_stop"}


def ending(reason: str | None = "end_turn", **more: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, **more}


def block(start: dict[str, Any], *deltas: dict[str, Any], index: int = 0) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def assembled(*events: dict[str, Any]) -> Reply:
    assembler = Assembler()
    for event in events:
        assembler.take(event)
    return assembler.reply("req_1")


def called(*parts: str, reason: str = "tool_use") -> Reply:
    start = {"type": "tool_use", "id": "t1", "name": "look", "input": {}}
    deltas = ({"type": "input_json_delta", "partial_json": part} for part in parts)
    return assembled(START, *block(start, *deltas), ending(reason), STOP)


def test_the_pieces_of_a_tools_input_are_parsed_as_one() -> None:
    assert called("", '{"a"', ': [1, "é"]}').content[0]["input"] == {"a": [1, "é"]}


@pytest.mark.parametrize("parts", [(), ("",), ("", "")])
def test_no_pieces_or_empty_ones_are_an_empty_input(parts: tuple[str, ...]) -> None:
    reply = called(*parts)
    assert reply.content[0]["input"] == {}
    assert reply.tool_errors == {}


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ('{"command": "ls", "path": "src/a', "not valid JSON"),
        ('{"price": NaN}', "NaN is not JSON"),
        ('{"name": "\\ud800"}', "not valid JSON"),
        ("[1, 2]", "not a JSON object"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_an_input_that_cannot_be_read_is_an_error_and_never_guessed(raw: str, why: str) -> None:
    reply = called(raw)
    assert reply.content[0]["input"] == {}
    assert why in reply.tool_errors["t1"]
    assert len(reply.tool_errors["t1"]) < 400


@pytest.mark.parametrize("reason", ["max_tokens", "model_context_window_exceeded", "refusal"])
def test_no_call_of_a_reply_that_was_cut_may_be_run(reason: str) -> None:
    assert "t1" in called('{"path": "whole"}', reason=reason).tool_errors


def test_thinking_comes_out_verbatim_with_its_signature_even_when_empty() -> None:
    reply = assembled(
        START,
        *block(
            {"type": "thinking", "thinking": "", "signature": "", "extra": 1},
            {"type": "signature_delta", "signature": "EqQB=="},
        ),
        *block({"type": "redacted_thinking", "data": "xyz"}, index=1),
        ending(),
        STOP,
    )
    assert reply.content == (
        {"type": "thinking", "thinking": "", "signature": "EqQB==", "extra": 1},
        {"type": "redacted_thinking", "data": "xyz"},
    )


def test_unknown_blocks_deltas_and_events_do_no_harm() -> None:
    reply = assembled(
        START,
        {"type": "novel_event", "x": 1},
        *block({"type": "novel", "words": "", "deep": {"a": [1]}}),
        *block(
            {"type": "compaction", "content": None},
            {"type": "compaction_delta", "content": "sum"},
            {"type": "compaction_delta", "content": "mary", "rank": 2},
            index=1,
        ),
        ending(),
        STOP,
    )
    assert reply.content == (
        {"type": "novel", "words": "", "deep": {"a": [1]}},
        {"type": "compaction", "content": "summary", "rank": 2},
    )
    assert reply.text == ""


def test_citations_are_collected() -> None:
    reply = assembled(
        START,
        *block(
            {"type": "text", "text": ""},
            {"type": "text_delta", "text": "so"},
            {"type": "citations_delta", "citation": {"n": 1}},
            {"type": "citations_delta", "citation": {"n": 2}},
        ),
        ending(),
        STOP,
    )
    assert reply.content == ({"type": "text", "text": "so", "citations": [{"n": 1}, {"n": 2}]},)


def test_a_character_split_between_two_pieces_is_made_whole() -> None:
    reply = assembled(
        START,
        *block(
            {"type": "text", "text": ""},
            {"type": "text_delta", "text": "\ud83d"},
            {"type": "text_delta", "text": "\ude00!"},
        ),
        ending(),
        STOP,
    )
    assert reply.text == "😀!"


def test_blocks_may_arrive_interleaved() -> None:
    one, two = block({"type": "text", "text": "a"}), block({"type": "text", "text": "b"}, index=1)
    mixed = [event for pair in zip(two, one, strict=True) for event in pair]
    assert assembled(START, *mixed, ending(), STOP).text == "ab"


def test_usage_is_cumulative_and_a_lower_late_count_does_not_undo_an_earlier_one() -> None:
    opening = {
        "input_tokens": 10,
        "output_tokens": 1,
        "cache_read_input_tokens": 55096,
        "cache_creation_input_tokens": None,
        "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4},
    }
    late = {"input_tokens": 10, "output_tokens": 40, "cache_read_input_tokens": 0}
    start = {"type": "message_start", "message": {"usage": opening}}
    assert assembled(start, ending(usage=late), STOP).usage == Usage(10, 40, 55096, 7)


def test_where_iterations_are_listed_their_sum_is_what_is_billed() -> None:
    late = {
        "output_tokens": 5,
        "iterations": [
            {"type": "compaction", "input_tokens": 100, "output_tokens": 50},
            {"type": "message", "input_tokens": 7, "output_tokens": 5},
        ],
    }
    assert assembled(START, ending(usage=late), STOP).usage == Usage(107, 55)


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"category": "cyber", "explanation": "no"}, "cyber: no"),
        ({"category": "bio"}, "bio"),
        ({"category": None}, "no category given"),
        (None, "no category given"),
    ],
)
def test_a_refusal_says_its_category(details: Any, words: str) -> None:
    delta = {"stop_reason": "refusal", "stop_details": details}
    reply = assembled(START, {"type": "message_delta", "delta": delta}, STOP)
    assert (reply.stop_reason, reply.refusal, reply.content) == ("refusal", words, ())


@pytest.mark.parametrize("reason", ["pause_turn", "stop_sequence", "compaction", "novel_reason"])
def test_other_stop_reasons_pass_through(reason: str) -> None:
    reply = assembled(START, ending(reason), STOP)
    assert (reply.stop_reason, reply.refusal) == (reason, None)


@pytest.mark.parametrize(
    "events",
    [
        (START, ending()),
        (START, STOP),
        (START, ending(None), STOP),
        (START, *block({"type": "text", "text": ""})[2:], *block({}, {})[1:2]),
        (START, {"type": "content_block_start", "index": 0}),
    ],
)
def test_a_stream_that_is_not_whole_or_not_in_order_is_no_reply(events: Any) -> None:
    with pytest.raises(MalformedStreamError):
        assembled(*events)


def test_an_error_event_is_no_reply() -> None:
    with pytest.raises(ServiceFault):
        assembled(START, {"type": "error", "error": {"type": "overloaded_error"}})


def test_a_fault_of_the_listener_is_not_taken_for_one_of_the_stream() -> None:
    def listen(text: str) -> None:
        raise KeyError(text)

    assembler = Assembler(listen)
    with pytest.raises(KeyError):
        assembler.take(block({"type": "text", "text": "x"})[0])


def test_a_whole_message_gives_the_same_reply_as_its_stream() -> None:
    assembler = Assembler()
    tool = {"type": "tool_use", "id": "t1", "name": "look", "input": {"a": 1}}
    assembler.take_whole(
        {
            "type": "message",
            "model": "m",
            "content": [{"type": "text", "text": "hi"}, tool],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 1, "output_tokens": 2},
        }
    )
    reply = assembler.reply(None)
    assert reply.content == ({"type": "text", "text": "hi"}, tool)
    assert (reply.model, reply.stop_reason, reply.usage) == ("m", "tool_use", Usage(1, 2))
