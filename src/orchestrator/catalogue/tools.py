"""All tools of the house, and which verdict each has where no rule says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from orchestrator.catalogue import (
    audit,
    checks,
    components,
    exchange,
    golive,
    orders,
    review,
    risk,
)
from orchestrator.toolbox.tool import Effect, Tool
from orchestrator.workspace import tools as workspace

Verdict = Literal["allow", "ask", "deny"]


@cache
def all_tools() -> Mapping[str, Tool]:
    """Every tool by name."""
    every = (
        *risk.TOOLS,
        *exchange.TOOLS,
        *orders.TOOLS,
        *audit.TOOLS,
        *checks.TOOLS,
        *components.TOOLS,
        *golive.TOOLS,
        *review.TOOLS,
        *workspace.TOOLS,
    )
    return {tool.name: tool for tool in sorted(every, key=lambda tool: tool.name)}


def default_verdicts(*, sealed: bool) -> dict[str, Verdict]:
    """Reading and working in the run's own workspace is free; the outside world asks.

    What runs code that agents wrote is free only in a seal.
    """
    running = {
        "bash",
        checks.run_checks.name,
        components.check_component.name,
        golive.go_live_gate.name,
    }
    verdicts: dict[str, Verdict] = {}
    for name, tool in all_tools().items():
        free = tool.effect in {Effect.READ, Effect.WORKSPACE}
        verdicts[name] = "allow" if free and (sealed or name not in running) else "ask"
    return verdicts
