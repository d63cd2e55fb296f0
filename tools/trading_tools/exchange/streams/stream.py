"""One stream that is kept alive: watched for silence, opened again with patience, gaps reported.

ccxt.pro gives an error when a connection breaks, and none at all when it goes silent: the next
`watch_*` then never returns (measured with 4.5.90 on every venue). So each wait has its own end.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, NoReturn, TypeVar

from trading_tools.exchange.errors import one_line
from trading_tools.exchange.streams.delivery import Delivery
from trading_tools.exchange.streams.fence import fault_of

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """When a stream counts as silent, and how long to wait before it is opened again.

    The wait is drawn between nothing and `first_s`, doubled with every failure in a row up to
    `longest_s`; a stream that gave data for `healthy_s` starts from `first_s` again. A stream has
    `opening_s` for its first data. One that may rightly be silent, as an account's is, has None for
    `silent_after_s`: for it, `ccxt_streams.ping_often` finds dead connections. `settle_s` is how
    long a new connection may take to listen.

    Raises:
        ValueError: a time that is not above 0.
    """

    silent_after_s: float | None = 3.0
    opening_s: float = 10.0
    settle_s: float = 1.0
    first_s: float = 0.25
    longest_s: float = 30.0
    healthy_s: float = 10.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} is {value}: give seconds above 0")

    def wait_s(self, failures: int, draw: random.Random) -> float:
        """The wait before the try after so many failures in a row."""
        return draw.random() * min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 60))


@dataclass(frozen=True)
class Gap:
    """Between these times, in seconds of the stream's clock, something may have been missed."""

    since: float
    until: float
    why: str


@dataclass
class Health:
    """What is known of a stream. Times are of its clock, None before the first data."""

    opened: int = 0
    failures: int = 0
    silences: int = 0
    messages: int = 0
    last_at: float | None = None
    last_error: str | None = None
    gaps: list[Gap] = field(default_factory=list)

    def age_s(self, now: float) -> float | None:
        """Seconds since the last data, or None where there was none."""
        return None if self.last_at is None else now - self.last_at


_KEPT_GAPS = 100


class Stream(Generic[T]):
    """Reads with `watch` and hands each item of what it returns to `delivery`.

    `watch` returns when there is something new, and raises where the connection broke. `reopen`
    lets go of a connection that may be dead; the next `watch` opens another. `recover` is awaited
    with each gap, the one before the first data among them, when the new connection listens and
    before anything of it is handed on: there a bot asks the venue what it missed. What `recover`
    raises counts as a failure of the stream.
    """

    def __init__(
        self,
        watch: Callable[[], Awaitable[Sequence[T]]],
        reopen: Callable[[], Awaitable[None]],
        delivery: Delivery[T],
        recover: Callable[[Gap], Awaitable[None]] | None = None,
        patience: Patience = Patience(),
        clock: Callable[[], float] = time.monotonic,
        draw: random.Random | None = None,
    ) -> None:
        self.health = Health()
        self._watch = watch
        self._reopen = reopen
        self._delivery = delivery
        self._recover = recover
        self._patience = patience
        self._clock = clock
        self._draw = draw or random.Random()  # noqa: S311 - jitter is no secret
        self._missed: Gap | None = None

    async def run(self) -> None:
        """Read, and let `delivery` deliver, until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._delivery.run())
            group.create_task(self._keep_open())

    async def _keep_open(self) -> None:
        failures = 0
        self._missed = Gap(self._clock(), self._clock(), "the stream begins")
        while True:
            began = self._clock()
            error = await fault_of(self._read)
            if error is not None:
                self._failed(one_line(error))
            failures = 1 if self._was_healthy(began) else failures + 1
            await self._let_go()
            await asyncio.sleep(self._patience.wait_s(failures, self._draw))

    async def _read(self) -> NoReturn:
        """Read one connection until it breaks or goes silent."""
        self.health.opened += 1
        patience = self._patience
        first = asyncio.ensure_future(self._watch())
        try:
            # What was missed is asked for once the new connection listens, data or none.
            await asyncio.wait({first}, timeout=patience.settle_s)
            if first.done():
                first.result()
            await self._mend()
            await self._take(first, patience.opening_s)
        finally:
            first.cancel()
        while True:
            await self._take(self._watch(), patience.silent_after_s)

    async def _take(self, watching: Awaitable[Sequence[T]], limit: float | None) -> None:
        try:
            async with asyncio.timeout(limit if self._patience.silent_after_s else None):
                items = await watching
        except TimeoutError:
            self.health.silences += 1
            raise Silent(f"nothing for {limit:g} s") from None
        self.health.last_at = self._clock()
        self.health.messages += len(items)
        for item in items:
            if not self._delivery.put(item):
                self._missed = Gap(self.health.last_at, self._clock(), "a slow consumer")
                await self._mend()

    def _failed(self, why: str) -> None:
        self.health.failures += 1
        self.health.last_error = why
        if self._missed is None:
            since = self.health.last_at
            self._missed = Gap(self._clock() if since is None else since, self._clock(), why)

    async def _mend(self) -> None:
        """Let the owner ask for what was missed, before anything newer is handed on."""
        if self._missed is None:
            return
        gap = Gap(self._missed.since, self._clock(), self._missed.why)
        if self._recover is not None:
            await self._recover(gap)
        self._missed = None
        self.health.gaps = [*self.health.gaps, gap][-_KEPT_GAPS:]

    async def _let_go(self) -> None:
        # What is dead may fail to be buried.
        error = await fault_of(lambda: asyncio.wait_for(self._reopen(), self._patience.opening_s))
        if error is not None:
            self.health.last_error = one_line(error)

    def _was_healthy(self, began: float) -> bool:
        last = self.health.last_at
        return last is not None and last - began >= self._patience.healthy_s


class Silent(Exception):
    """A connection that is open and gives nothing."""
