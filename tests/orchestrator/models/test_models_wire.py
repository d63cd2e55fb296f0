"""The body of a call: what is mended, what is marked, and that the rest is as given."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from orchestrator.models.port import BadRequest, ModelRequest
from orchestrator.models.wire import body
from tests.support.messages_rules import refusal

Ask = Callable[..., ModelRequest]
TOOL = {"name": "look", "description": "Look.", "input_schema": {"type": "object"}}
USER = {"role": "user", "content": "go"}


def turn(n: int) -> list[dict[str, Any]]:
    return [
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "", "signature": f"s{n}"},
                {"type": "tool_use", "id": f"t{n}", "name": "look", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": f"t{n}", "content": f"saw {n}"}],
        },
    ]


def marked(wire: dict[str, Any]) -> list[Any]:
    blocks = [*wire.get("tools", []), *wire.get("system", [])]
    blocks += [block for message in wire["messages"] for block in message["content"]]
    return [block for block in blocks if "cache_control" in block]


def without_marks(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_marks(v) for k, v in value.items() if k != "cache_control"}
    return [without_marks(v) for v in value] if isinstance(value, list) else value


def test_only_what_the_service_needs_is_sent(ask: Ask) -> None:
    assert body(ask(USER, system="")) == {
        "model": "claude-opus-5-5",
        "max_tokens": 1000,
        "messages": [
            {
                "role": "user",
                "content": [{"type": "text", "text": "go", "cache_control": {"type": "ephemeral"}}],
            }
        ],
        "stream": True,
    }


def test_effort_goes_into_the_output_configuration(ask: Ask) -> None:
    assert body(ask(effort="low"))["output_config"] == {"effort": "low"}


def test_four_marks_cover_tools_system_and_the_last_two_requests(ask: Ask) -> None:
    wire = body(ask(USER, *turn(1), *turn(2), tools=(TOOL, {**TOOL, "name": "peek"})))
    assert [block.get("name") or block.get("type") for block in marked(wire)] == [
        "peek",
        "text",
        "tool_result",
        "tool_result",
    ]
    assert [m["content"][-1].get("tool_use_id") for m in wire["messages"]][-3::2] == ["t1", "t2"]
    assert refusal(wire) is None


def test_thinking_is_never_marked_and_a_paused_turn_goes_back_as_it_is(ask: Ask) -> None:
    paused = {
        "role": "assistant",
        "content": [
            {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}},
            {"type": "thinking", "thinking": "", "signature": "s"},
        ],
    }
    sent = body(ask(USER, paused))["messages"][-1]["content"]
    assert "cache_control" in sent[0]
    assert sent[1] == {"type": "thinking", "thinking": "", "signature": "s"}


def test_marks_of_the_caller_are_replaced_by_ours(ask: Ask) -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    many = [{"type": "text", "text": str(n), **mark} for n in range(9)]
    wire = body(ask({"role": "user", "content": many}, tools=({**TOOL, **mark}, TOOL)))
    assert len(marked(wire)) == 3


def test_each_request_of_a_conversation_extends_the_one_before(ask: Ask) -> None:
    history: list[dict[str, Any]] = [USER]
    before: list[Any] = []
    for n in range(4):
        history += turn(n)
        wire = body(ask(*history, tools=(TOOL,)))
        messages = without_marks(wire["messages"])
        assert messages[: len(before)] == before
        before = messages


def test_blank_text_is_left_out_wherever_it_stands(ask: Ask) -> None:
    blank = {"type": "text", "text": " \n"}
    wire = body(
        ask(
            {"role": "user", "content": [blank, {"type": "text", "text": "go"}]},
            {"role": "assistant", "content": [blank, turn(1)[0]["content"][1]]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "t1", "content": [blank]}],
            },
        )
    )
    assert refusal(wire) is None
    assert "\\n" not in json.dumps(wire)


def test_the_callers_messages_are_not_changed(ask: Ask) -> None:
    messages = [USER, *turn(1)]
    copy = json.loads(json.dumps(messages))
    body(ask(*messages, tools=(TOOL,)))
    assert messages == copy
    assert "cache_control" not in TOOL


@pytest.mark.parametrize(
    ("messages", "problem"),
    [
        ([USER, {"role": "assistant", "content": "Sure, "}], "ends with the assistant"),
        ([{"role": "assistant", "content": "hi"}, USER], "start with the user, not assistant"),
        ([{"role": "user", "content": "  "}], "message 0 of the user holds no content"),
    ],
)
def test_a_conversation_that_the_service_would_refuse_is_not_sent(
    ask: Ask, messages: list[Any], problem: str
) -> None:
    with pytest.raises(BadRequest, match=problem) as caught:
        body(ask(*messages))
    assert caught.value.attempts == 0


def test_context_editing_is_asked_for_only_where_the_request_wants_it(ask: Ask) -> None:
    conversation = (USER, *turn(1), *turn(2))
    plain = body(ask(*conversation, tools=(TOOL,)))
    edited = body(ask(*conversation, tools=(TOOL,), clear_above=100_000))
    assert "context_management" not in plain
    (edit,) = edited.pop("context_management")["edits"]
    assert edit["type"] == "clear_tool_uses_20250919"
    assert edit["trigger"] == {"type": "input_tokens", "value": 100_000}
    assert edited == plain
    assert refusal(edited) is None
