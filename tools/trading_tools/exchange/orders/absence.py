"""When that a venue has no such order proves that it never came into being, and never will."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

VISIBLE_WITHIN_S: Final = 10.0
"""Seconds within which a venue shows an order that it has accepted, with a wide margin."""


class Absences:
    """Keeps when orders were first looked for in vain, which is after they were sent, if at all.

    A request is refused by the venue `validity_s` after it was sent.
    """

    def __init__(self, validity_s: float) -> None:
        self._window = timedelta(seconds=validity_s + VISIBLE_WITHIN_S)
        self._first: dict[str, _Moment] = {}
        self._again: dict[str, _Moment] = {}

    def proven(self, name: str, now: datetime, venue_now: datetime) -> bool:
        """Whether a venue that has no such order at `venue_now` of its clock can never get it."""
        looked = _Moment(now, venue_now)
        if _passed(self._first, name, looked) <= self._window:
            return False
        # An order that ends while it is looked for may be in neither list: the one of open orders
        # has it no more, the one of ended orders not yet. It is in one of them when asked again.
        return _passed(self._again, name, looked) >= timedelta(seconds=VISIBLE_WITHIN_S)


class _Moment(NamedTuple):
    """A moment by our clock and by the venue's. Either may be set, back or ahead."""

    ours: datetime
    venues: datetime

    def since(self, earlier: _Moment) -> timedelta:
        """What has passed by both."""
        return min(self.ours - earlier.ours, self.venues - earlier.venues)


def _passed(began: dict[str, _Moment], name: str, looked: _Moment) -> timedelta:
    """What has passed since an order's moment here, which is this one if it has none.

    A clock that was set back begins it anew: it would need that long again to come past it.
    """
    passed = looked.since(began.setdefault(name, looked))
    if passed < timedelta():
        began[name] = looked
    return max(passed, timedelta())
