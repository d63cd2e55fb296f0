"""A breaker that opens and, once its time is over, lets all requests through at once."""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    """Refuses for `recovery` seconds after `threshold` failures."""

    def __init__(self, threshold: int = 3, recovery: float = 10) -> None:
        self.threshold, self.recovery = threshold, recovery
        self.failures, self.opened_at = 0, 0.0

    def call(self, request: Callable[[], object]) -> object:
        """Make a request, or raise RuntimeError while it is open."""
        is_open = self.failures >= self.threshold
        if is_open and time.monotonic() - self.opened_at < self.recovery:
            raise RuntimeError("open")
        if is_open:
            self.failures = 0
        try:
            return request()
        except OSError:
            self.failures += 1
            self.opened_at = time.monotonic()
            raise
