"""What a scenario sets up: the venues, and what goes wrong on their wire.

A stage is a function named in the spec, so that scenarios need not be known here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from trading_tools.drill.spec import DrillError, DrillSpec
from trading_tools.venue.names import VENUES
from trading_tools.venue.wire.interference import Interference
from trading_tools.venue.wire.venue import Venue

Clock = Callable[[], int]


class BotControl(Protocol):
    """What a stage may do to the bot while it runs. Each is noted in the venues' ledgers."""

    def terminate(self, why: str) -> None:
        """Send it SIGTERM; it is killed if it lives on after the spec's grace."""

    def kill(self, why: str) -> None:
        """End it at once."""


@dataclass(frozen=True)
class Stage:
    """Venues that are served to the bot, and the faults on their wire."""

    venues: Sequence[Venue]
    interference: Interference


OpenStage = Callable[[DrillSpec, Clock, BotControl], Stage]


def calm(spec: DrillSpec, clock: Clock, bot: BotControl) -> Stage:
    """The venues alone: nothing goes wrong."""
    if unknown := [name for name in spec.venues if name not in VENUES]:
        raise DrillError(f"there is no venue {unknown[0]}: use {', '.join(VENUES)}")
    return Stage([VENUES[name](spec.seed, clock) for name in spec.venues], Interference())


def named(name: str) -> OpenStage:
    """The stage function called `module:function`."""
    module, _, function = name.partition(":")
    found: OpenStage | None = getattr(importlib.import_module(module), function, None)
    if found is None:
        raise DrillError(f"no stage {name}: the module has no function {function!r}")
    return found
