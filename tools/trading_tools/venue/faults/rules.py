"""Faults of the venue's rules and clock: coarser ticks, higher smallest worths, a step in time."""

from __future__ import annotations

import random
from dataclasses import dataclass

from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.fault import Fault, Player, later
from trading_tools.venue.market.place import Marketplace
from trading_tools.venue.wire.interference import Request


@dataclass(frozen=True)
class NewRules(Fault):
    """From the n-th order on every instrument has a coarser tick and a higher smallest worth.

    The replies about markets say so at once; what is at rest stays.
    """

    on: Act
    tick_times: int = 1
    notional_times: int = 1

    def player(self, dice: random.Random) -> Player:
        """Counts, and changes the rules."""
        return _Ruler(self)


class _Ruler(Player):
    def __init__(self, fault: NewRules) -> None:
        super().__init__(fault.name, str(fault.on))
        self._fault = fault
        self._seen = 0

    def asked(self, request: Request) -> None:
        fault = self._fault
        if not fault.on.matches(request.seen):
            return
        self._seen += 1
        if self._seen == fault.on.nth:
            place = request.venue.place
            instruments: dict[str, Instrument] = place.exchange.instruments
            for symbol, each in instruments.items():
                instruments[symbol] = each.with_rules(fault.tick_times, fault.notional_times)
            what = f"tick times {fault.tick_times}, smallest worth times {fault.notional_times}"
            self.delivered(place, what, request.number)
            self.end(place, "the new rules stay")


@dataclass(frozen=True)
class ClockStep(Fault):
    """At the n-th order the venue's clock steps by `step_ms`, and back after `for_s`."""

    on: Act
    step_ms: int = -1_500
    for_s: float = 5.0

    def player(self, dice: random.Random) -> Player:
        """Counts, and steps."""
        return _Stepper(self)


class _Stepper(Player):
    def __init__(self, fault: ClockStep) -> None:
        super().__init__(fault.name, str(fault.on))
        self._fault = fault
        self._seen = 0

    def asked(self, request: Request) -> None:
        fault, place = self._fault, request.venue.place
        if not fault.on.matches(request.seen):
            return
        self._seen += 1
        if self._seen == fault.on.nth:
            place.clock_off_ms += fault.step_ms
            self.delivered(place, f"the venue's clock steps {fault.step_ms} ms", request.number)
            later(fault.for_s, lambda: self._back(place))

    def _back(self, place: Marketplace) -> None:
        place.clock_off_ms -= self._fault.step_ms
        self.end(place, "the venue's clock is back")
