"""The one place to tell an alert: it never waits, never raises, and never lets go of an urgent one
for one that is less so.

Each sink has a queue and a task of its own, so that one that hangs holds up no other.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

from trading_tools.audit.redact import Redactor
from trading_tools.exchange.alerts.alert import Alert, Level, NotDelivered, Notice, Sink
from trading_tools.exchange.streams.fence import fault_of

_LOG: Final = logging.getLogger("trading_tools.alerts")
_MOST_KEYS: Final = 1_000


@dataclass
class Counts:
    """What became of the notices for one sink. `dropped`: no room, or no time at the end."""

    delivered: int = 0
    failed: int = 0
    dropped: int = 0
    last_error: str | None = None


@dataclass(eq=False)
class _Line:
    sink: Sink
    waiting: deque[Notice] = field(default_factory=deque)
    there: asyncio.Event = field(default_factory=asyncio.Event)
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    counts: Counts = field(default_factory=Counts)


@dataclass
class _Told:
    at: float
    repeated: int = 0


class Alarm:
    """Takes alerts from any thread while it is open, and delivers them to all sinks.

    Use as an asynchronous context manager: at its end what waits has `closing_s` to be delivered.
    An alert of the same level and key as one less than `window_s` ago is counted and left out; the
    next one after that says how many were. Each queue holds `size`; where one is full, the oldest
    of the least urgent goes. `redactor` takes secrets out before anything is queued.

    Raises:
        ValueError: a queue that keeps nothing, or two sinks of one name.
    """

    def __init__(
        self,
        sinks: Sequence[Sink],
        redactor: Redactor | None = None,
        *,
        size: int = 1_000,
        window_s: float = 60,
        closing_s: float = 5,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if size < 1:
            raise ValueError(f"a queue for {size} notices keeps none: give at least 1")
        names = [sink.name for sink in sinks]
        if len(set(names)) < len(names):
            raise ValueError(f"the sinks {', '.join(names)} are counted by name: give each its own")
        self.unheard = 0
        self._lines = [_Line(sink) for sink in sinks]
        self._redactor = redactor or Redactor()
        self._size = size
        self._window_s = window_s
        self._closing_s = closing_s
        self._clock = clock
        self._monotonic = monotonic
        self._told: OrderedDict[tuple[int, str], _Told] = OrderedDict()
        # Whoever tells may be interrupted by the handler of a signal, which tells something too.
        self._lock = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._tasks = [asyncio.create_task(self._deliver(line)) for line in self._lines]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._loop = None
        with suppress(TimeoutError):
            async with asyncio.timeout(self._closing_s):
                for line in self._lines:
                    await line.idle.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for line in self._lines:
            line.counts.dropped += len(line.waiting)
            line.waiting.clear()
            fault = await fault_of(line.sink.close)
            if fault is not None:
                _LOG.warning("%s was not closed: %s", line.sink.name, type(fault).__name__)

    def tell(self, alert: Alert) -> bool:
        """Hand an alert over, from any thread; False where it goes to nobody now.

        That is so for one that was told just before, for one that no queue had room for, and before
        and after the alarm is open (`unheard` counts those, and what is no alert). Raises nothing.
        """
        try:
            return self._tell(alert)
        except Exception:  # noqa: BLE001 - whoever tells has something more urgent to do
            self.unheard += 1
            return False

    def _tell(self, alert: Alert) -> bool:
        with self._lock:
            loop = self._loop
            if loop is None:
                self.unheard += 1
                return False
            notice = self._noticed(alert)
            if notice is None:
                return False
            kept = [self._put(line, notice) for line in self._lines]
        # The loop may end between the two; then nobody is left to be woken.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(self._wake)
        return any(kept)

    def counts(self) -> dict[str, Counts]:
        """What became of the notices, by the name of the sink."""
        return {line.sink.name: replace(line.counts) for line in self._lines}

    def _noticed(self, alert: Alert) -> Notice | None:
        now, key = self._monotonic(), (int(alert.level), alert.key or alert.title)
        told = self._told.get(key)
        if told is not None and now - told.at < self._window_s:
            told.repeated += 1
            return None
        repeated = 0 if told is None else told.repeated
        notice = Notice(alert=self._without_secrets(alert), at=self._clock(), repeated=repeated)
        self._told[key] = _Told(now)
        self._told.move_to_end(key)
        if len(self._told) > _MOST_KEYS:
            self._told.popitem(last=False)
        return notice

    def _without_secrets(self, alert: Alert) -> Alert:
        """The alert as it may be told; what is no text in its details becomes one."""
        title, text, key = map(self._redactor.text, (alert.title, alert.text, alert.key))
        told = {str(name): str(value) for name, value in alert.details.items()}
        details = self._redactor.value(told)
        level = Level(alert.level)
        return Alert(level=level, title=title, text=text, key=key, details=details)

    def _put(self, line: _Line, notice: Notice) -> bool:
        line.waiting.append(notice)
        line.idle.clear()
        if len(line.waiting) <= self._size:
            return True
        line.counts.dropped += 1
        least = min(line.waiting, key=lambda one: one.alert.level)
        line.waiting.remove(least)
        return least is not notice

    def _wake(self) -> None:
        for line in self._lines:
            line.there.set()

    async def _deliver(self, line: _Line) -> None:
        while True:
            with self._lock:
                notice = line.waiting.popleft() if line.waiting else None
                line.there.clear()
                if notice is None:
                    line.idle.set()
            if notice is None:
                await line.there.wait()
                continue
            try:
                await line.sink.deliver(notice)
            except asyncio.CancelledError:
                line.counts.dropped += 1
                raise
            except NotDelivered as error:
                self._failed(line, str(error))
            except Exception as error:  # noqa: BLE001 - a sink's fault is nobody else's
                self._failed(line, type(error).__name__)
            else:
                line.counts.delivered += 1

    def _failed(self, line: _Line, why: str) -> None:
        line.counts.failed += 1
        line.counts.last_error = self._redactor.text(why)
        _LOG.warning("alert not delivered by %s: %s", line.sink.name, line.counts.last_error)
