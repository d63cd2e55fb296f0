"""What a fault is: declared once, and played anew in every run.

A player waits for the bot's act, is delivered, and ends; each step is in the venue's ledger as
`fault.armed`, `fault.delivered` and `fault.ended`.
"""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trading_tools.venue.market.place import Marketplace
from trading_tools.venue.wire.interference import Interference, Request
from trading_tools.venue.wire.messages import Reply
from trading_tools.venue.wire.venue import Venue


@dataclass(frozen=True)
class Fault(ABC):
    """One thing that goes wrong. `name` is what the ledger calls it."""

    name: str

    @abstractmethod
    def player(self, dice: random.Random) -> Player:
        """What plays it in one run; `dice` is seeded for this fault alone."""


class Player(Interference):
    """A fault in one run. Subclasses override the hooks that they need, and no others."""

    def __init__(self, name: str, waits_for: str) -> None:
        self.name = name
        self.waits_for = waits_for
        self.over = False

    def starting(self, venues: Sequence[Venue]) -> None:
        """The venues open: from here on the fault waits for its act."""
        for venue in venues:
            self._record(venue.place, "fault.armed", waits_for=self.waits_for)

    def asked(self, request: Request) -> None:
        """A request came: the place to count it, and to be set off."""

    def answered(self, request: Request, reply: Reply) -> None:
        """The venue has acted: the place to count what it accepted."""

    def delivered(
        self, place: Marketplace, what: str, request: int = 0, connection: int = 0
    ) -> None:
        """Record that the fault has met the bot, and where."""
        where = {"request": request, "connection": connection}
        known = {name: number for name, number in where.items() if number}
        self._record(place, "fault.delivered", what=what, **known)

    def end(self, place: Marketplace, why: str) -> None:
        """Record that it is over; it is left alone from here on."""
        if not self.over:
            self.over = True
            self._record(place, "fault.ended", why=why)

    def _record(self, place: Marketplace, kind: str, **body: str | int) -> None:
        place.ledger.record(place.clock(), kind, fault=self.name, **body)


def later(seconds: float, act: Callable[[], None]) -> None:
    """Do something after a while, unless the run ends before."""
    asyncio.get_running_loop().call_later(seconds, act)
