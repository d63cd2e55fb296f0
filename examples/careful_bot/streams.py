"""Streams with a watchdog: a client of their own that is thrown away at the first doubt."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

import ccxt

from link import Link, brief

_LONGEST_PAUSE_S = 1.0

log = logging.getLogger("careful")


class Stream:
    """One subscription that comes back by itself: at once at first, then with growing pauses.

    ccxt says nothing about a stream that is open and silent, and pings do not tell either. So the
    age of the last message decides: `silent_s` for a market, which always moves; for an account,
    which may rest, the time since something was `expected` of it.
    """

    def __init__(
        self,
        name: str,
        link: Link,
        open_client: Callable[[], Any],
        watch: Callable[[Any], Awaitable[Any]],
        silent_s: float | None,
    ) -> None:
        self.news = asyncio.Event()
        self.last: Any = None
        self.last_at = 0.0
        self._name = name
        self._link = link
        self._open_client = open_client
        self._watch = watch
        self._silent_s = silent_s
        self._expected_by: float | None = None

    def expect(self, within_s: float) -> None:
        """The venue owes a message within this time."""
        if self._expected_by is None:
            self._expected_by = time.monotonic() + within_s

    def fresh(self, age_s: float) -> bool:
        """Whether the last message is younger than this."""
        return self.last is not None and time.monotonic() - self.last_at < age_s

    async def run(self) -> None:
        """Watch until cancelled."""
        pause = 0.0
        while True:
            await self._link.gate()
            client = self._open_client()
            client.set_markets_from_exchange(self._link.client)
            client.options["timeDifference"] = self._link.client.options.get("timeDifference", 0)
            heard = 0
            try:
                while True:
                    self.last = await self._next(client)
                    self.last_at, self._expected_by = time.monotonic(), None
                    heard += 1
                    self.news.set()
            except (ccxt.BaseError, TimeoutError) as error:
                log.warning("stream %s: %s", self._name, brief(error))
            finally:
                await client.close()
            pause = 0.0 if heard > 1 else min(max(2 * pause, 0.1), _LONGEST_PAUSE_S)
            self._expected_by = None
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))

    async def _next(self, client: Any) -> Any:
        """The next message.

        Raises:
            TimeoutError: none came in time.
        """
        waiting = asyncio.ensure_future(self._watch(client))
        since = time.monotonic()
        try:
            while True:
                done, _ = await asyncio.wait({waiting}, timeout=0.25)
                if done:
                    return waiting.result()
                now = time.monotonic()
                if self._silent_s is not None and now - since > self._silent_s:
                    raise TimeoutError(f"silent for {self._silent_s} s")
                if self._expected_by is not None and now > self._expected_by:
                    raise TimeoutError("what it owes did not come")
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
