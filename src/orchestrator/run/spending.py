"""What a run used, by agent and by tool, for programs and for people's tables. Pure.

An unknown price is said (`None`), never counted as zero.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from orchestrator.models.port import Usage
from orchestrator.run.parts import ModelSpend, ToolSpend
from orchestrator.run.state import State
from trading_tools.audit.event import decimal_text


@dataclass(frozen=True, slots=True)
class SpendTable:
    """Agents by name, the dearest first; tools by name, the most used first.

    `router` is what choosing agents took; None where no model was asked.
    """

    agents: tuple[tuple[str, ModelSpend], ...]
    tools: tuple[tuple[str, ToolSpend], ...]
    router: ModelSpend | None

    def body(self) -> dict[str, Any]:
        """As `orc show --json` has it."""
        return {
            "agents": [{"agent": name, **spend_body(spend)} for name, spend in self.agents],
            "router": None if self.router is None else spend_body(self.router),
            "tools": [
                {
                    "tool": name,
                    "calls": tool.calls,
                    "errors": tool.errors,
                    "refused": tool.refused,
                    "result_characters": tool.characters,
                }
                for name, tool in self.tools
            ],
        }


def spend_table(state: State) -> SpendTable:
    """What was used by whom."""
    spend = state.spend
    agents = spend.by_agent.items()
    return SpendTable(
        tuple(sorted(agents, key=lambda one: (-one[1].cost_usd, -_tokens(one[1].usage), one[0]))),
        tuple(sorted(spend.by_tool.items(), key=lambda one: (-one[1].calls, one[0]))),
        spend.router if spend.router.attempts else None,
    )


def spend_body(spend: ModelSpend) -> dict[str, Any]:
    """Calls, tokens as the service counts them, and USD (None where a price is not known)."""
    return {
        "model_calls": spend.model_calls,
        "attempts": spend.attempts,
        **asdict(spend.usage),
        "cost_usd": cost_text(spend),
    }


def cost_text(spend: ModelSpend) -> str | None:
    """What it cost in USD; None where some of it had no known price."""
    return None if spend.unpriced else decimal_text(spend.cost_usd)


def _tokens(usage: Usage) -> int:
    return usage.prompt_tokens + usage.output_tokens
