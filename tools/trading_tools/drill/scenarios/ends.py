"""Scenarios without a fault of the venue: nothing happens, or the bot itself is ended."""

from __future__ import annotations

from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.drill.scenarios.scenario import Scenario, Signal, SignalKind
from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.fills import Filled
from trading_tools.venue.faults.replies import Ending, Spoilt

CALM = Scenario(
    name="calm",
    title="Nothing goes wrong: what the bot does of itself, against which the others are held.",
    story="A bot that breaks rules on a good day needs no disaster.",
    links=(),
    invariants=(Invariant.WITHIN_FILTERS,),
)

ENDS = (
    Scenario(
        name="d18-restart",
        title="The bot is killed with one order partly filled and one on its way, and restarted.",
        story="Working orders were dropped at the start, fills were booked again, and a position "
        "that did not match was logged and then ignored.",
        links=(
            "https://github.com/nautechsystems/nautilus_trader/issues/3046",
            "https://github.com/nautechsystems/nautilus_trader/issues/4736",
            "https://github.com/nautechsystems/nautilus_trader/issues/5000",
            "https://github.com/BYTEX-TRADE/bytex/issues/30",
        ),
        invariants=(
            Invariant.ONE_ORDER_PER_INTENT,
            Invariant.POSITION_AS_DECLARED,
            Invariant.NO_ORPHAN_ORDERS,
        ),
        faults=(
            Filled("partial-fill", nth=1),
            Spoilt("ack-never-comes", Act(nth=2), Ending.HANG),
        ),
        signals=(Signal(SignalKind.RESTART, after_orders=2),),
        seconds=20,
    ),
    Scenario(
        name="sigterm",
        title="A deployment ends the bot with SIGTERM while it has orders in the book.",
        story="Supervisors and container platforms send SIGTERM and kill ten seconds later; orders "
        "that are left in the book fill while nobody watches.",
        links=("https://github.com/nautechsystems/nautilus_trader/issues/5000",),
        invariants=(Invariant.CANCELLED_AFTER_SIGTERM, Invariant.NO_ORPHAN_ORDERS),
        signals=(Signal(SignalKind.TERM, after_orders=2, delay_s=0.1),),
    ),
    Scenario(
        name="kill",
        title="The kill switch is pulled while the bot trades.",
        story="RTS 6 article 12 asks for it: cancel at once any or all unexecuted orders. Firms "
        "that could not went on losing.",
        links=("https://nomox.eu/nomox_en/2014l0065-mif2/2017r0589-rts6/2017r0589_en.12",),
        invariants=(Invariant.NO_ORDERS_AFTER_KILL, Invariant.NO_ORPHAN_ORDERS),
        signals=(Signal(SignalKind.KILL_SWITCH, after_orders=2),),
    ),
)
