"""Time that passes only by waiting, for code that reads clocks and sleeps.

Standard library alone: a kept test carries this text, so that it needs nothing of ours.
"""

from __future__ import annotations

import asyncio
import datetime
import heapq
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

_START = 1_767_225_600.0  # 2026-01-01, midnight UTC
_UP_S = 100_000.0  # the machine has been up for a day: no clock of it starts with the code
_OVERSHOOT = 1e-6  # a real sleep is never too short, and no turn of a loop takes no time
_MOST_TURNS = 20_000
_LONGEST_S = 30 * 86_400.0
_READS = ("time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "perf_counter_ns")
_REAL = {name: getattr(time, name) for name in (*_READS, "sleep")}
_DATETIME: Any = datetime.datetime
_TURN: Any = vars(asyncio.BaseEventLoop)["_run_once"]


class Stuck(BaseException):
    """What is waited for never comes. No Exception, so that the code under test cannot keep it."""


class VirtualTime:
    """Within `with`, the clocks of time, asyncio and datetime show this one.

    `elapsed` is how far a monotonic clock has gone; the wall clock can be set apart from it.
    """

    current: ClassVar[VirtualTime | None] = None
    replaced: ClassVar[set[str]] = set()
    """Clocks that the code under test put its own in the place of."""
    threads: ClassVar[set[str]] = set()
    """Threads that sleep: they have no virtual time."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.wall = _START
        self._turns = 0

    def __enter__(self) -> VirtualTime:
        """Be the time of this process."""
        self._before = VirtualTime.current
        VirtualTime.current = self
        self._attributes = {name: getattr(time, name) for name in _REAL}
        self._dates = {"datetime": datetime.datetime, "date": datetime.date}
        for name, function in _VIRTUAL.items():
            setattr(time, name, function)
        for kind in (VirtualDatetime, VirtualDate):
            setattr(datetime, kind.shows, kind)
        return self

    def __exit__(self, *_error: object) -> None:
        """Give the real clocks back."""
        VirtualTime.current = self._before
        VirtualTime.replaced |= {n for n, f in _VIRTUAL.items() if getattr(time, n) is not f}
        for name, function in self._attributes.items():
            setattr(time, name, function)
        for name, kind in self._dates.items():
            setattr(datetime, name, kind)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self.reach(self.elapsed + seconds)

    def reach(self, moment: float) -> None:
        """Let time pass until `moment`, and as little more as a real sleep would."""
        self.elapsed = max(self.elapsed, moment)
        self.turn()
        if self.elapsed > _LONGEST_S:
            raise Stuck("it still waits after 30 days")

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock; no time passes."""
        self.wall += seconds

    def now(self) -> float:
        """What the wall clock shows, in seconds since 1970."""
        return self.wall + self.elapsed

    def up(self) -> float:
        """What a monotonic clock shows, in seconds."""
        return _UP_S + self.elapsed

    def turn(self) -> None:
        """Count a turn, which takes next to no time: code that turns without end is stopped."""
        self.elapsed += _OVERSHOOT
        self._turns += 1
        if self._turns > _MOST_TURNS:
            raise Stuck(f"it goes round without end: {_MOST_TURNS} sleeps and turns of the loop")

    def run(self, main: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine in an event loop of this time."""
        with asyncio.Runner(loop_factory=lambda: _Loop(self)) as runner:
            return runner.run(main)


class _Loop(asyncio.SelectorEventLoop):
    _scheduled: list[Any]
    _ready: Any
    _stopping: bool
    _timer_cancelled_count: int
    _default_executor: Any

    def __init__(self, virtual: VirtualTime) -> None:
        super().__init__()
        self._virtual = virtual

    def time(self) -> float:
        return self._virtual.up()

    def _run_once(self) -> None:
        while self._scheduled and self._scheduled[0]._cancelled:
            self._timer_cancelled_count -= 1
            heapq.heappop(self._scheduled)._scheduled = False
        self._virtual.turn()
        if not self._ready and not self._stopping:
            if self._scheduled:
                self._virtual.reach(self._scheduled[0]._when - _UP_S)
            elif self._default_executor is None:
                raise Stuck("all wait, and nothing is left that could wake one")
        _TURN(self)


def _clock(name: str) -> Callable[[], float]:
    def read() -> float:
        virtual = VirtualTime.current
        if virtual is None:
            return float(_REAL[name]())
        seconds = virtual.now() if name.startswith("time") else virtual.up()
        return round(seconds * 1e9) if name.endswith("_ns") else seconds

    return read


def _sleep(seconds: float) -> None:
    if VirtualTime.current is None:
        _REAL["sleep"](seconds)
    elif threading.current_thread() is not threading.main_thread():
        VirtualTime.threads.add(threading.current_thread().name)
        raise Stuck("a thread sleeps, and threads have no virtual time")
    else:
        VirtualTime.current.advance(seconds)


_VIRTUAL = {**{name: _clock(name) for name in _READS}, "sleep": _sleep}


class _AlsoReal(type):
    """A date that somebody made is an instance of the virtual class too."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, cls.__mro__[1])

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, cls.__mro__[1])


class VirtualDatetime(datetime.datetime, metaclass=_AlsoReal):
    """datetime.datetime by the virtual wall clock."""

    shows = "datetime"

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        """Now, naive in local time where no zone is given, as the real one."""
        return _DATETIME.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls) -> Any:
        """Now in UTC, naive."""
        return _DATETIME.fromtimestamp(time.time(), datetime.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> Any:
        """Now, naive in local time."""
        return cls.now()


class VirtualDate(datetime.date, metaclass=_AlsoReal):
    """datetime.date by the virtual wall clock."""

    shows = "date"

    @classmethod
    def today(cls) -> Any:
        """Today in local time."""
        return _DATETIME.fromtimestamp(time.time()).date()
