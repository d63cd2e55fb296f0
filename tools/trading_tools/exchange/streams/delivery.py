"""From the reader of a stream to its consumer: a bounded queue, and a fence around the callback.

A consumer that fails or is slow never stops the reader.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import partial
from typing import Generic, TypeVar

from trading_tools.exchange.streams.fence import fault_of

T = TypeVar("T")

log = logging.getLogger(__name__)


class WhenFull(StrEnum):
    """What becomes of items for a consumer that is too slow."""

    DROP_OLDEST = "drop oldest"
    """For what is soon out of date: prices, books."""
    GAP = "gap"
    """For what may not be missed: all that waits is dropped, and the stream reports a gap."""


class Delivery(Generic[T]):
    """Calls `consume` with one item after the other, in a task of its own: its `Stream` runs that.

    What `consume` raises is counted and given to `on_error`, a cancelled future that it waited for
    as a `WasCancelled`; the next item follows all the same, also where `on_error` fails. Without
    `on_error` the log has the first one, with its traceback.

    Raises:
        ValueError: a size that holds nothing.
    """

    def __init__(
        self,
        consume: Callable[[T], Awaitable[object]],
        size: int = 1_000,
        when_full: WhenFull = WhenFull.DROP_OLDEST,
        on_error: Callable[[Exception], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if size < 1:
            raise ValueError(f"a queue for {size} items holds none: give at least 1")
        self.dropped = 0
        self.errors = 0
        self._consume = consume
        self._size = size
        self._when_full = when_full
        self._on_error = on_error
        self._clock = clock
        self._items: deque[tuple[float, T]] = deque()
        self._at_work_since: float | None = None
        self._there = asyncio.Event()
        self._alone = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """Items that wait for the consumer."""
        return len(self._items)

    @property
    def lag_s(self) -> float:
        """How long ago the oldest item came that the consumer is not done with; 0 without one."""
        since = self._at_work_since
        if since is None and self._items:
            since = self._items[0][0]
        return 0.0 if since is None else self._clock() - since

    def put(self, item: T) -> bool:
        """Hand an item over without waiting; False where items were dropped and a gap is due."""
        full = len(self._items) >= self._size
        if full and self._when_full is WhenFull.GAP:
            self.dropped += len(self._items) + 1
            self._items.clear()
            return False
        if full:
            self._items.popleft()
            self.dropped += 1
        self._items.append((self._clock(), item))
        self._there.set()
        return True

    async def run(self) -> None:
        """Deliver until it is cancelled; a second run waits for the first, and order is kept."""
        async with self._alone:
            while True:
                while self._items:
                    self._at_work_since, item = self._items.popleft()
                    error = await fault_of(partial(self._consume, item))
                    self._at_work_since = None
                    if error is not None:
                        await self._failed(error)
                self._there.clear()
                await self._there.wait()

    async def _failed(self, error: Exception) -> None:
        self.errors += 1
        if self._on_error is None:
            if self.errors == 1:
                name = getattr(self._consume, "__qualname__", repr(self._consume))
                log.error("consumer %s fails; only this error is told", name, exc_info=error)
            return
        tell = self._on_error

        async def told() -> None:
            tell(error)

        # What is to tell of a fault may have one itself, which is the consumer's too.
        await fault_of(told)
