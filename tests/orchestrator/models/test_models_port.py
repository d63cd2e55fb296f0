"""The port: usage adds up, replies show their parts, errors say what to do."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.models.port import ModelConfigError, Reply, Usage

counts = st.integers(0, 10**9)
usages = st.builds(Usage, counts, counts, counts, counts)


@settings(derandomize=True, max_examples=50)
@given(usages, usages, usages)
def test_usage_adds_associatively_and_keeps_the_prompt_total(a: Usage, b: Usage, c: Usage) -> None:
    assert (a + b) + c == a + (b + c)
    assert (a + b).prompt_tokens == a.prompt_tokens + b.prompt_tokens
    assert a + Usage() == a


def test_a_reply_shows_its_text_and_tool_calls_among_other_blocks() -> None:
    call = {"type": "tool_use", "id": "t1", "name": "look", "input": {}}
    reply = Reply(
        (
            {"type": "thinking", "thinking": "", "signature": "s"},
            {"type": "text", "text": "one "},
            {"type": "text", "text": "two"},
            call,
            {"type": "novel", "text": "not ours"},
        ),
        "tool_use",
    )
    assert reply.text == "one two"
    assert reply.tool_uses == (call,)


def test_a_configuration_error_is_one_line_with_its_remedy() -> None:
    error = ModelConfigError("no key is set", "set ANTHROPIC_API_KEY")
    assert str(error) == "no key is set: set ANTHROPIC_API_KEY"
    assert (error.what, error.fix) == ("no key is set", "set ANTHROPIC_API_KEY")
