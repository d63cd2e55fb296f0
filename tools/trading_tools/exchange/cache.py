"""Replies kept for a while, and one request at a time for the same thing.

An answer is as old as the moment at which it was asked for. Errors are not kept. A caller that goes
away takes nobody with it: the request ends only when the last one who waits for it has gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

V = TypeVar("V")

MOST_KEPT = 500


@dataclass(frozen=True)
class Kept(Generic[V]):
    """A value, and when it was asked for: on the monotonic clock and by the calendar."""

    value: V
    asked_s: float
    asked_at: datetime


@dataclass
class _Flight:
    task: asyncio.Task[Kept[Any]]
    waiting: int = 0


class Cache:
    """Answers by key, each for as long as its kind stays good."""

    def __init__(self, clock: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._kept: dict[Hashable, Kept[Any]] = {}
        self._flights: dict[Hashable, _Flight] = {}

    async def get(self, key: Hashable, ttl_s: float, ask: Callable[[], Awaitable[V]]) -> Kept[V]:
        """What is kept under `key` if it is younger than `ttl_s`, else what `ask` answers."""
        kept = self._kept.get(key)
        if kept is not None and self._monotonic() - kept.asked_s < ttl_s:
            return kept
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.ensure_future(self._ask(key, ask)))
        flight.waiting += 1
        try:
            return cast("Kept[V]", await asyncio.shield(flight.task))
        finally:
            flight.waiting -= 1
            if flight.task.done() or not flight.waiting:
                self._land(key, flight)

    def age_s(self, kept: Kept[Any]) -> float:
        """How long ago it was asked for."""
        return self._monotonic() - kept.asked_s

    def _land(self, key: Hashable, flight: _Flight) -> None:
        """Nobody joins this request any more; it is stopped if it still runs."""
        if self._flights.get(key) is flight:
            del self._flights[key]
        flight.task.cancel()

    async def _ask(self, key: Hashable, ask: Callable[[], Awaitable[V]]) -> Kept[V]:
        asked_s, asked_at = self._monotonic(), self._clock()
        kept = Kept(await ask(), asked_s, asked_at)
        while len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept.pop(key, None)
        self._kept[key] = kept
        return kept
