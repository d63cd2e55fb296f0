"""The tasks that a desk keeps running beside its bot, none of which may fail unseen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from trading_tools.exchange.errors import one_line

log = logging.getLogger(__name__)


class Parts:
    """They run until `end`; one that fails before sets `stopping`."""

    def __init__(self, stopping: asyncio.Event) -> None:
        self._stopping = stopping
        self._tasks: list[asyncio.Task[None]] = []

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin one more."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._over)
        self._tasks.append(task)

    async def end(self) -> None:
        """Cancel all, and wait for them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _over(self, task: asyncio.Task[None]) -> None:
        """Let nothing go on without a part that looked after it, as the switch's watch."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.critical("a part of the desk has failed, so the bot ends: %s", one_line(error))
            self._stopping.set()
