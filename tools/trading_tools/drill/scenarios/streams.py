"""Scenarios in which streams fall silent, break, or tell less than happened."""

from __future__ import annotations

from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.drill.scenarios.scenario import Scenario
from trading_tools.venue.faults.acts import Heard
from trading_tools.venue.faults.streams import Silent

STREAMS = (
    Scenario(
        name="d09-silent-stall",
        title="A stream stays open and pings, and brings no more data.",
        story="watch_order_book hung silently after hours; the bot traded on a book of yesterday.",
        links=(
            "https://github.com/ccxt/ccxt/issues/22662",
            "https://github.com/ccxt/ccxt/issues/21731",
            "https://github.com/ccxt/ccxt/issues/23214",
        ),
        invariants=(Invariant.STREAM_BACK_IN_TIME, Invariant.RECOVERED),
        faults=(Silent("silent-stream", Heard(nth=3)),),
    ),
)
