"""Running what a tool brings, within its time: the one place here that catches every exception.

Whatever a tool raises is a finding about the call, told to who has to act on it, and never ends a
run.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable
from typing import TypeVar

from orchestrator.toolbox.tool import ToolError

R = TypeVar("R")


async def guarded(name: str, work: Awaitable[R], timeout_s: float) -> R:
    """What `work` of the tool `name` comes to.

    Raises:
        ToolError: it raised something, which the message tells, or took longer than `timeout_s`.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await work
    except ToolError:
        raise
    except TimeoutError:
        raise ToolError(f"stopped: {name} took longer than {timeout_s:g} s") from None
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1].name
        text = f"{name} failed: {type(error).__name__}: {error} (in {where})"
        raise ToolError(text) from error
