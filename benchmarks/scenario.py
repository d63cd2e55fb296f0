"""The chain that every contender runs: three agents, nine model calls, six tool calls.

Here live the agents, their prompts, their tools and the request. What the model says to them is
`standin`; how a contender drives them is its own module.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

REQUEST = "How large may a long position in BTC/USDT be with 10000 USDT and 2% risk?"
MODEL = "claude-opus-5-5"
MAX_TOKENS = 4000

CHAIN = ("trading-strategy-expert", "risk-engine-architect", "trading-logic-validator")
"""The agents in their order; their prompts are the shipped files'."""

_AGENTS = Path(__file__).resolve().parent.parent / "agents"


def ticker(symbol: str) -> str:
    """Last price, bid, ask and volume of a market."""
    return _table(symbol, last="64210.5", bid="64210.1", ask="64210.9", volume_24h="18233.41")


def order_book(symbol: str) -> str:
    """The ten best levels of each side of a market's book."""
    levels = [[f"{64210 - n}.1", f"0.{n}31"] for n in range(10)]
    return json.dumps({"symbol": symbol, "bids": levels, "asks": levels})


def volatility(symbol: str) -> str:
    """Realised volatility of a market over several windows, as fractions a day."""
    return _table(symbol, d1="0.0213", d7="0.0247", d30="0.0291", d90="0.0312")


def position_size(symbol: str) -> str:
    """The largest position that a risk budget allows, in base units and in quote currency."""
    return _table(symbol, size_base="0.1557", notional_quote="9997.57", stop="62926.3")


def balance(symbol: str) -> str:
    """The account's free and used quote currency, by asset."""
    return _table(symbol, free_usdt="10000.00", used_usdt="0.00", total_usdt="10000.00")


def market_limits(symbol: str) -> str:
    """The smallest and largest order of a market, its tick and its step."""
    return _table(symbol, tick_size="0.1", step_size="0.0001", min_notional="5", max_size="120")


Function = Callable[..., str]

TOOLS: dict[str, tuple[Function, Function]] = {
    CHAIN[0]: (ticker, order_book),
    CHAIN[1]: (volatility, position_size),
    CHAIN[2]: (balance, market_limits),
}
"""What each agent may call; it calls each once, in this order, then hands on."""

DISPATCH: dict[str, Function] = {f.__name__: f for pair in TOOLS.values() for f in pair}


class WentWrong(Exception):
    """A contender's run was not the chain; its figures would mean nothing."""


def next_of(agent: str) -> str | None:
    """Who takes over from `agent`; None after the last."""
    position = CHAIN.index(agent) + 1
    return CHAIN[position] if position < len(CHAIN) else None


@cache
def prompt_of(agent: str) -> str:
    """The body of the agent's shipped file."""
    return (_AGENTS / f"{agent}.md").read_text(encoding="utf-8").split("\n---\n", 1)[1].strip()


@cache
def system_of(agent: str) -> str:
    """The system prompt that every contender sends: the engine's own, rules and colleagues too."""
    from orchestrator.run.prompts import RULES, system_prompt

    return system_prompt(agent, prompt_of(agent), RULES, {name: about(name) for name in CHAIN})


def about(agent: str) -> str:
    """The agent's description: what its colleagues are told of it."""
    return f"{agent.replace('-', ' ')} of the desk; gives figures with their source"


def check(answers: list[str], calls: int) -> None:
    """Refuse a run that did not end with the last agent's answer after all calls.

    Raises:
        WentWrong: it did not.
    """
    if calls != len(DISPATCH) or not answers or "0.1557 BTC" not in answers[-1]:
        raise WentWrong(f"{calls} tool calls, answers {answers!r:.300}")


def _table(symbol: str, **figures: str) -> str:
    note = "Figures are of the venue's public data, in the venue's own precision."
    return json.dumps({"symbol": symbol, **figures, "note": note})
