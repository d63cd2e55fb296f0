"""Whether a desk has begun, and what keeps it from that, told once and then less and less often."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from trading_tools.exchange.orders.guard import Refused
from trading_tools.exchange.orders.port import KeyRefused, Unanswered

NOT_NOW: Final = (Refused, Unanswered)
"""What is waited out: an order that may not go, a venue that does not answer."""

_AGAIN_S: Final = 1.0
_TOLD_AGAIN_S: Final = 10.0
_RARELY_S: Final = 600.0

log = logging.getLogger(__name__)


class Readiness:
    """What a desk waits for before it begins. `why` is None once it has."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.why: str | None = "it has not looked at its venue yet"
        self._clock = clock
        self._since = clock()
        self._since_at = datetime.now(UTC)
        self._kinds: set[str] = set()
        self._pause_s = _TOLD_AGAIN_S
        self._told_at = self._since

    async def until_answered(
        self, ask: Callable[[], Awaitable[None]], rest: Callable[[float], Awaitable[None]]
    ) -> None:
        """Ask until there is an answer.

        Raises:
            KeyRefused: the venue does not take the key, which no waiting mends.
        """
        while True:
            try:
                return await ask()
            except KeyRefused:
                raise
            except NOT_NOW as why:
                self.waits(str(why))
                await rest(_AGAIN_S)

    def waits(self, why: str) -> None:
        """It is kept waiting: each reason is told when it comes, and what lasts now and then."""
        self.why, now = why, self._clock()
        kind = re.sub(r"[\d.]+", "0", why)  # seconds that are left make no other reason
        lasts = now - self._told_at >= self._pause_s
        if kind in self._kinds and not lasts:
            return
        self._kinds.add(kind)
        self._told_at = now
        self._pause_s = min(2 * self._pause_s, _RARELY_S) if lasts else self._pause_s
        log.warning("not ready since %s: %s", f"{self._since_at:%Y-%m-%d %H:%M:%S} UTC", why)

    def reached(self) -> None:
        """It has begun."""
        self.why = None
        if self._kinds:
            log.warning("ready after %.0f s", self._clock() - self._since)
