"""When that a venue has no such order proves that it never came into being, and never will."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

VISIBLE_WITHIN_S: Final = 10.0
"""Seconds within which a venue shows an order that it has accepted, with a wide margin."""


class Absences:
    """Keeps when orders were sent and when they were first looked for in vain.

    `started` is when this process began; a request is refused by the venue `validity_s` after it
    was sent.
    """

    def __init__(self, started: datetime, validity_s: float) -> None:
        self._started = started
        self._window = timedelta(seconds=validity_s + VISIBLE_WITHIN_S)
        self._sent_by: dict[str, datetime] = {}
        self._first: dict[str, datetime] = {}

    def sent(self, name: str, at: datetime) -> None:
        """The order was sent before `at`, if at all."""
        self._sent_by[name] = at

    def proven(self, name: str, now: datetime, venue_now: datetime) -> bool:
        """Whether a venue that has no such order at `venue_now` of its clock can never get it."""
        # An intent of an earlier process was sent before this one started, if at all. Its time was
        # stamped by our clock or by the venue's: the window has passed when it has by both.
        earlier = min(now, venue_now)
        if earlier <= self._sent_by.get(name, self._started) + self._window:
            return False
        # An order that ends while it is looked for may be in neither list: the one of open orders
        # has it no more, the one of ended orders not yet. It is in one of them when asked again.
        first = self._first.setdefault(name, earlier)
        return earlier >= first + timedelta(seconds=VISIBLE_WITHIN_S)
