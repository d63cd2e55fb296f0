"""The router model on requests whose words do not give the agent away, replayed from a cassette."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from orchestrator.models.cassettes import replaying
from orchestrator.models.factory import build_model
from orchestrator.router.choice import Choice
from tests.cassettes.routing import CASSETTE, labelled, route_all

Pair = tuple[Mapping[str, Any], Choice]


@pytest.fixture
async def pairs() -> list[Pair]:
    """Each labelled request with what the router model chose."""
    with replaying(CASSETTE) as cassette:
        chosen = await route_all(build_model("anthropic", {"ANTHROPIC_API_KEY": "replay"}))
        assert cassette.all_played
    usable = [choice for choice in chosen if choice is not None]
    return list(zip(labelled(), usable, strict=True))


async def test_the_router_model_finds_agent_and_kind_where_words_mislead(pairs: list[Pair]) -> None:
    clear = [(one, choice) for one, choice in pairs if not one.get("asks")]
    assert len(clear) >= 35
    agents = [(choice.agent or "none") in {one["agent"], *one["also"]} for one, choice in clear]
    kinds = [choice.kind == one["kind"] for one, choice in clear]
    assert sum(agents) >= 0.95 * len(clear)
    assert sum(kinds) >= 0.90 * len(clear)


async def test_it_asks_back_where_a_request_is_truly_open_and_nowhere_else(
    pairs: list[Pair],
) -> None:
    asked = [one["id"] for one, choice in pairs if choice.question]
    assert asked == [one["id"] for one, _ in pairs if one.get("asks")]
    guesses = [(one, choice) for one, choice in pairs if choice.question]
    assert all(choice.agent in one["also"] for one, choice in guesses)
    assert not any(choice.sure for _, choice in guesses)


async def test_it_is_sure_of_most_and_says_why_of_all(pairs: list[Pair]) -> None:
    assert sum(choice.sure for _, choice in pairs) >= 0.8 * len(pairs)
    assert all(choice.why for _, choice in pairs)
