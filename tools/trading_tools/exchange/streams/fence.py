"""The fence around what others wrote: the package's one place that catches every exception."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class WasCancelled(Exception):
    """What was waited for was cancelled by somebody, and not the task that waited."""


async def fault_of(act: Callable[[], Awaitable[object]]) -> Exception | None:
    """What calling and awaiting this raised, or None. This task's own end goes through.

    Also where what is called takes that end for something else, as Python 3.11's `wait_for` does
    in the moment in which what it waits for is done.
    """
    ends = _ends()
    fault: Exception | None = None
    try:
        # Called in here: what is no coroutine function raises before there is anything to await.
        await act()
    except asyncio.CancelledError:
        # ccxt shares one future among all that watch the same: another's end may cancel it. A task
        # that such a one ends does so in silence: its group takes it for one that was cancelled.
        if _ends():
            raise
        fault = WasCancelled("what was waited for was cancelled")
    except Exception as error:  # noqa: BLE001 - consumers and ccxt's parsers raise whatever they do
        fault = error
    if _ends() > ends:
        raise asyncio.CancelledError
    return fault


def _ends() -> int:
    """How often this task was told to end."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()
