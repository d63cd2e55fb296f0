"""The stand-in refuses what the Messages API refuses, in its words, and lets the rest through."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from tests.support.messages_rules import prefix_signature, refusal

TOOL = {"name": "look", "input_schema": {"type": "object"}}
USER = {"role": "user", "content": "go"}


def call(*ids: str) -> dict[str, Any]:
    return {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": one, "name": "look", "input": {}} for one in ids],
    }


def results(*ids: str) -> list[dict[str, Any]]:
    return [{"type": "tool_result", "tool_use_id": one, "content": "x"} for one in ids]


def said(content: Any, role: str = "user") -> dict[str, Any]:
    return {"role": role, "content": content}


def request(*messages: Any, **fields: Any) -> dict[str, Any]:
    base = {"model": "claude-opus-5-5", "max_tokens": 10, "messages": list(messages) or [USER]}
    return base | fields


TEXT = {"type": "text", "text": "and"}
MARKED = {**TEXT, "cache_control": {"type": "ephemeral"}}
OPEN_OBJECT = {"type": "object", "properties": {}}
BOUNDED = {"type": "integer", "minimum": 1}


@pytest.mark.parametrize(
    "body",
    [
        request(),
        request(USER, call("a", "b"), said([*results("b", "a"), TEXT])),
        request(USER, call("a", "b"), said(results("a")), said(results("b"))),
        request(USER, said("", "assistant"), USER),
        request(USER, said([], "assistant"), USER),
        request(USER, USER),
        request(USER, said("be brief", "system")),
        request(USER, said([{"type": "server_tool_use", "id": "s", "name": "w"}], "assistant")),
        request(tools=[TOOL, {"type": "bash_20250124", "name": "bash"}]),
        request(said([MARKED] * 4)),
    ],
)
def test_what_the_service_takes_is_taken(body: dict[str, Any]) -> None:
    assert refusal(body) is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"model": "m", "messages": [USER]}, "max_tokens: Field required"),
        (request(temperatur=1), "temperatur: Extra inputs"),
        (request(temperature=1.0), "`temperature` is not supported"),
        (request(top_p=1), "`top_p`"),
        (request(max_tokens=128_001), "128001 > 128000, which is the maximum allowed"),
        (request(thinking={"type": "enabled"}), "thinking.type"),
        (request(output_config={"effort": "huge"}), "output_config.effort"),
        (request(tool_choice={"type": "any"}), 'type "tool" and "any" are not supported'),
        (request(tools=[{**TOOL, "name": "look at"}]), "String should match pattern"),
        (request(tools=[TOOL, TOOL]), "unique"),
        (request(tools=[{"name": "look"}]), "input_schema: Field required"),
        (request(tools=[{"name": "look", "input_schema": {}}]), "Input should be 'object'"),
        (request(tools=[{**TOOL, "strict": True, "input_schema": OPEN_OBJECT}]), "additionalP"),
        (
            request(output_config={"format": {"type": "json_schema", "schema": BOUNDED}}),
            "`minimum` is not supported",
        ),
        (request(said([MARKED] * 5)), "maximum of 4 blocks with cache_control.*Found 5"),
        (
            request(USER, said([{"type": "thinking", "cache_control": {}}], "assistant"), USER),
            "thinking.cache_control",
        ),
        (request(said("hi", "assistant"), USER), "first message must use the `user` role"),
        (request(USER, said("Sure, ", "assistant")), "does not support assistant message prefill"),
        (request(USER, said("x", "tool")), "role: Input should be"),
        (request(said("x", "system"), USER), "first message"),
        (request(said("")), "non-empty content"),
        (request(said([{"type": "text", "text": ""}])), "must be non-empty"),
        (request(said([{"type": "text", "text": " \n"}])), "non-whitespace"),
        (
            request(USER, said([{"type": "document"}], "assistant"), USER),
            "`document` blocks are not permitted",
        ),
        (request(said([{**TEXT, "citations": [{}]}])), "`citations` are not permitted"),
        (request(USER, call("a"), USER), "`tool_use` ids were found without.*after: a"),
        (request(USER, call("a"), said([TEXT, *results("a")])), "ids were found without"),
        (
            request(USER, call("a", "b"), said([*results("a"), TEXT, *results("b")])),
            "without.*after: b",
        ),
        (request(USER, call("a")), "prefill"),
        (request(USER, call("a"), said(results("a", "z"))), "unexpected `tool_use_id`.*: z"),
        (request(USER, said(results("a"))), "unexpected `tool_use_id`"),
        (request(USER, call("a"), said(results("a", "a"))), "single result"),
        (
            request(USER, said([{"type": "thinking", "thinking": ""}], "assistant"), USER),
            "signature: Field required",
        ),
    ],
)
def test_what_the_service_refuses_is_refused(body: dict[str, Any], words: str) -> None:
    problem = refusal(body)
    assert problem is not None
    assert re.search(words, problem)


def bound() -> dict[str, Any]:
    """A conversation with a thinking block that is bound to its beginning."""
    body = request(USER, system="s", tools=[TOOL])
    block = {"type": "thinking", "thinking": "", "signature": prefix_signature(body, [USER])}
    return request(USER, said([block, TEXT], "assistant"), USER, system="s", tools=[TOOL])


def test_a_bound_thinking_block_may_come_back_with_other_marks_effort_and_limits() -> None:
    body = bound()
    body["tools"] = [{**TOOL, "cache_control": {"type": "ephemeral"}}]
    body["messages"][0] = said([{"type": "text", "text": "go", "cache_control": {}}])
    assert refusal(body | {"max_tokens": 99, "output_config": {"effort": "low"}}) is None


@pytest.mark.parametrize("part", ["system", "tools", "messages"])
def test_a_bound_thinking_block_is_refused_behind_another_beginning(part: str) -> None:
    body = copy.deepcopy(bound())
    body[part] = {
        "system": "other",
        "tools": [{**TOOL, "name": "peek"}],
        "messages": [said("other"), *body["messages"][1:]],
    }[part]
    assert "bound to a different conversation" in str(refusal(body))
