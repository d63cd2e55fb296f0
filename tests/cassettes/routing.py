"""The recorded routing: requests whose words do not give the agent away, put to the router model.

Each is a conversation of its own under one system prompt; the labels are never sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from orchestrator.agents.catalogue import AgentCatalogue, bundled_agents_dir
from orchestrator.config.settings import ModelSettings
from orchestrator.models.port import Model
from orchestrator.router.asking import consult
from orchestrator.router.choice import Choice
from tests.support.scenarios import CASSETTES

NAME = "routing"
CASSETTE = CASSETTES / f"{NAME}.json"
_REQUESTS = CASSETTES.parent / "orchestrator" / "router" / "hard_requests.jsonl"


def labelled() -> list[Mapping[str, Any]]:
    """The requests with their labels."""
    return [json.loads(line) for line in _REQUESTS.read_text(encoding="utf-8").splitlines()]


async def route_all(model: Model) -> list[Choice | None]:
    """What the router model chooses for each request, in order."""
    agents = AgentCatalogue.discover(None, None, bundled_agents_dir())
    descriptions = {agent.name: agent.description for agent in agents}
    try:
        return [
            await consult(
                model, ModelSettings().router, one["request"], descriptions, deadline_s=600
            )
            for one in labelled()
        ]
    finally:
        await model.aclose()
