"""Scenarios in which the bot cannot know what became of an order that it sent."""

from __future__ import annotations

from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.drill.scenarios.scenario import Scenario
from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.replies import Acted, Ending, Spoilt
from trading_tools.venue.faults.sight import Unseen
from trading_tools.venue.wire.messages import Trouble

_UNKNOWN = (
    Invariant.ONE_ORDER_PER_INTENT,
    Invariant.POSITION_AS_DECLARED,
    Invariant.NO_ORPHAN_ORDERS,
    Invariant.RECOVERED,
)

LOST_ORDERS = (
    Scenario(
        name="d01-lost-ack",
        title="An order is accepted, and the connection breaks before the answer.",
        story="Bots took the timeout for a failure and ordered again: bought twice, and one of the "
        "two orders was never tracked.",
        links=(
            "https://github.com/ccxt/ccxt/issues/2599",
            "https://github.com/scrtlabs/catalyst/issues/317",
            "https://github.com/AlbatrossAutomated/blue_collar_gdax/issues/1",
            "https://github.com/s4w3d0ff/python-poloniex/issues/109",
        ),
        invariants=_UNKNOWN,
        faults=(Spoilt("lost-ack", Act(nth=2), Ending.RESET),),
    ),
    Scenario(
        name="d02-5xx-accepted",
        title="503 for an order that the venue has accepted.",
        story="Retry libraries sent the order again, up to twenty times, while the first one was "
        "in the book.",
        links=(
            "https://github.com/bennycode/trading-signals/pull/1178",
            "https://github.com/nautechsystems/nautilus_trader/issues/4215",
        ),
        invariants=_UNKNOWN,
        faults=(Spoilt("5xx-accepted", Act(nth=2), Trouble.OVERLOADED),),
    ),
    Scenario(
        name="d03-5xx-not-accepted",
        title="503 for an order that the venue has not taken.",
        story="The same answer as in d02, and the other truth: a bot that believes in the order "
        "waits for fills that never come.",
        links=("https://github.com/ccxt/ccxt/issues/2599",),
        invariants=_UNKNOWN,
        faults=(Spoilt("5xx-not-accepted", Act(nth=2), Trouble.OVERLOADED, Acted.NO),),
        seconds=20,
    ),
    Scenario(
        name="d04-delayed-visibility",
        title="The answer to an order is lost, and for seconds no query finds the order.",
        story="A lookup that found nothing was taken as proof that the order was gone; it had "
        "filled. Frameworks give an order up after three such answers.",
        links=(
            "https://github.com/freqtrade/freqtrade/issues/6392",
            "https://github.com/freqtrade/freqtrade/issues/11461",
        ),
        invariants=_UNKNOWN,
        faults=(
            Spoilt("lost-ack", Act(nth=2), Ending.RESET),
            Unseen("not-to-be-found", nth=2, for_s=4.0),
        ),
        seconds=25,
    ),
    Scenario(
        name="d22-duplicate-after-retry",
        title="A gateway's 502 for an order that rests; the same order again is refused.",
        story="The retry after a lost answer was refused as a duplicate (-4116), and the live "
        "order was marked as rejected.",
        links=("https://github.com/nautechsystems/nautilus_trader/issues/4215",),
        invariants=_UNKNOWN,
        faults=(Spoilt("502-accepted", Act(nth=2), Trouble.BAD_GATEWAY),),
    ),
    Scenario(
        name="d25-empty-200",
        title="200 with an empty body for one accepted order, with half of one for another.",
        story="ccxt returns such an order without an exception, with None as its id and status: "
        "nothing tells the bot that it knows nothing.",
        links=("https://github.com/ccxt/ccxt/issues/2599",),
        invariants=_UNKNOWN,
        faults=(
            Spoilt("empty-200", Act(nth=2), Ending.EMPTY),
            Spoilt("truncated-200", Act(nth=4), Ending.TRUNCATED),
        ),
    ),
    Scenario(
        name="d28-half-an-answer",
        title="The connection breaks in the middle of the answer to an accepted order.",
        story="A proxy cut the answer. ccxt raises a plain ExchangeError, the class of its "
        "refusals: a bot that takes it for one orders again.",
        links=("https://github.com/ccxt/ccxt/issues/2599",),
        invariants=_UNKNOWN,
        faults=(Spoilt("half-an-answer", Act(nth=2), Ending.HALF),),
    ),
)
