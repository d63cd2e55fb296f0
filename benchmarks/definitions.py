"""The scenario's agents and tools as the harness takes them."""

from __future__ import annotations

from pathlib import Path

from benchmarks import scenario
from orchestrator.agents.definition import AgentDefinition
from orchestrator.run.definitions import Definitions
from orchestrator.toolbox.tool import Effect, Tool, tool

TOOLS: dict[str, Tool] = {
    name: tool(effect=Effect.READ)(function) for name, function in scenario.DISPATCH.items()
}


def definitions() -> Definitions:
    """The three agents, each with its two tools and the handoff."""
    return Definitions.build(
        [
            AgentDefinition(
                name=name,
                description=scenario.about(name),
                prompt=scenario.prompt_of(name),
                tools=tuple(function.__name__ for function in scenario.TOOLS[name]),
                disallowed_tools=("ask_user",),
                model=None,
                effort=None,
                max_turns=None,
                path=Path(f"{name}.md"),
                source="bundled",
            )
            for name in scenario.CHAIN
        ],
        TOOLS,
        model_of=lambda definition: scenario.MODEL,
        effort=None,
    )
