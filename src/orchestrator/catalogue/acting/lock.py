"""One process at a time works on the orders of an account: a file lock that dies with it."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from orchestrator.toolbox.tool import ToolError

_BETWEEN_TRIES_S = 0.05


@asynccontextmanager
async def holding(file: Path, what: str, within_s: float) -> AsyncIterator[None]:
    """Hold the lock `file`; whoever waits for it does not keep the event loop.

    Raises:
        ToolError: another process had it all the time.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lock:
        try:
            async with asyncio.timeout(within_s):
                while not _had(lock.fileno()):  # noqa: ASYNC110 - another process, not a task
                    await asyncio.sleep(_BETWEEN_TRIES_S)
        except TimeoutError:
            raise ToolError(
                f"another run has been working on {what} for {within_s:g} s; nothing was sent"
            ) from None
        yield


def _had(number: int) -> bool:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
