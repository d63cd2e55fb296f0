"""Scenarios in which the venue refuses for a while, is slow, or changes its rules or its clock."""

from __future__ import annotations

from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.drill.scenarios.scenario import Scenario
from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.refusals import Limited, Refusing
from trading_tools.venue.faults.replies import Acted, Slow, Spoilt
from trading_tools.venue.faults.rules import ClockStep, NewRules
from trading_tools.venue.wire.messages import Operation, Trouble

_ON = (Invariant.ONE_ORDER_PER_INTENT, Invariant.NO_ORPHAN_ORDERS, Invariant.RECOVERED)
_RULES = (Invariant.WITHIN_FILTERS, Invariant.RECOVERED)
_ABOUT_ORDERS = frozenset({Operation.PLACE, Operation.CANCEL, Operation.QUERY_ORDER})

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
        seconds=20,
    ),
    Scenario(
        name="d14-clock-step",
        title="The venue's clock steps back by 1.5 seconds: the bot's time is ahead of it.",
        story="Every signed request was refused with -1021, and orders could not be cancelled for "
        "hours.",
        links=(
            "https://github.com/DeviaVir/zenbot/issues/1014",
            "https://github.com/ccxt/ccxt/issues/2281",
        ),
        invariants=_ON,
        faults=(ClockStep("clock-step", Act(nth=2)),),
        seconds=20,
        venues=frozenset({"binance", "binanceusdm", "bybit"}),
    ),
    Scenario(
        name="d15-nonce-collision",
        title="Two requests of one key collide: invalid nonce.",
        story="Two processes shared one Kraken key, or a request was sent again after a timeout; "
        "too many bad nonces lock the key out.",
        links=(
            "https://github.com/veox/python3-krakenex/issues/21",
            "https://github.com/butor/blackbird/issues/529",
        ),
        invariants=_ON,
        faults=(Spoilt("nonce", Act(nth=2), Trouble.BAD_NONCE, Acted.NO, times=2),),
        venues=frozenset({"kraken"}),
    ),
    Scenario(
        name="d16-coarser-tick",
        title="Ticks become ten times coarser while the bot runs.",
        story="Prices and sizes from floats and from rules of yesterday were refused, exits among "
        "them.",
        links=(
            "https://github.com/CyberPunkMetalHead/Binance-volatility-trading-bot/issues/19",
            "https://github.com/MohammedRashad/Crypto-Copy-Trader/issues/26",
            "https://github.com/Polymarket/py-clob-client-v2/issues/99",
        ),
        invariants=_RULES,
        faults=(NewRules("coarser-tick", Act(nth=2), tick_times=10),),
    ),
    Scenario(
        name="d17-higher-notional",
        title="The smallest worth of an order rises tenfold while the bot runs.",
        story="What was left of a partly filled order was below the new minimum, and could not be "
        "sold.",
        links=("https://github.com/freqtrade/freqtrade/issues/8229",),
        invariants=_RULES,
        faults=(NewRules("higher-notional", Act(nth=2), notional_times=10),),
    ),
    Scenario(
        name="d20-maintenance",
        title="The venue is in maintenance for four seconds.",
        story="Loops that tried again at once ended in a ban; others took the refusal for an "
        "answer about their order.",
        links=("https://github.com/ccxt/ccxt/issues/2281",),
        invariants=_ON,
        faults=(Refusing("maintenance", Act(nth=2), Trouble.MAINTENANCE),),
        seconds=20,
    ),
    Scenario(
        name="d26-firewall-403",
        title="A firewall in front of the venue answers 403 with a page of HTML for four seconds.",
        story="The refusal is not JSON, and ccxt's class for it is that of an outage, of which an "
        "order may have been done.",
        links=("https://github.com/Drakkar-Software/OctoBot/issues/2108",),
        invariants=_ON,
        faults=(Refusing("firewall", Act(nth=2), Trouble.FIREWALL),),
        seconds=20,
    ),
    Scenario(
        name="d27-slow-venue",
        title="Six answers about orders take one to two and a half seconds.",
        story="Timeouts of one second, with a retry by default, became duplicate orders.",
        links=("https://github.com/s4w3d0ff/python-poloniex/issues/109",),
        invariants=_ON,
        faults=(Slow("slow", Act(_ABOUT_ORDERS, 3), delay_s=1.0, jitter_s=1.5, times=6),),
        seconds=25,
    ),
)
