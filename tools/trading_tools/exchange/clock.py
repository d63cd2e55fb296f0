"""A venue's clock as seen from here: how far it is from ours, and within which error.

A reading is taken while a request is on its way, so the truth lies somewhere in that time: the
shorter the way, the smaller the error (Cristian, "Probabilistic clock synchronization", 1989).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Offset:
    """The venue's clock is `ms` ahead of ours, or behind below zero, give or take `error_ms`."""

    ms: float
    error_ms: float


class UnknownClock(Exception):
    """No reading was taken yet, or none lately."""


_DRIFT_PPM = 200.0
"""How much two clocks may drift apart, with a wide margin: 200 microseconds a second."""


class VenueClock:
    """Keeps the best of the last readings, and widens its error as it ages.

    `ask` gives the venue's time in milliseconds, cut to whole `grain_ms`: some tell seconds alone.
    Steps of our own clock do not matter: its readings are taken once, at the start, and time is the
    monotonic clock's from then on.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[int]],
        kept: int = 8,
        grain_ms: int = 1,
        wall_ms: Callable[[], float] = lambda: time.time_ns() / 1e6,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._cut_ms = grain_ms / 2
        self._monotonic = monotonic
        self._origin_ms = wall_ms() - monotonic() * 1_000
        self._wall_ms = wall_ms
        self._readings: deque[tuple[float, Offset]] = deque(maxlen=kept)

    def now_ms(self) -> float:
        """Our time, which no step of the wall clock touches, in milliseconds since 1970."""
        return self._origin_ms + self._monotonic() * 1_000

    @property
    def stepped_ms(self) -> float:
        """How far the wall clock was set since the start: a client that signs by it must know."""
        return self._wall_ms() - self.now_ms()

    async def read(self) -> Offset:
        """Take a reading; the best offset with it. What `ask` raises goes through."""
        before = self.now_ms()
        venue_ms = await self._ask()
        after = self.now_ms()
        middle, half = (before + after) / 2, (after - before) / 2 + self._cut_ms
        new = Offset(venue_ms + self._cut_ms - middle, half)
        # An older reading that the new one contradicts is of before the venue set its clock.
        agreeing = [
            (at, old)
            for at, old in self._readings
            if abs(old.ms - new.ms) <= _aged(old, after - at).error_ms + half
        ]
        self._readings = deque([*agreeing, (after, new)], self._readings.maxlen)
        return self.offset()

    def offset(self) -> Offset:
        """The best of the last readings, with the error that it has by now.

        Raises:
            UnknownClock: there is none.
        """
        now = self.now_ms()
        aged = [_aged(found, now - at) for at, found in self._readings]
        if not aged:
            raise UnknownClock("the venue's clock was never read: call read() first")
        return min(aged, key=lambda each: each.error_ms)

    def venue_ms(self) -> tuple[float, float]:
        """The earliest and the latest that the venue's clock may show now.

        Raises:
            UnknownClock: it was never read.
        """
        found = self.offset()
        middle = self.now_ms() + found.ms
        return middle - found.error_ms, middle + found.error_ms

    def fits(self, window_ms: float, ahead_ms: float = 1_000.0) -> bool:
        """Whether a request stamped by our wall clock now would be taken for sure.

        The venue refuses stamps `window_ms` old and those more than `ahead_ms` ahead of its clock.

        Raises:
            UnknownClock: it was never read.
        """
        earliest, latest = self.venue_ms()
        stamp = self._wall_ms()
        return stamp - earliest < ahead_ms and latest - stamp < window_ms


def _aged(offset: Offset, age_ms: float) -> Offset:
    return Offset(offset.ms, offset.error_ms + age_ms * _DRIFT_PPM / 1e6)
