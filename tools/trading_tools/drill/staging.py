"""What a scenario sets up inside of the seal: its venues, its market and its faults."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from trading_tools.drill.inside.stage import BotControl, Clock, Stage
from trading_tools.drill.scenarios.catalogue import scenario
from trading_tools.drill.spec import DrillError, DrillSpec
from trading_tools.venue.market.candle_files import CandleFileError, read_candles
from trading_tools.venue.names import VENUES
from trading_tools.venue.wire.venue import Venue

STAGE: Final = f"{__name__}:opened"
"""How a spec names it."""


def opened(spec: DrillSpec, clock: Clock, bot: BotControl) -> Stage:
    """The spec's venues under the faults of the scenario that it names."""
    del bot  # signals are the spec's
    venues = [VENUES[name](spec.seed, clock) for name in spec.venues]
    if spec.market is not None:
        _replay(spec.market, venues)
    return Stage(venues, scenario(spec.scenario).plan(spec.seed))


def _replay(file: Path, venues: Sequence[Venue]) -> None:
    try:
        candles = read_candles(file)
        for venue in venues:
            venue.place.replay(candles)
    except CandleFileError as error:
        raise DrillError(str(error)) from None
