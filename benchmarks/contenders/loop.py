"""The loop that one writes by hand over the SDK, for the contenders that differ in one thing only.

Tools by a dict, the handoff by hand, no record, no limits, no checks.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks import scenario

Json = dict[str, Any]
Ask = Callable[[Json], Awaitable[list[Json]]]
"""Sends one request's body and gives the reply's blocks."""
Note = Callable[[str, Json], None]


def ignore(kind: str, what: Json) -> None:
    """Keep no journal."""


async def run(ask: Ask, note: Note = ignore) -> None:
    """One run of the chain; `note` is told of each step."""
    agent: str | None = scenario.CHAIN[0]
    opening = f"# Request\n\n{scenario.REQUEST}"
    results: list[str] = []
    calls = 0
    while agent is not None:
        envelope, made = await _part(ask, note, agent, opening)
        calls += made
        results.append(envelope["result"])
        agent = envelope["next_agent"]
        opening = f"# Request\n\n{scenario.REQUEST}\n\n# Passed on to you\n\n{json.dumps(envelope)}"
    scenario.check(results, calls)


async def _part(ask: Ask, note: Note, agent: str, opening: str) -> tuple[Json, int]:
    messages: list[Json] = [{"role": "user", "content": opening}]
    made = 0
    while True:
        blocks = await ask(
            {
                "model": scenario.MODEL,
                "max_tokens": scenario.MAX_TOKENS,
                "system": scenario.system_of(agent),
                "tools": TOOLS[agent],
                "messages": messages,
            }
        )
        note("reply", {"agent": agent, "content": blocks})
        messages.append({"role": "assistant", "content": blocks})
        answers = []
        for block in blocks:
            if block["type"] != "tool_use":
                continue
            if block["name"] == "hand_off":
                return block["input"], made
            result = scenario.DISPATCH[block["name"]](**block["input"])
            note("result", {"call": block["id"], "text": result})
            answers.append({"type": "tool_result", "tool_use_id": block["id"], "content": result})
            made += 1
        messages.append({"role": "user", "content": answers})


def _tools() -> dict[str, list[Json]]:
    from benchmarks.definitions import definitions

    built = definitions()
    return {agent: [dict(tool) for tool in built.tools_of(agent)] for agent in scenario.CHAIN}


TOOLS = _tools()
"""The tools' wire forms by agent: the same that the engine sends."""
