"""pydantic-ai: three agents with a typed envelope as output; the application hands on.

As its docs say under multi-agent applications, programmatic hand-off: `Agent(output_type=...)`, the
output comes by a tool, and the next agent is run with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_ai import Agent, ToolOutput
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from benchmarks import scenario
from benchmarks.worker import Run

PACKAGES = ("pydantic-ai-slim", "anthropic")


class Envelope(BaseModel):
    """What an agent passes on."""

    status: str
    result: str
    next_agent: str | None
    context_forward: dict[str, Any]
    confidence: float
    reasoning: str


async def prepare(url: str, folder: Path) -> Run:
    """The agents are made once."""
    agents = agents_at(url)
    return lambda: chain({name: agent.run for name, agent in agents.items()})


def agents_at(url: str, capabilities: Sequence[Any] = ()) -> dict[str, Agent[None, Envelope]]:
    """The three agents, by name."""
    provider = AnthropicProvider(api_key="sk-bench", base_url=url)
    model = AnthropicModel(scenario.MODEL, provider=provider)
    return {
        name: Agent(
            model,
            name=name,
            output_type=ToolOutput(Envelope),
            capabilities=list(capabilities),
            instructions=scenario.system_of(name),
            tools=list(scenario.TOOLS[name]),
            model_settings={"max_tokens": scenario.MAX_TOKENS},
        )
        for name in scenario.CHAIN
    }


async def chain(runs: dict[str, Any]) -> None:
    """One run: each agent's envelope opens the next one's conversation."""
    agent: str | None = scenario.CHAIN[0]
    opening, results, calls = f"# Request\n\n{scenario.REQUEST}", [], 0
    while agent is not None:
        done = await runs[agent](opening)
        envelope = done.output
        calls += sum(
            part.part_kind == "tool-return" and part.tool_name in scenario.DISPATCH
            for message in done.all_messages()
            for part in message.parts
        )
        results.append(envelope.result)
        agent = envelope.next_agent
        passed = envelope.model_dump_json()
        opening = f"# Request\n\n{scenario.REQUEST}\n\n# Passed on to you\n\n{passed}"
    scenario.check(results, calls)
