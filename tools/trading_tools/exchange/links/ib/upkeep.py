"""What keeps a connection to TWS: coming back to it, and whether TWS itself has its broker.

TWS may be there while its own connection is not: it says so by code, and its lists are old then.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any, Final

from trading_tools.exchange.errors import one_line
from trading_tools.exchange.streams.fence import fault_of

_CUT_OFF: Final = frozenset({1100, 2110})
"""Codes by which TWS says that it has lost its connection to Interactive Brokers."""
_IN_USE: Final = 326
"""Another connection has the client id: a second process, or one that TWS has not missed yet."""
_RESTORED: Final = frozenset({1101, 1102})
_FIRST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 30.0

_log = logging.getLogger(__name__)


class Upkeep:
    """Watches one `IB`: after a break it connects again and lets its owner ask what was missed."""

    def __init__(
        self,
        ib: Any,
        connect: Callable[[], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.recover: Callable[[], Awaitable[object]] | None = None
        self.cut_off: str | None = None
        """What TWS said when it lost its broker; None while it has it."""
        self.in_use: str | None = None
        """What TWS said when it refused the client id."""
        self._ib = ib
        self._connect = connect
        self._sleep = sleep
        self._due = False
        self._task: asyncio.Task[None] | None = None
        ib.errorEvent += self._told
        ib.disconnectedEvent += self._begin

    async def close(self) -> None:
        """Watch no longer."""
        self._ib.errorEvent -= self._told
        self._ib.disconnectedEvent -= self._begin
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _told(self, number: int, code: int, text: str, contract: Any) -> None:
        said = f"{' '.join(text.split())[:200]} ({code})"
        if code == _IN_USE:
            self.in_use = said
        elif code in _CUT_OFF:
            self.cut_off = said
            _log.warning("TWS: %s", self.cut_off)
        elif code in _RESTORED:
            self.cut_off = None
            self._begin()

    def _begin(self) -> None:
        self._due = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._come_back())

    async def _come_back(self) -> None:
        pause = _FIRST_PAUSE_S
        while self._due:
            self._due = False
            fault = await fault_of(self._mend)
            if fault is not None:
                self._due = True
                _log.warning("TWS is not back yet: %s", one_line(fault))
                await self._sleep(pause * (0.5 + random.random()))  # noqa: S311 - no secret
                pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _mend(self) -> None:
        await self._connect()
        if self.recover is not None:
            await self.recover()
