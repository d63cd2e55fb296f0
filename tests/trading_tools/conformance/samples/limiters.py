"""Rate limiters with one known fault each, and some without."""

from __future__ import annotations

import asyncio
import time
from collections import deque

from trading_tools.exchange.pacing.pacer import Pacer
from trading_tools.exchange.pacing.rules import Scope, Window


class Bucket:
    """A token bucket as it should be: monotonic clock, no credit twice, never more than fits."""

    def __init__(self, rate: float = 10, capacity: float = 10) -> None:
        self.rate = rate
        self.capacity = capacity
        self.tokens = float(capacity)
        self.at = self.read()
        self.lock = asyncio.Lock()

    def read(self) -> float:
        return time.monotonic()

    def refill(self) -> None:
        now = self.read()
        self.tokens = min(self.capacity, self.tokens + (now - self.at) * self.rate)
        self.at = now

    def check(self, cost: float) -> None:
        if not 0 < cost <= self.capacity:
            raise ValueError(f"a cost of {cost} never fits into {self.capacity}")

    async def acquire(self, cost: float = 1) -> None:
        self.check(cost)
        async with self.lock:
            self.refill()
            while self.tokens < cost:
                await asyncio.sleep((cost - self.tokens) / self.rate)
                self.refill()
            self.tokens -= cost


class CreditsSleepTwice(Bucket):
    """The time that it slept is counted again at the next call."""

    async def acquire(self, cost: float = 1) -> None:
        self.check(cost)
        async with self.lock:
            self.refill()
            if self.tokens < cost:
                await asyncio.sleep((cost - self.tokens) / self.rate)
                self.tokens = cost
            self.tokens -= cost


class OnWallClock(Bucket):
    """A step of the wall clock is taken for time that has passed."""

    def read(self) -> float:
        return time.time()


class GrantsTheImpossible(Bucket):
    """What costs more than the bucket holds is let go all the same."""

    def check(self, cost: float) -> None:
        self.tokens = max(self.tokens, cost if cost > self.capacity else 0)


class RefundsWhoLeaves(Bucket):
    """Who leaves while it waits is paid for a wait that is not over."""

    async def acquire(self, cost: float = 1) -> None:
        self.check(cost)
        try:
            await super().acquire(cost)
        except asyncio.CancelledError:
            self.tokens += cost * 3
            raise


class KeepsTheDoorShut(Bucket):
    """Who leaves while it waits leaves the door locked."""

    async def acquire(self, cost: float = 1) -> None:
        self.check(cost)
        await self.lock.acquire()
        self.refill()
        while self.tokens < cost:
            await asyncio.sleep((cost - self.tokens) / self.rate)
            self.refill()
        self.tokens -= cost
        self.lock.release()


class Racing:
    """Looks at the last call before it waits, and so do all others."""

    def __init__(self, rate: float = 10) -> None:
        self.pause_s = 1 / rate
        self.last = -1e9

    async def acquire(self) -> None:
        since = time.monotonic() - self.last
        if since < self.pause_s:
            await asyncio.sleep(self.pause_s - since)
        self.last = time.monotonic()


class FixedWindow:
    """Counts anew each second: twice the rate passes around the turn. Answers at once."""

    def __init__(self, max_calls: int = 10, period: float = 1) -> None:
        self.most = max_calls
        self.period = period
        self.window = -1
        self.count = 0

    def allow(self) -> bool:
        window = int(time.monotonic() // self.period)
        if window != self.window:
            self.window, self.count = window, 0
        self.count += 1
        return self.count <= self.most


class CountsByKey:
    """Counts anew from the first call of a second, by key and cost; says no in a pair."""

    def __init__(self, rate: int = 10) -> None:
        self.most = rate
        self.counts: dict[str, tuple[float, int]] = {}

    def hit(self, key: str, cost: int = 1) -> tuple[bool, int]:
        if not isinstance(cost, int) or not 0 < cost <= self.most:
            raise ValueError(f"a cost of {cost} never fits into {self.most}")
        now = time.monotonic()
        began, count = self.counts.get(key, (now, 0))
        if now >= began + 1:
            began, count = now, 0
        if count + cost > self.most:
            return False, count
        self.counts[key] = began, count + cost
        return True, count + cost


class TooMany(Exception):
    """Not now."""


class Raising(Bucket):
    """Raises where it has no room, instead of waiting, and gives nothing where it has."""

    def __init__(self, rate: float = 10) -> None:
        super().__init__(rate, rate)

    async def acquire(self, cost: float = 1) -> None:
        self.check(cost)
        self.refill()
        if self.tokens < cost:
            raise TooMany
        self.tokens -= cost


class UnderWay(Bucket):
    """Also bounds how many are under way: each has to be told that it is over."""

    def __init__(self, rate: float = 10) -> None:
        super().__init__(rate, rate)
        self.places = asyncio.Semaphore(2)

    async def acquire(self, cost: float = 1) -> None:
        self.check(cost)
        await self.places.acquire()
        try:
            await super().acquire(cost)
        except BaseException:
            self.places.release()
            raise

    def release(self) -> None:
        self.places.release()


class LastLongAgo:
    """Takes a last call at 0 for one of long ago, and goes round until its pause is over."""

    def __init__(self, rate: float = 10) -> None:
        self.pause_s = 1 / rate
        self.last = 0.0

    async def acquire(self) -> None:
        while (left := self.last + self.pause_s - time.monotonic()) >= 0:
            await asyncio.sleep(left)
        self.last = time.monotonic()


class SlidingWindow:
    """At most so many in any period, for code that blocks."""

    def __init__(self, max_calls: int = 10, period: float = 1) -> None:
        self.most = max_calls
        self.period = period
        self.calls: deque[float] = deque()

    def wait(self) -> None:
        while True:
            now = time.monotonic()
            while self.calls and self.calls[0] <= now - self.period:
                self.calls.popleft()
            if len(self.calls) < self.most:
                self.calls.append(now)
                return
            time.sleep(self.calls[0] + self.period - now)


class Entered(Bucket):
    """The bucket, entered with `async with`."""

    acquire = None  # type: ignore[assignment]  # as if it had none

    async def __aenter__(self) -> None:
        await Bucket.acquire(self)

    async def __aexit__(self, *_error: object) -> None:
        return None


class TradingLike:
    """Takes its rate from a table by name, and knows no others."""

    def __init__(self, venue: str, rate: float = 10) -> None:
        self.bucket = Bucket({"kraken": rate}[venue], rate)

    async def take(self, weight: int = 1) -> None:
        await self.bucket.acquire(weight)


def kit_pacer() -> Pacer:
    """The kit's own, for 10 in a second."""
    return Pacer("check", [Window("requests", "requests", 10, 1, Scope.KEY)])
