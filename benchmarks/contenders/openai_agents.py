"""openai-agents with its LiteLLM model for Anthropic: three agents, `handoffs`, one `Runner.run`.

Tracing is off, as its docs advise where no OpenAI key is set.
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else litellm asks the network on import

from agents import (
    Agent,
    Handoff,
    ModelSettings,
    Runner,
    SQLiteSession,
    function_tool,
    handoff,
    set_tracing_disabled,
)
from agents.extensions.models.litellm_model import LitellmModel
from agents.items import ToolCallOutputItem

from benchmarks import scenario
from benchmarks.worker import Run

PACKAGES = ("openai-agents", "litellm")


async def prepare(url: str, folder: Path) -> Run:
    """The agents are made once."""
    first = agents_at(url)
    return lambda: run(first, None)


def agents_at(url: str) -> Agent:
    """The chain's first agent, which knows the next."""
    set_tracing_disabled(True)
    model = LitellmModel(f"anthropic/{scenario.MODEL}", base_url=url, api_key="sk-bench")
    following: list[Handoff] = []
    for name in reversed(scenario.CHAIN):
        agent = Agent(
            name=name,
            instructions=scenario.system_of(name),
            tools=[function_tool(function) for function in scenario.TOOLS[name]],
            handoffs=list(following),
            model=model,
            model_settings=ModelSettings(max_tokens=scenario.MAX_TOKENS),
        )
        # Its own name for the tool would hold the agent's hyphens, and warn of them in each run.
        following = [handoff(agent, tool_name_override=f"transfer_to_{name.replace('-', '_')}")]
    return agent


async def run(first: Agent, session: SQLiteSession | None) -> None:
    """One run of the chain."""
    done = await Runner.run(first, scenario.REQUEST, session=session, max_turns=20)
    calls = sum(isinstance(item, ToolCallOutputItem) for item in done.new_items)
    scenario.check([done.final_output], calls)
