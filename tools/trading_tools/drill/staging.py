"""What a scenario sets up inside of the seal: its venues, its market and its faults."""

from __future__ import annotations

from typing import Final

from trading_tools.drill.inside.stage import BotControl, Clock, Stage
from trading_tools.drill.scenarios.catalogue import scenario
from trading_tools.drill.spec import DrillSpec
from trading_tools.venue.names import VENUES

STAGE: Final = f"{__name__}:opened"
"""How a spec names it."""


def opened(spec: DrillSpec, clock: Clock, bot: BotControl) -> Stage:
    """The spec's venues under the faults of the scenario that it names."""
    del bot  # signals are the spec's
    venues = [VENUES[name](spec.seed, clock) for name in spec.venues]
    return Stage(venues, scenario(spec.scenario).plan(spec.seed))
