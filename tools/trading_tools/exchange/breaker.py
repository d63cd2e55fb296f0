"""A circuit breaker: what keeps failing is left alone for a while, then tried by one request.

Which outcome of a request is a failure is the caller's to say: a venue that refuses an order works.
Source: seed 001, whose own example lets any number of requests through as its "one" probe.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Whether requests pass."""

    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"
    """One request is on its way to see whether it works again; all others are refused."""


class CircuitOpen(Exception):
    """Refused without being sent. `retry_in_s` is when the next try may be made, at the latest."""

    def __init__(self, name: str, retry_in_s: float, state: State) -> None:
        next_try = f"the next try is in {retry_in_s:.1f} s"
        if state is State.PROBING:
            next_try = "one request is on its way to see whether it works again"
        super().__init__(f"{name} keeps failing: {next_try}")
        self.retry_in_s = retry_in_s


@dataclass(frozen=True)
class BreakerRules:
    """When it opens, and for how long.

    It opens when of the requests that ended in the last `window_s` seconds at least `failures`
    failed and these are at least `ratio` of all. It stays open for `open_s`, doubled after each
    probe that failed, up to `longest_s`. A probe that has not ended after `probe_s` has failed.

    Raises:
        ValueError: a figure that no breaker could work with.
    """

    failures: int = 5
    ratio: float = 0.5
    window_s: float = 30
    open_s: float = 5
    longest_s: float = 300
    probe_s: float = 30

    def __post_init__(self) -> None:
        lengths = (self.window_s, self.open_s, self.longest_s, self.probe_s)
        sound = all(0 < each < math.inf for each in lengths)  # which NaN is not
        if not (sound and 1 <= self.failures < math.inf and 0 < self.ratio <= 1):
            raise ValueError(f"these are no rules for a breaker: {self}")


@dataclass(eq=False)
class Permit:
    """Leave to send one request. Report its end once, by `succeeded` or `failed`."""

    breaker: Breaker
    era: int
    probe: bool
    ended: bool = False

    def succeeded(self) -> None:
        """It worked."""
        self.breaker._ended(self, failed=False)

    def failed(self) -> None:
        """It did not, for a reason that lies with the venue or the way to it."""
        self.breaker._ended(self, failed=True)


class Breaker:
    """One breaker for what fails together: a venue, or one of its hosts. `clock` is monotonic."""

    def __init__(
        self,
        name: str,
        rules: BreakerRules = BreakerRules(),
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[State], None] | None = None,
    ) -> None:
        self.name = name
        self._rules = rules
        self._clock = clock
        self._on_change = on_change
        self._ends: deque[tuple[float, bool]] = deque()
        self._failures = 0
        self._state = State.CLOSED
        self._until = 0.0
        self._open_s = rules.open_s
        self._era = 0

    @property
    def state(self) -> State:
        """Whether requests pass. An open breaker stays so until somebody asks to try."""
        return self._state

    @property
    def counted(self) -> tuple[int, int]:
        """How many requests of the last `window_s` are counted, and how many of them failed."""
        now = self._clock()
        recent = [failed for at, failed in self._ends if at > now - self._rules.window_s]
        return len(recent), sum(recent)

    def permit(self) -> Permit:
        """Leave to send a request; after the time of an open breaker, for one as a probe.

        Raises:
            CircuitOpen: not now.
        """
        now = self._clock()
        if self._state is State.PROBING and now >= self._until:
            self._open(now, longer=True)
        if self._state is State.CLOSED:
            return Permit(self, self._era, probe=False)
        if self._state is State.PROBING or now < self._until:
            raise CircuitOpen(self.name, max(0.0, self._until - now), self._state)
        self._era += 1
        self._until = now + self._rules.probe_s
        self._turn(State.PROBING)
        return Permit(self, self._era, probe=True)

    @contextmanager
    def guarding(self, *failures: type[BaseException]) -> Iterator[None]:
        """Send within this block: `failures` count as such, all other ends as successes.

        A block that is cancelled says nothing of the venue; a probe that is, has failed.

        Raises:
            CircuitOpen: not now.
        """
        permit = self.permit()
        try:
            yield
        except failures:
            permit.failed()
            raise
        except asyncio.CancelledError:
            if permit.probe:
                permit.failed()
            raise
        except Exception:
            permit.succeeded()
            raise
        permit.succeeded()

    def _ended(self, permit: Permit, *, failed: bool) -> None:
        if permit.ended:
            raise RuntimeError(f"{self.name}: the end of a request was reported twice")
        permit.ended = True
        # What was sent before the breaker turned tells of a time that is already judged.
        if permit.era != self._era:
            return
        now = self._clock()
        if permit.probe:
            if failed:
                self._open(now, longer=True)
            else:
                self._close()
            return
        self._ends.append((now, failed))
        self._failures += failed
        while self._ends[0][0] <= now - self._rules.window_s:
            self._failures -= self._ends.popleft()[1]
        enough = self._failures >= self._rules.failures
        if enough and self._failures >= self._rules.ratio * len(self._ends):
            self._open(now, longer=False)

    def _open(self, now: float, *, longer: bool) -> None:
        self._open_s = (
            min(self._open_s * 2, self._rules.longest_s) if longer else self._rules.open_s
        )
        self._until = now + self._open_s
        self._forget()
        self._turn(State.OPEN)

    def _close(self) -> None:
        self._open_s = self._rules.open_s
        self._forget()
        self._turn(State.CLOSED)

    def _forget(self) -> None:
        self._era += 1
        self._ends.clear()
        self._failures = 0

    def _turn(self, state: State) -> None:
        self._state = state
        if self._on_change is not None:
            self._on_change(state)
