"""Circuit breakers with one known fault each, and some without."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from trading_tools.exchange.breaker import Breaker, BreakerRules

_USUAL = timedelta(seconds=30)


class Sound:
    """Failures in a row open it; one probe tries it; only answers to its own probe count then."""

    def __init__(self, failure_threshold: int = 3, recovery_timeout: float = 30) -> None:
        self.threshold = failure_threshold
        self.recovery_s = recovery_timeout
        self.failures = 0
        self.until: float | None = None
        self.probing = False

    def read(self) -> float:
        return time.monotonic()

    def can_execute(self) -> bool:
        if self.until is None:
            return True
        if self.read() < self.until:
            return False
        if self.probing and self.read() < self.until + 10 * self.recovery_s:
            return False
        self.probing = True
        return True

    def record_success(self) -> None:
        if self.probing:
            self.until, self.probing = None, False
        self.failures = 0

    def record_failure(self) -> None:
        if self.until is not None and not self.probing:
            return  # it was sent before
        self.failures += 1
        if self.probing or self.failures >= self.threshold:
            self.until, self.probing, self.failures = self.read() + self.recovery_s, False, 0


class ManyProbes(Sound):
    """Lets all through once its time is over."""

    def can_execute(self) -> bool:
        passes = self.until is None or self.read() >= self.until
        self.probing = passes and self.until is not None
        return passes


class ForgetfulProbe(Sound):
    """The failure of a probe is one of many, and the next may try at once."""

    def record_failure(self) -> None:
        if self.probing:
            self.probing = False
            return
        super().record_failure()


class LateFailures(Sound):
    """Each failure starts its time anew."""

    def record_failure(self) -> None:
        if self.until is not None:
            self.until = self.read() + self.recovery_s
        super().record_failure()


class OnWallClock(Sound):
    """Its time is the wall clock's."""

    def read(self) -> float:
        return time.time()


class SmallMemory(Sound):
    """Remembers a hundred failures, whatever the threshold."""

    def __init__(self, failure_threshold: int = 3, recovery_timeout: float = 30) -> None:
        super().__init__(failure_threshold, recovery_timeout)
        self.memory: deque[float] = deque(maxlen=100)

    def record_failure(self) -> None:
        self.memory.append(self.read())
        self.failures = min(self.failures, len(self.memory) - 1)
        super().record_failure()


class CountsForEver(Sound):
    """No success makes up for a failure."""

    def record_success(self) -> None:
        if self.probing:
            super().record_success()


class Calls:
    """Makes the calls itself, in a coroutine."""

    def __init__(self, failure_threshold: int = 3, recovery_timeout: float = 30) -> None:
        self.inner = Sound(failure_threshold, recovery_timeout)

    async def call(self, function: Callable[[], Awaitable[Any]]) -> Any:
        if not self.inner.can_execute():
            raise RuntimeError("open")
        try:
            answer = await function()
        except Exception:
            self.inner.record_failure()
            raise
        self.inner.record_success()
        return answer


class CallsNow:
    """Makes the calls itself, and blocks."""

    def __init__(self, failure_threshold: int = 3, recovery_timeout: float = 30) -> None:
        self.inner = Sound(failure_threshold, recovery_timeout)

    def call(self, function: Callable[[], Any]) -> Any:
        if not self.inner.can_execute():
            raise RuntimeError("open")
        try:
            answer = function()
        except Exception:
            self.inner.record_failure()
            raise
        self.inner.record_success()
        return answer


class Entered(Sound):
    """Is entered with `async with`."""

    record_success = None  # type: ignore[assignment]  # as if it had none

    async def __aenter__(self) -> None:
        await asyncio.sleep(0)
        if not self.can_execute():
            raise RuntimeError("open")

    async def __aexit__(self, kind: object, *_error: object) -> None:
        if kind is None:
            Sound.record_success(self)
        else:
            self.record_failure()


def kit_breaker() -> Breaker:
    """The kit's own."""
    return Breaker("check", BreakerRules(failures=3, open_s=10))


class NeverLetsThrough:
    """Refuses everything: most of what it is asked never comes to the question."""

    def __init__(self, failure_threshold: int = 3, recovery_timeout: float = 30.0) -> None:
        del failure_threshold, recovery_timeout

    def can_execute(self) -> bool:
        return False

    def record_success(self) -> None:
        return None

    def record_failure(self) -> None:
        return None


class Wraps:
    """Decorates a coroutine function; entered with `with` it never refuses."""

    def __init__(self, error_threshold: int = 3, timeout: timedelta = _USUAL) -> None:
        self.inner = Sound(error_threshold, timeout.total_seconds())

    def __call__(self, function: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
        async def wrapped() -> Any:
            if not self.inner.can_execute():
                raise RuntimeError("open")
            with self:
                return await function()

        return wrapped

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, *_error: object) -> None:
        (self.inner.record_success if kind is None else self.inner.record_failure)()


class Serial(CallsNow):
    """Holds its lock while a call is under way."""

    def __init__(self, failure_threshold: int = 3, recovery_timeout: float = 30) -> None:
        super().__init__(failure_threshold, recovery_timeout)
        self.lock = threading.Lock()

    def call(self, function: Callable[[], Any]) -> Any:
        with self.lock:
            return super().call(function)
