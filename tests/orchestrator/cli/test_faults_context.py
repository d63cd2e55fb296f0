"""The model's window fills: with the service's help, without it, and when it says no first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Desk, Said, endpoint, hand_off
from tests.support.messages_answers import Answer, failure, message, text, thinking, tool_use
from tests.support.messages_api import MessagesApi

TOO_LONG = failure(400, "invalid_request_error", "prompt is too long: 215346 tokens > 200000")


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Desk:
    monkeypatch.setenv("ORC_MODEL_CONTEXT_WINDOW", "200000")
    made = Desk(tmp_path, monkeypatch, capfd)
    made.commit()
    return made


def looks(number: int, prompt_tokens: int) -> dict[str, Any]:
    """A thought, a word and a call, after a prompt of so many tokens."""
    usage = {"input_tokens": 50, "output_tokens": 20}
    usage |= {"cache_read_input_tokens": prompt_tokens, "cache_creation_input_tokens": 0}
    call = tool_use("bash", {"command": f"echo look {number}"}, "toolu_look")
    return message(thinking(), text(f"Look {number}."), call, usage=usage)


def run(desk: Desk, *answers: Any) -> tuple[Said, MessagesApi]:
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--agent", "python-expert", "--json")
    assert api.refused == []
    assert "Traceback" not in said.err
    return said, api


def test_another_endpoint_is_given_a_fresh_conversation(desk: Desk) -> None:
    said, api = run(desk, looks(1, 30_000), looks(2, 150_000), hand_off(result="fine"))
    assert (said.code, said.document["result"]) == (0, "fine")
    sizes = [len(request.body["messages"]) for request in api.requests]
    assert sizes == [1, 3, 1]
    assert all("context_management" not in request.body for request in api.requests)
    fresh = str(api.requests[2].body["messages"])
    assert "look 2" in fresh
    assert "Look 1." in fresh
    timeline = desk.orc("show", "last", "--events").out
    assert "fresh conversation" in timeline


def test_a_service_that_edits_is_asked_to_and_keeps_the_conversation(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORC_MODEL_CONTEXT_EDITING", "on")
    answers = looks(1, 30_000), looks(2, 150_000), looks(3, 60_000), hand_off(result="fine")
    said, api = run(desk, *answers)
    assert (said.code, said.document["result"]) == (0, "fine")
    assert [len(request.body["messages"]) for request in api.requests] == [1, 3, 5, 7]
    asked = ["context_management" in request.body for request in api.requests]
    assert asked == ["anthropic-beta" in request.headers for request in api.requests]
    assert asked == [False, False, True, True]


def test_a_service_that_finds_a_prompt_too_long_is_given_a_shorter_one(desk: Desk) -> None:
    said, api = run(desk, looks(1, 30_000), looks(2, 31_000), TOO_LONG, hand_off(result="fine"))
    assert (said.code, said.document["result"]) == (0, "fine")
    assert [len(request.body["messages"]) for request in api.requests] == [1, 3, 5, 1]


@pytest.mark.parametrize(
    "refused", [TOO_LONG, failure(413, "request_too_large", "Request exceeds the maximum size")]
)
def test_a_first_prompt_that_is_too_long_ends_in_a_limit(desk: Desk, refused: Answer) -> None:
    said, api = run(desk, refused)
    assert (said.code, said.document["limit"]["limit"]) == (4, "context window")
    assert len(api.requests) == 1
