"""Scenarios in which orders fill otherwise than the bot expects, or are not shown as they are."""

from __future__ import annotations

from fractions import Fraction

from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.drill.scenarios.scenario import Scenario
from trading_tools.venue.faults.acts import Act, Heard
from trading_tools.venue.faults.fills import CancelRace, Filled
from trading_tools.venue.faults.forced import Deleveraged, Liquidated
from trading_tools.venue.faults.pasts import LongHistory
from trading_tools.venue.faults.sight import StaleBalance
from trading_tools.venue.faults.told import Mangled, Mishap
from trading_tools.venue.wire.messages import Told

_COUNTED = (
    Invariant.ONE_ORDER_PER_INTENT,
    Invariant.POSITION_AS_DECLARED,
    Invariant.NO_ORPHAN_ORDERS,
    Invariant.RECOVERED,
)
_ORDERS = frozenset({Told.ORDERS})

FILLS = (
    Scenario(
        name="d05-cancel-fill-race",
        title="An order fills between the bot's cancel and the venue's doing it.",
        story="The cancel was refused, the exit was sent a second time, and the position was sold "
        "twice.",
        links=("https://github.com/freqtrade/freqtrade/issues/13332",),
        invariants=_COUNTED,
        faults=(CancelRace("cancel-race", nth=1),),
    ),
    Scenario(
        name="d06-partial-then-cancel",
        title="An order fills in parts before the bot cancels what is left.",
        story="The filled part was forgotten: the full amount was placed again, stops were sized "
        "without it, and what was left was too small to sell.",
        links=(
            "https://github.com/freqtrade/freqtrade/issues/8374",
            "https://github.com/freqtrade/freqtrade/issues/8526",
            "https://github.com/freqtrade/freqtrade/issues/8229",
            "https://github.com/hummingbot/hummingbot/issues/3001",
            "https://github.com/hummingbot/hummingbot/issues/7083",
        ),
        invariants=_COUNTED,
        faults=(Filled("partial-fill", nth=2),),
    ),
    Scenario(
        name="d07-doubled-fills",
        title="The private stream tells fills twice and in the wrong order.",
        story="Trades that were told again after a reconnect were booked again.",
        links=("https://github.com/nautechsystems/nautilus_trader/issues/3046",),
        invariants=_COUNTED,
        faults=(
            Filled("fills", nth=1, share=Fraction(1, 3), pieces=3),
            Mangled("told-twice", Heard(_ORDERS, nth=2), Mishap.DOUBLED, times=3),
            Mangled("told-late", Heard(_ORDERS, nth=3), Mishap.LATE),
        ),
    ),
    Scenario(
        name="d19-many-pages",
        title="The account's history is longer than a page.",
        story="Positions and profits were added up from the first page of trades alone.",
        links=("https://github.com/BYTEX-TRADE/bytex/issues/30",),
        invariants=_COUNTED,
        faults=(LongHistory("long-history"),),
    ),
    Scenario(
        name="d21-stale-balance",
        title="The balance that the venue shows is seconds old.",
        story="The next order was sized by money that the last one had spent.",
        links=("https://github.com/freqtrade/freqtrade/issues/11461",),
        invariants=_COUNTED,
        faults=(StaleBalance("stale-balance", Act(nth=2)),),
    ),
    Scenario(
        name="d23-deleveraged",
        title="The venue closes the bot's position by force: a fill that the bot never asked for.",
        story="Auto-deleveraging and liquidation bring fills of orders that are not the bot's own; "
        "a bot that counts its own fills alone closes what is no longer there.",
        links=("https://github.com/nautechsystems/nautilus_trader/issues/4736",),
        invariants=_COUNTED,
        faults=(
            Filled("fill", nth=1, share=Fraction(1), pieces=1),
            Deleveraged("deleveraged"),
        ),
        venues=frozenset({"binanceusdm"}),
    ),
    Scenario(
        name="d30-liquidated",
        title="The venue liquidates the bot's position, its orders in that market before it.",
        story="Orders and position were gone at once, by no act of the bot's: one that counts its "
        "own fills alone goes on with both.",
        links=("https://github.com/nautechsystems/nautilus_trader/issues/4736",),
        invariants=_COUNTED,
        faults=(
            Filled("fill", nth=1, share=Fraction(1), pieces=1),
            Liquidated("liquidated"),
        ),
        venues=frozenset({"binanceusdm"}),
    ),
    Scenario(
        name="d24-one-trade-id",
        title="Several fills of an order carry the same trade id.",
        story="Fills were told apart by trade id alone, and all but the first were dropped as "
        "seen before.",
        links=("https://github.com/hummingbot/hummingbot/issues/5633",),
        invariants=_COUNTED,
        faults=(Filled("one-trade-id", nth=1, share=Fraction(1, 3), pieces=3, one_trade_id=True),),
    ),
)
