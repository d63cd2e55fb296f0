"""The rule router is deterministic, sure only when the request says who is meant, and explains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.agents.catalogue import AgentCatalogue
from orchestrator.agents.definition import AgentDefinition
from orchestrator.router.cues import KINDS
from orchestrator.router.rules import Route, route


def agent(name: str, description: str, *triggers: str) -> AgentDefinition:
    return AgentDefinition(
        name=name,
        description=description,
        prompt="",
        tools=None,
        disallowed_tools=(),
        model=None,
        effort=None,
        max_turns=None,
        path=Path(f"{name}.md"),
        source="project",
        triggers=triggers,
    )


CATALOGUE = AgentCatalogue.of(
    [
        agent(
            "cache-reviewer",
            "Redis and in-process caching. Not: database schemas (backend-architect); "
            "sockets (wire-specialist).",
            "eviction policy",
        ),
        agent("backend-architect", "Services, queues and Postgres tables.", "service boundaries"),
        agent("wire-specialist", "Connectors of exchanges: streams, signatures.", "listenKey"),
        agent("logic-validator", "Checks formulas and numbers.", "verify the formula"),
        agent("joker", "Tells jokes."),
    ]
)


def to(request_text: str) -> Route:
    return route(request_text, CATALOGUE)


@pytest.mark.parametrize(
    ("request_text", "expected"),
    [
        ("why is our Redis so slow?", "cache-reviewer"),
        ("add a table to postgres", "backend-architect"),
        ("the stream went quiet", "wire-specialist"),
        ("are these numbers good?", "logic-validator"),
    ],
)
def test_words_of_name_and_description_give_a_best_guess(request_text: str, expected: str) -> None:
    found = to(request_text)
    assert (found.agent, found.sure) == (expected, False)
    assert f"best guess: {expected}" in found.why


def test_what_a_description_refers_to_another_agent_counts_for_that_one() -> None:
    assert to("a schema for accounts").agent == "backend-architect"
    assert to("open the sockets").agent == "wire-specialist"


@pytest.mark.parametrize(
    "request_text",
    [
        "joker-free zone: cache-reviewer, look at the postgres tables",
        "@cache-reviewer postgres tables",
        "use the cache reviewer for the postgres tables",
        "let our Cache-Reviewer agent see the postgres tables",
        "the cache reviewer agent should see the postgres tables",
    ],
)
def test_an_agent_called_by_name_takes_the_request_for_sure(request_text: str) -> None:
    found = to(request_text)
    assert (found.agent, found.sure) == ("cache-reviewer", True)
    assert "names cache-reviewer" in found.why


@pytest.mark.parametrize(
    "request_text",
    [
        "agents/cache-reviewer.md: fix the spelling",
        "our cache reviewer left the firm",
        "cache-reviewer-2 fails",
        "mail cache@cache-reviewer.example",
        "you joker, write the tables",
    ],
)
def test_a_name_in_passing_is_no_call(request_text: str) -> None:
    assert not to(request_text).sure


def test_a_refused_agent_is_left_out() -> None:
    found = to("why is Redis slow? but don't use the cache-reviewer")
    assert "cache-reviewer" not in dict(found.ranking)
    assert "not wanted: cache-reviewer" in found.why


def test_of_two_called_agents_the_first_leads_but_nothing_is_sure() -> None:
    found = to("ask logic-validator, then backend-architect")
    assert [name for name, _ in found.ranking[:2]] == ["logic-validator", "backend-architect"]
    assert not found.sure


def test_a_trigger_phrase_of_one_agent_alone_makes_sure() -> None:
    found = to("Which Eviction-Policies should we take?")
    assert (found.agent, found.kind, found.sure) == ("cache-reviewer", "answer", True)
    assert "'eviction policy'" in found.why


def test_trigger_phrases_of_two_agents_leave_it_open() -> None:
    assert not to("verify the formula in our eviction policy").sure


@pytest.mark.parametrize(
    "request_text",
    [
        "the streams of the exchange lost their signatures",
        "is that signature of the exchange connector any good?",
        "postgres tables with queues beside them",
    ],
)
def test_several_words_that_are_one_agents_own_make_sure(request_text: str) -> None:
    found = to(request_text)
    assert found.sure
    assert f"{found.agent} and nobody else goes by " in found.why


@pytest.mark.parametrize(
    "request_text",
    [
        "the stream went quiet",
        "our cache reviewer left the firm",
        "streams and signatures of redis caching",
        "tables of streams with signatures, and queues of exchanges",
    ],
)
def test_less_than_that_leaves_it_open(request_text: str) -> None:
    assert not to(request_text).sure


def test_what_the_instructions_mention_decides_between_equals() -> None:
    twins = [agent(name, "Helps traders.") for name in ("left", "right")]
    twins[1] = replace(twins[1], prompt="Knows all about zebras.")
    assert route("a trader with a zebra", AgentCatalogue.of(twins)).agent == "right"
    assert route("a trader", AgentCatalogue.of(twins)).agent == "left"


def test_a_request_that_fits_nobody_has_no_agent() -> None:
    found = to("dinner tonight?")
    assert (found.agent, found.ranking, found.sure) == (None, (), False)
    assert found.why.startswith("no word of the request fits an agent")


def test_an_empty_catalogue_routes_to_nobody() -> None:
    assert route("review it", AgentCatalogue.of([])).agent is None


def test_a_verdict_on_another_agents_subject_is_left_open() -> None:
    assert to("repair the streams of the exchange, signatures too").sure
    found = to("are the streams of the exchange right, signatures too?")
    assert (found.agent, found.kind, found.sure) == ("wire-specialist", "validate", False)


TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            [*CATALOGUE.names, "use", "not", "redis", "check", "?", ",", "\n", "=", "`", "buy", "1"]
        ),
        max_size=12,
    ).map(" ".join),
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(TEXTS)
def test_any_request_gets_a_consistent_route(request_text: str) -> None:
    found = to(request_text)
    assert found == to(request_text)
    assert found.kind in KINDS
    assert found.agent == (found.ranking[0][0] if found.ranking else None)
    scores = [score for _, score in found.ranking]
    assert scores == sorted(scores, reverse=True)
    assert not (found.sure and found.agent is None)


def test_of_a_very_long_request_the_beginning_and_the_end_are_read() -> None:
    pasted = "x " * 100_000
    assert to(f"why is Redis slow? {pasted}").agent == "cache-reviewer"
    assert to(f"{pasted} why is Redis slow?").agent == "cache-reviewer"
    assert to(f"{pasted} Redis {pasted}").agent is None
