"""The recorded runs: what is asked, of which project, under which rules.

`tests/cassettes/record.py` records each over HTTP, the tests replay them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CASSETTES = Path(__file__).resolve().parents[1] / "cassettes"


@dataclass(frozen=True)
class Scenario:
    """One recorded run; its cassette is `<name>.json` and its run id is `name`.

    `simulator`: a quiet venue is served meanwhile, which the run's orders may go to.
    """

    name: str
    request: str
    agent: str | None = None
    model: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    approves: bool = False
    simulator: bool = False
    exit_code: int = 0

    @property
    def cassette(self) -> Path:
        """Where its recording is."""
        return CASSETTES / f"{self.name}.json"


SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "demo",
            "Add a Bybit perpetual momentum bot sized by fractional Kelly",
            agent="trading-bot-specialist",
        ),
        Scenario(
            "validation",
            "Validate Kelly sizing: win rate 0.65, payoff 1.5, 2% cap, 10000 USDT",
            model="claude-opus-5-5",  # whoever names a model wants it asked, not the playbook
        ),
        Scenario(
            "blocked",
            "Deploy the desk to our VPS at desk-01 tonight and switch it to live trading",
            agent="deployment-integration-expert",
            exit_code=1,
        ),
        Scenario(
            "approval",
            "Run `make report` and tell me the edge per trade it prints",
            agent="python-expert",
            environ={"ORC_PERMISSIONS_ASK": "bash(make:*)"},
            approves=True,
        ),
        Scenario(
            "routed",
            "What does our desk let us send on the BTC perp? "
            "I have 0.00149 BTC, what would go out?",
        ),
        Scenario(
            "overload",
            "Which tick size and step size does desk/market.py set for the BTC perpetual?",
            agent="python-trading-expert",
        ),
        Scenario(
            "act",
            "Place a resting buy of 0.002 BTC/USDT at 58,800.50 USDT on the Binance simulator, "
            "check with the venue that it is really in the book, and report its state",
            agent="exchange-integration-specialist",
            simulator=True,
        ),
    )
}
