"""Back-off with known faults, and without."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any


def full_jitter(attempt: int) -> float:
    return random.uniform(0.5, 1) * min(60.0, 2.0 ** min(attempt, 10))


def unbounded(attempt: int) -> float:
    return 2.0**attempt


class Remembering:
    """Never forgets a failure."""

    def __init__(self) -> None:
        self.failures = 0

    def next_delay(self) -> float:
        self.failures += 1
        return min(2.0**self.failures, 60)

    def reset(self) -> None:
        """Nothing."""


class Sound(Remembering):
    def next_delay(self) -> float:
        return super().next_delay() * random.uniform(0.5, 1) if self.failures < 60 else 60.0

    def reset(self) -> None:
        self.failures = 0


async def bounded_retry(call: Callable[[], Awaitable[Any]]) -> Any:
    for attempt in range(6):
        try:
            return await call()
        except ConnectionError:
            await asyncio.sleep(full_jitter(attempt))
    return await call()


async def recursive_retry(call: Callable[[], Awaitable[Any]]) -> Any:
    try:
        return await call()
    except ConnectionError:
        return await recursive_retry(call)


class Stream:
    """Reconnects for ever; its count of failures only grows."""

    def __init__(self, venue: str) -> None:
        self.venue: Any = venue
        self.failures = 0

    async def run(self, symbol: str) -> None:
        while True:
            try:
                await self.venue.watch(symbol)
            except ConnectionError:
                await asyncio.sleep(min(2**self.failures, 60))
                self.failures += 1


async def doubling(call: Callable[[], Awaitable[Any]]) -> Any:
    """Doubles its wait without end, in a loop."""
    wait = 1.0
    while True:
        try:
            return await call()
        except ConnectionError:
            await asyncio.sleep(wait)
            wait *= 2
