"""Scenarios in which the venue refuses for a while."""

from __future__ import annotations

from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.drill.scenarios.scenario import Scenario
from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.refusals import Limited

LIMITS = (
    Scenario(
        name="d13-429-then-418",
        title="One request too many: a warning with Retry-After, and a ban for whoever goes on.",
        story="Bots went on after 429 and were banned with their default settings, some for days; "
        "ccxt has no RateLimitExceeded for Binance's 429 and 418, but DDoSProtection.",
        links=(
            "https://github.com/Drakkar-Software/OctoBot/issues/2108",
            "https://github.com/GuntharDeNiro/BTCT/issues/427",
            "https://github.com/svanas/nefertiti/issues/55",
            "https://github.com/ccxt/binance-trade-bot/issues/283",
        ),
        invariants=(Invariant.NO_RATE_VIOLATIONS_AFTER_WARNING, Invariant.RECOVERED),
        faults=(Limited("rate-limit", Act(nth=2)),),
    ),
)
