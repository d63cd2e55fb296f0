"""Envelopes that no agent should write, and agents that never end: typed outcomes, no trace."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.command import Desk, Said, does, endpoint, hand_off
from tests.support.messages_answers import Answer, message, say, tool_use

GOOD: dict[str, Any] = {
    "status": "success",
    "result": "fine",
    "next_agent": None,
    "context_forward": {},
    "confidence": 0.8,
    "reasoning": "",
}


def run(
    desk: Desk, answers: list[dict[str, Any] | Answer], *words: str
) -> tuple[Said, list[dict[str, Any]]]:
    with endpoint(answers) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--agent", "python-expert", *words, "--json")
        assert api.refused == []
        assert "Traceback" not in said.err
        return said, [request.body for request in api.requests]


def given(**changes: Any) -> dict[str, Any]:
    """A call of hand_off with exactly these fields changed; None drops none."""
    return message(tool_use("hand_off", {**GOOD, **changes}, "toolu_x"))


def lacking(name: str) -> dict[str, Any]:
    fields = {key: value for key, value in GOOD.items() if key != name}
    return message(tool_use("hand_off", fields, "toolu_x"))


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(say('```json\n{"status": "success", "result": "fine",}\n```'), id="fenced"),
        pytest.param(
            say('{"status": "success", "result": "fine", "confidence": 0.9} // done'), id="comment"
        ),
        pytest.param(given(), id="sound"),
    ],
)
def test_what_can_be_mended_is_mended_without_asking(desk: Desk, first: dict[str, Any]) -> None:
    said, requests = run(desk, [first, say("never asked for")])
    if len(requests) == 1:
        assert (said.code, said.document["result"]) == (0, "fine")
    else:
        assert "handoff was not accepted" in str(requests[1]["messages"][-1])


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        pytest.param(given(confidence=1.7), "confidence", id="confidence-too-large"),
        pytest.param(given(confidence=-0.2), "confidence", id="confidence-negative"),
        pytest.param(given(confidence="very"), "confidence", id="confidence-text"),
        pytest.param(given(status="done and dusted"), "status", id="status"),
        pytest.param(given(status=["success"]), "status", id="status-list"),
        pytest.param(given(status="complete", next_agent="api-expert"), "complete", id="contra"),
        pytest.param(given(next_agent="python-exprt-wizard"), "next_agent", id="unknown-agent"),
        pytest.param(given(context_forward=[1, 2]), "context_forward", id="context-list"),
        pytest.param(given(result="", reasoning=""), "result", id="empty"),
        pytest.param(lacking("status"), "status", id="without-status"),
        pytest.param(say('{"status": "success", "result": "fi'), "envelope", id="truncated"),
        pytest.param(
            say('{"status":"success","result":"a"} {"status":"blocked","result":"b"}'),
            "envelope",
            id="doubled",
        ),
        pytest.param(given(result="x" * 300_000), "bytes", id="enormous"),
        pytest.param(say("[" * 900), "envelope", id="deep"),
        pytest.param(say('{"a":' * 150), "envelope", id="deep-objects"),
        pytest.param(
            message(tool_use("hand_off", GOOD, "toolu_a"), tool_use("hand_off", GOOD, "toolu_b")),
            "hand_off",
            id="two-calls",
        ),
        pytest.param(given(result="The answer is in [r999]"), "r999", id="no-such-receipt"),
    ],
)
def test_a_bad_envelope_is_sent_back_twice_and_then_blocks_with_the_reason(
    desk: Desk, bad: dict[str, Any], named: str
) -> None:
    said, requests = run(desk, [bad])
    assert (said.code, said.document["status"]) == (1, "blocked")
    assert named in said.document["result"]
    assert len(requests) == 3
    assert named in str(requests[1]["messages"][-1])


@pytest.mark.parametrize("bad", [given(confidence=1.7), say('{"status": "success", "resu')])
def test_an_agent_that_mends_its_envelope_goes_on(desk: Desk, bad: dict[str, Any]) -> None:
    said, requests = run(desk, [bad, bad, hand_off(result="fine")])
    assert (said.code, said.document["result"], len(requests)) == (0, "fine", 3)


def test_the_nearest_agents_are_named_to_whom_names_nobody(desk: Desk) -> None:
    _, requests = run(desk, [given(next_agent="api-exprt-x"), hand_off(result="fine")])
    assert "api-expert" in str(requests[1]["messages"][-1])


def test_a_handoff_beside_other_calls_runs_none_of_them(desk: Desk) -> None:
    both = message(
        tool_use("bash", {"command": "touch made-beside"}, "toolu_a"),
        tool_use("hand_off", GOOD, "toolu_b"),
    )
    look = does(("bash", {"command": "ls"}))
    said, requests = run(desk, [both, look, hand_off(result="fine")])
    assert said.code in {0, 1}
    assert "made-beside" not in str(requests[-1]["messages"][-1])
    events = desk.orc("show", "last", "--events", "--json").document["events"]
    commands = [e["body"]["arguments"] for e in events if e["kind"] == "tool.intended"]
    assert {"command": "touch made-beside"} not in commands


def test_an_envelope_whose_text_is_half_a_character_ends_in_a_clear_outcome(desk: Desk) -> None:
    said, _ = run(desk, [given(result="broken \ud83d here")])
    assert said.code in {0, 1}
    assert said.document["status"] in {"success", "blocked"}
    assert desk.orc("audit", "verify", "--json").document["valid"] is True


def test_agents_that_hand_to_each_other_for_ever_meet_a_limit(desk: Desk) -> None:
    def script(body: Any, headers: Any, n: int) -> Any:
        del headers
        mine = "api-expert" if "You are api-expert" in str(body["system"]) else "python-expert"
        other = "python-expert" if mine == "api-expert" else "api-expert"
        return hand_off(f"toolu_{n}", status="needs_help", next_agent=other, result=f"round {n}")

    from tests.support.messages_api import MessagesApi

    with MessagesApi(script) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--agent", "python-expert", "--json")
        assert api.refused == []
    assert (said.code, said.document["status"]) == (4, "limited"), said.document
    limit = said.document["limit"]
    assert limit["limit"] in {"ping-pong", "hops"}
    assert "python-expert" in limit["reached"]
    assert limit["left"]


def test_three_agents_in_a_ring_meet_the_limit_of_hops(desk: Desk) -> None:
    ring = ["python-expert", "api-expert", "webhook-expert"]

    def script(body: Any, headers: Any, n: int) -> Any:
        del body, headers
        return hand_off(f"toolu_{n}", next_agent=ring[n % 3], result=f"round {n}")

    from tests.support.messages_api import MessagesApi

    with MessagesApi(script) as api:
        desk.serve(api)
        said = desk.orc("run", "Is it fine?", "--agent", "python-expert", "--json")
    assert (said.code, said.document["limit"]["limit"]) == (4, "hops")
    assert len(said.document["chain"]) == 12


@pytest.mark.parametrize(
    "call",
    [
        ("bash", {"command": "echo again"}),
        ("bash", {"command": "exit 3"}),
        ("no_such_tool", {}),
        ("str_replace_based_edit_tool", {"command": "view", "path": "nowhere.txt"}),
    ],
)
def test_a_call_repeated_for_ever_meets_a_limit(
    desk: Desk, call: tuple[str, dict[str, Any]]
) -> None:
    said, requests = run(desk, [does(call)])
    assert (said.code, said.document["limit"]["limit"]) == (4, "repeated call")
    assert call[0] in said.document["limit"]["reached"]
    assert len(requests) == 5


def test_a_limited_run_goes_on_from_where_it_stopped(desk: Desk) -> None:
    there = hand_off(next_agent="api-expert", result="a part is done")
    run(desk, [there], "--max-hops", "0")
    with endpoint([hand_off(next_agent="api-expert"), hand_off(result="fine")]) as api:
        desk.serve(api)
        again = desk.orc("resume", "last", "--max-hops", "3", "--json")
        assert api.refused == []
    assert (again.code, again.document["status"]) == (0, "success"), again.document
