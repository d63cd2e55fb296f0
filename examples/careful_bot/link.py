"""The one way to the venue over REST: one request at a time, and none while it asks us to wait."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import ccxt

from venues import LIMITED, Counter

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 2.0
_UNSAID_WAIT_S = 10.0

log = logging.getLogger("careful")


class Link:
    """Calls of one ccxt client, one after the other.

    After a refusal for a limit nothing is sent until `Retry-After` is over, streams included:
    they wait at `gate` too. After a failure of the network or the venue there is a pause that
    grows; a clock that the venue does not accept is set anew.
    """

    def __init__(self, client: Any, counters: tuple[Counter, ...] = ()) -> None:
        self.client = client
        self._pacers = [_Pacer(each) for each in counters]
        self._one = asyncio.Lock()
        self._resume_at = 0.0
        self._pause = 0.0

    async def gate(self) -> None:
        """Wait until the venue may be asked again."""
        wait = self._resume_at - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
            await self.gate()  # a stream's wait may have been prolonged by a request

    async def call(self, name: str, *args: Any, **params: Any) -> Any:
        """Ask once. Whatever goes wrong is raised: trying again is the caller's decision."""
        async with self._one:
            for pacer in self._pacers:
                await pacer.wait(name)
            await self.gate()
            try:
                told = await getattr(self.client, name)(*args, **params)
            except LIMITED:
                self._hold(self._retry_after())
                raise
            except ccxt.InvalidNonce:
                await self._set_clock()
                raise
            except (ccxt.NetworkError, ccxt.OperationFailed):
                self._pause = min(max(2 * self._pause, _FIRST_PAUSE_S), _LONGEST_PAUSE_S)
                self._hold(self._pause)
                raise
            self._pause = 0.0
            return told

    def _hold(self, seconds: float) -> None:
        self._resume_at = max(self._resume_at, time.monotonic() + seconds)

    def _retry_after(self) -> float:
        headers = self.client.last_response_headers or {}
        said = next((text for name, text in headers.items() if name.lower() == "retry-after"), "")
        wait = float(said) + 0.5 if said.isdigit() else _UNSAID_WAIT_S
        log.warning("too many requests: nothing is sent for %.1f s", wait)
        return wait

    async def _set_clock(self) -> None:
        if self.client.id == "kraken":
            return  # its nonce only has to grow
        try:
            await self.client.load_time_difference()
        except ccxt.BaseError as error:
            log.warning("the clock could not be set: %s", brief(error))


class _Pacer:
    """Keeps calls within one counter of the venue."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._used = 0.0
        self._at = time.monotonic()

    async def wait(self, name: str) -> None:
        """Count a call, after a wait where it would be too much now."""
        counter, cost = self._counter, self._counter.costs.get(name, 0)
        over = self._decayed() + cost - counter.most
        if cost and over > 0:
            await asyncio.sleep(over / counter.per_s)
        self._used = self._decayed() + cost

    def _decayed(self) -> float:
        now = time.monotonic()
        self._used = max(0.0, self._used - (now - self._at) * self._counter.per_s)
        self._at = now
        return self._used


def brief(error: BaseException) -> str:
    """An error in one line."""
    return f"{type(error).__name__}: {str(error)[:160]}"
