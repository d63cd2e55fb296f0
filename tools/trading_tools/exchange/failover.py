"""Which venue to ask for market data first, by how each of them did lately.

For reading only, never for orders: the same order at another venue is another order, in another
account, while that of the first may live. It asks no venue itself; `market_data` does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from trading_tools.exchange.breaker import Breaker, BreakerRules, CircuitOpen, Permit, State


@dataclass(frozen=True, kw_only=True)
class FailoverRules:
    """When a venue is left for the next one, and when it is the first again.

    It is left when its `breaker` opens: of the readings within the window so many failed, and so
    large a part of all. Data older than `stale_after_s` is a failed reading too. Once the breaker
    lets a request through, the venue is on trial: one reading in `trial_every_s` is asked of it,
    and after `good_trials` that did not fail, in a row, it is the first again.

    Raises:
        ValueError: a figure that nothing could come back by.
    """

    breaker: BreakerRules = field(
        default_factory=lambda: BreakerRules(failures=3, window_s=60, open_s=15)
    )
    stale_after_s: float = 120
    trial_every_s: float = 15
    good_trials: int = 3

    def __post_init__(self) -> None:
        times = self.stale_after_s > 0 and 0 <= self.trial_every_s < math.inf
        if not (times and 1 <= self.good_trials < math.inf):
            raise ValueError(f"these are no rules for a failover: {self}")


@dataclass(frozen=True, kw_only=True)
class VenueHealth:
    """How a venue did. `readings` and `failed` are those that count now, times are the clock's.

    A venue that is left begins anew: what failed before counts no more.
    `data_age_s` is how old the venue's newest data was by its own time when it was read.
    """

    venue: str
    left: bool
    readings: int
    failed: int
    data_age_s: float | None
    answered_at: float | None
    failed_at: float | None
    why: str | None


@dataclass(frozen=True)
class Turns:
    """Whom to ask, in this order; and of those that are asked late, why."""

    venues: tuple[str, ...]
    late: Mapping[str, str]


@dataclass(eq=False)
class _Watched:
    breaker: Breaker
    left: bool = False
    good_trials: int = 0
    next_trial: float = 0.0
    probe: Permit | None = None
    data_age_s: float | None = None
    answered_at: float | None = None
    failed_at: float | None = None
    why: str | None = None


class Failover:
    """Watches `venues`, the preferred one first. `clock` is monotonic."""

    def __init__(
        self,
        venues: Sequence[str],
        rules: FailoverRules = FailoverRules(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rules = rules
        self._clock = clock
        self._watched = {name: _Watched(Breaker(name, rules.breaker, clock)) for name in venues}

    def turns(self) -> Turns:
        """Whom to ask now: one on trial whose time has come, those that do well, then the rest.

        Where none does well all are asked, in the order of preference. What is asked of the venue
        that stands first is its trial, if it is on trial: call this once for each reading.
        """
        fit = [name for name, one in self._watched.items() if not one.left]
        left = {name: self._left(name, one) for name, one in self._watched.items() if one.left}
        ahead: list[str] = []
        for name in left:
            # Who stands behind one that does well is not needed, so it is not tried either.
            if fit and self._preferred(name, fit[0]) and self._take_trial(self._watched[name]):
                ahead.append(name)
                break
        late = [name for name in left if name not in ahead]
        return Turns((*ahead, *fit, *late), {name: left[name] for name in late})

    def answered(self, venue: str, data_age_s: float | None = None) -> None:
        """A reading came, with data of this age by the venue's own time, where it tells it."""
        one = self._watched.get(venue)
        if one is None:
            return
        if data_age_s is not None:
            one.data_age_s = data_age_s
            if data_age_s > self._rules.stale_after_s:
                self.failed(venue, f"its data was {ceil(data_age_s)} s old")
                return
        one.answered_at = self._clock()
        permit = self._permit(one)
        if permit is not None:
            permit.succeeded()
        if one.left:
            one.good_trials += 1
            one.left = one.good_trials < self._rules.good_trials

    def failed(self, venue: str, why: str) -> None:
        """A reading did not come, for a reason that lies with the venue or the way to it."""
        one = self._watched.get(venue)
        if one is None:
            return
        one.failed_at, one.why, one.good_trials = self._clock(), why, 0
        permit = self._permit(one)
        if permit is not None:
            permit.failed()
        if one.breaker.state is not State.CLOSED:
            one.left = True

    def health(self) -> tuple[VenueHealth, ...]:
        """How all of them did, the preferred one first."""
        found = []
        for name, one in self._watched.items():
            readings, failed = one.breaker.counted
            found.append(
                VenueHealth(
                    venue=name,
                    left=one.left,
                    readings=readings,
                    failed=failed,
                    data_age_s=one.data_age_s,
                    answered_at=one.answered_at,
                    failed_at=one.failed_at,
                    why=one.why,
                )
            )
        return tuple(found)

    def _preferred(self, one: str, other: str) -> bool:
        names = list(self._watched)
        return names.index(one) < names.index(other)

    def _take_trial(self, one: _Watched) -> bool:
        now = self._clock()
        if now < one.next_trial:
            return False
        try:
            permit = one.breaker.permit()
        except CircuitOpen:
            return False
        one.probe = permit if permit.probe else None
        one.next_trial = now + self._rules.trial_every_s
        return True

    def _permit(self, one: _Watched) -> Permit | None:
        """What the end of a reading is reported to; None where the breaker wants to hear none."""
        if one.probe is not None:
            permit, one.probe = one.probe, None
            return permit
        try:
            return one.breaker.permit()
        except CircuitOpen:
            return None

    def _left(self, name: str, one: _Watched) -> str:
        trials = self._rules.good_trials - one.good_trials
        return f"{name} is left until {trials} readings in a row do not fail; it failed: {one.why}"
