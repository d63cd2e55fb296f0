"""What a scenario sets up inside of the seal: its venues, its market and its faults."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from trading_tools.drill.inside.stage import BotControl, Clock, Stage
from trading_tools.drill.oracle.recovery import LASTS_MS
from trading_tools.drill.scenarios.catalogue import scenario
from trading_tools.drill.spec import DrillError, DrillSpec
from trading_tools.venue.core.ledger import VenueLedger
from trading_tools.venue.market.candle_files import CandleFileError, read_candles
from trading_tools.venue.names import VENUES
from trading_tools.venue.wire.venue import Venue

STAGE: Final = f"{__name__}:opened"
PATIENT: Final = f"{__name__}:patient"
"""How a spec names them."""
PATIENCE_S: Final = 11
"""How much longer a bot may take that has yet to recover: what the oracle waits, and a second."""
_LOOK_EVERY_S: Final = 0.25


def opened(spec: DrillSpec, clock: Clock, bot: BotControl) -> Stage:
    """The spec's venues under the faults of the scenario that it names."""
    del bot  # it is ended when the spec says
    venues = [VENUES[name](spec.seed, clock) for name in spec.venues]
    if spec.market is not None:
        _replay(spec.market, venues)
    return Stage(venues, scenario(spec.scenario).plan(spec.seed))


def patient(spec: DrillSpec, clock: Clock, bot: BotControl) -> Stage:
    """As `opened`; the bot is ended early where no more is to be seen of it.

    That is `PATIENCE_S` before its time is over, unless a fault has met it and it has not yet
    placed an order after the fault's end.
    """
    stage = opened(spec, clock, bot)
    loop = asyncio.get_running_loop()
    usual_s = spec.timeout_s - PATIENCE_S

    def look() -> None:
        if not all(_recovering(venue.place.ledger) for venue in stage.venues):
            bot.terminate(f"after {usual_s:g} s nothing more is to be seen")
        else:
            loop.call_later(_LOOK_EVERY_S, look)

    loop.call_later(usual_s, look)
    return stage


def _recovering(ledger: VenueLedger) -> bool:
    """Whether a fault has met the bot that it has not yet traded after."""
    met = ledger.of("fault.delivered", "fault.ended")
    if not any(entry.kind == "fault.delivered" for entry in met):
        return False
    since = met[-1].at + (LASTS_MS if met[-1].kind == "fault.delivered" else 0)
    orders = ledger.of("order.accepted")
    return not any(entry.seq > met[-1].seq and entry.at >= since for entry in orders)


def _replay(file: Path, venues: Sequence[Venue]) -> None:
    try:
        candles = read_candles(file)
        for venue in venues:
            venue.place.replay(candles)
    except CandleFileError as error:
        raise DrillError(str(error)) from None
