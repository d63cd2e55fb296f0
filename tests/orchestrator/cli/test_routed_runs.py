"""Runs whose first agent the router model chooses, from the command line over real HTTP."""

from __future__ import annotations

import pytest

from tests.support.command import Desk, chooses, endpoint, hand_off, of_router
from tests.support.messages_answers import failure
from tests.support.messages_api import MessagesApi

OPEN = "make the thing faster"


def test_the_router_is_asked_first_and_what_it_cost_is_shown_apart(desk: Desk) -> None:
    with endpoint([hand_off(result="fine")], chooses("api-expert")) as api:
        desk.serve(api)
        said = desk.orc("run", OPEN, "--json")
    assert (said.code, said.document["kind"]) == (0, "answer")
    assert [link["agent"] for link in said.document["chain"]] == ["api-expert"]
    usage = said.document["usage"]
    assert (usage["model_calls"], usage["router"]["model_calls"]) == (2, 1)
    assert "api-expert  takes the request: answer, chosen by the router" in said.err
    shown = desk.orc("show", "last").out.splitlines()
    assert any(line.split()[:2] == ["router", "1"] for line in shown)
    assert "the router's turn 1" in desk.orc("show", "last", "--events").out
    assert [of_router(request.body) for request in api.requests] == [True, False]
    assert api.refused == []


def test_an_open_request_waits_for_an_answer_and_goes_on_with_it(desk: Desk) -> None:
    with endpoint([], chooses(question="Which thing?")) as api:
        desk.serve(api)
        asked = desk.orc("run", OPEN, "--json")
    assert asked.code == 3
    assert "the router asks you: Which thing?" in asked.err
    assert asked.document["waiting_for"]["text"] == "Which thing?"
    run = asked.document["run"]
    assert "Which thing?" in desk.orc("show", run).out
    with endpoint([hand_off(result="fine")], chooses("webhook-expert")) as api:
        desk.serve(api)
        said = desk.orc("answer", run, "the alerts", "--json")
    assert (said.code, said.document["chain"][0]["agent"]) == (0, "webhook-expert")
    routing, working = api.requests
    assert [message["role"] for message in routing.body["messages"]] == [
        "user",
        "assistant",
        "user",
    ]
    assert "The user answers: the alerts" in str(working.body["messages"][0])
    assert api.refused == []


def test_what_is_none_of_ours_is_refused_with_a_reason_and_leaves_nothing(desk: Desk) -> None:
    with endpoint([], chooses("none of ours", why="It is about a cat.")) as api:
        desk.serve(api)
        said = desk.orc("run", "feed the cat", "--json")
        again = desk.orc("resume", said.document["run"], "--json")
    assert (said.code, said.document["status"], said.document["kind"]) == (1, "blocked", None)
    assert said.document["result"].startswith("This is none of ours: It is about a cat.")
    assert said.document["branch"] is None
    assert (again.code, len(api.requests)) == (1, 1)
    assert "none of ours" in desk.orc("show", "last").out
    assert desk.orc("show", "last", "--events").code == 0
    assert desk.orc("runs").code == 0


def test_a_named_agent_and_a_sure_request_cost_no_router_call(desk: Desk) -> None:
    for words in (["Is it?", "--agent", "python-expert"], ["use the python-expert: is it?"]):
        with endpoint([hand_off(result="fine")]) as api:
            desk.serve(api)
            said = desk.orc("run", *words, "--json")
        assert (said.code, said.document["usage"]["router"]["model_calls"]) == (0, 0)
        assert len(api.requests) == 1


def test_a_router_model_that_is_not_served_names_its_key_and_nothing_is_lost(desk: Desk) -> None:
    with MessagesApi([failure(404, "not_found_error", "model: claude-haiku-5-5")]) as api:
        desk.serve(api)
        failed = desk.orc("run", OPEN, "--json")
    assert failed.code == 2
    assert "model.router" in failed.document["error"]["fix"]
    with endpoint([hand_off(result="fine")]) as api:
        desk.serve(api)
        assert desk.orc("resume", "last", "--json").code == 0


def test_a_budget_needs_the_price_of_the_router_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORC_MODEL_ROUTER", "made-up-router-1")
    with endpoint([]) as api:
        desk.serve(api)
        failed = desk.orc("run", OPEN, "--max-usd", "1", "--json")
    assert failed.code == 2
    assert "made-up-router-1" in failed.document["error"]["what"]


def test_a_service_that_is_away_blocks_before_anybody_is_chosen_and_can_be_resumed(
    desk: Desk,
) -> None:
    away = failure(529, "overloaded_error", "Overloaded", headers={"x-should-retry": "false"})
    with MessagesApi([away]) as api:
        desk.serve(api)
        said = desk.orc("run", OPEN, "--json")
    assert (said.code, said.document["status"], said.document["chain"]) == (1, "blocked", [])
    with endpoint([hand_off(result="fine")]) as api:
        desk.serve(api)
        assert desk.orc("resume", "last", "--json").document["result"] == "fine"
