"""The connection of a FIX session: TCP or TLS, reading, the clock's ticks, connecting again.

What is said on it is `session`; who listens to the answers is `orders`.
"""

from __future__ import annotations

import asyncio
import logging
import random
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

from trading_tools.exchange.errors import one_line
from trading_tools.exchange.links.extras import required
from trading_tools.exchange.links.fix.message import Frames, Message, moment
from trading_tools.exchange.links.fix.session import FixSettings, Phase, Session, Step
from trading_tools.exchange.links.fix.store import FixStore
from trading_tools.exchange.streams.fence import fault_of

_TICK_S: Final = 0.5
_FIRST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 30.0
_HEALTHY_S: Final = 10.0
"""A session that was up for so long begins anew with the first pause; venues count logons."""
_CONNECT_S: Final = 10.0

_log = logging.getLogger(__name__)


class LinkDown(Exception):
    """The session is not up, or went down while an answer was waited for."""


class FixLink:
    """Keeps one session up for as long as it is open; `async with` it.

    `failure` says why it has given up: what a person must look at, like a sequence number of the
    venue's that is too low.
    """

    def __init__(
        self,
        settings: FixSettings,
        store: FixStore,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Nothing is connected yet.

        Raises:
            MissingExtra: simplefix is not installed.
        """
        required("simplefix", "fix")
        self.session = Session(settings, store)
        self.store = store
        self.failure: str | None = None
        self.connects = 0
        """How often a connection was made."""
        self.garbled = 0
        """Frames that were left out for a wrong length or checksum."""
        self.recover: Callable[[], Awaitable[object]] | None = None
        """Awaited each time the session is up again after a break: `manager.reconcile`."""
        self._recovery: asyncio.Task[None] | None = None
        self._was_up = False
        self._up_since: datetime | None = None
        self._last: str | None = None
        """Why the last connection ended, or none came to be."""
        self._told = False
        """Whether it has been told why the present one ends."""
        self.settings = settings
        self._now = now
        self._sleep = sleep
        self._writer: asyncio.StreamWriter | None = None
        self._listeners: list[asyncio.Queue[Message | None]] = []
        self._always: list[Callable[[Message], None]] = []
        self._changed = asyncio.Event()
        self._probes = 0
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._keep_up())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing = True
        if self._writer is not None and self.failure is None:
            self._act(self.session.close(self._now()), self._writer)
        if self._task is None:
            return
        try:
            # An orderly end: the venue's Logout, or a moment of waiting for it.
            await asyncio.wait({self._task}, timeout=1.0)
        finally:
            tasks = [task for task in (self._task, self._recovery) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if not self._task.cancelled():
            self._task.result()

    def always(self, take: Callable[[Message], None]) -> None:
        """Hand every application message to `take`, in order, once each."""
        self._always.append(take)

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[Message | None]]:
        """The messages from now on; None when the connection is lost."""
        heard: asyncio.Queue[Message | None] = asyncio.Queue()
        self._listeners.append(heard)
        try:
            yield heard
        finally:
            self._listeners.remove(heard)

    @property
    def ready(self) -> bool:
        """Whether requests can be sent: logged on, and neither side misses anything."""
        return self.session.phase is Phase.READY and self._writer is not None

    async def until_ready(self, within_s: float) -> None:
        """Wait for that.

        Raises:
            LinkDown: it did not come to it; the message says why where that is known.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not self.ready and self.failure is None:
                    self._changed.clear()
                    await self._changed.wait()
        if not self.ready:
            raise self._down()

    def send(
        self,
        kind: str,
        fields: list[tuple[int, str]],
        name: str | None = None,
        of: str | None = None,
    ) -> int:
        """Send a request, once; its number. One with a `name` is kept before it leaves.

        Raises:
            LinkDown: the session is not up; nothing was sent or kept.
            ValueError: a value that cannot be sent; nothing was sent or kept.
        """
        if not self.ready or self._writer is None:
            raise self._down()
        try:
            seq, data = self.session.request(kind, fields, self._now(), name, of)
        except sqlite3.Error as error:
            self._store_failed(error)
            raise self._down() from error
        self._writer.write(data)
        return seq

    async def round_trip(self, within_s: float) -> datetime:
        """The venue's time when it answered; all that it had sent before has been taken in by then.

        Raises:
            LinkDown: no answer.
        """
        if not self.ready or self._writer is None:
            raise self._down()
        self._probes += 1
        name = f"t{self._probes}"
        with self.listening() as heard:
            try:
                self._writer.write(self.session.probe(name, self._now()))
            except sqlite3.Error as error:
                self._store_failed(error)
                raise self._down() from error
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    while (message := await heard.get()) is not None:
                        at = moment(message.get(52))
                        if message.type == "0" and message.get(112) == name and at is not None:
                            return at
        raise LinkDown("the venue did not answer a TestRequest")

    async def _keep_up(self) -> None:
        pause = _FIRST_PAUSE_S
        while not self._given_up():
            self._up_since = None
            try:
                await self._one_connection()
            except (OSError, TimeoutError) as error:
                self._last = f"{type(error).__name__}: {error}"[:200]
                _log.warning("FIX connection failed: %s", self._last)
            except sqlite3.Error as error:
                self._store_failed(error)
            if self._given_up():
                break
            pause = _FIRST_PAUSE_S if self._was_healthy() else min(pause * 2, _LONGEST_PAUSE_S)
            # Of all clients that lost the venue at once, not all come back at once.
            await self._sleep(pause * (0.5 + random.random()))  # noqa: S311 - no secret
        self._changed.set()

    def _was_healthy(self) -> bool:
        up_since = self._up_since
        return up_since is not None and (self._now() - up_since).total_seconds() >= _HEALTHY_S

    def _down(self) -> LinkDown:
        if self.failure is not None:
            return LinkDown(self.failure)
        why = "" if self._last is None else f" ({self._last})"
        return LinkDown(f"the FIX session is {self.session.phase}{why}")

    def _store_failed(self, error: sqlite3.Error) -> None:
        """Without its store the session would lose what it must not."""
        self.failure = f"the FIX store cannot be used: {error}; mend it and start anew"
        if self._writer is not None:
            self._writer.close()

    def _given_up(self) -> bool:
        return self._closing or self.failure is not None

    def _up(self) -> None:
        """The session has become ready: what a break may have hidden is asked for."""
        if self._was_up and self.recover is not None and self._recovery is None:
            self._recovery = asyncio.create_task(self._recovered(self.recover))
        self._was_up, self._up_since = True, self._now()

    async def _recovered(self, recover: Callable[[], Awaitable[object]]) -> None:
        pause = _FIRST_PAUSE_S
        while not self._given_up() and (fault := await fault_of(recover)) is not None:
            _log.warning("what follows a new FIX connection failed: %s", one_line(fault))
            await self._sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)
        self._recovery = None

    async def _one_connection(self) -> None:
        """From connect to the end."""
        async with asyncio.timeout(_CONNECT_S):
            reader, writer = await asyncio.open_connection(
                self.settings.host, self.settings.port, ssl=self.settings.tls or None
            )
        self._writer, self.connects, self._told = writer, self.connects + 1, False
        frames, beats = Frames(), asyncio.create_task(self._beat(writer))
        try:
            self._act(self.session.open(self._now()), writer)
            while not writer.is_closing():
                data = await reader.read(65_536)
                if not data:
                    if not self._told:
                        self._ended(f"cut without a word while {self.session.phase}")
                    return
                for message in frames.feed(data):
                    step = self.session.received(message, self._now())
                    self._act(step, writer)
                    if self.session.phase is Phase.READY and self._up_since is None:
                        self._up()
                    if step.over is not None:
                        return
        finally:
            beats.cancel()
            self.garbled += frames.garbled
            self.session.lost()
            self._writer = None
            writer.close()
            for heard in self._listeners:
                heard.put_nowait(None)
            self._changed.set()

    async def _beat(self, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            await self._sleep(_TICK_S)
            try:
                self._act(self.session.tick(self._now()), writer)
            except sqlite3.Error as error:
                self._store_failed(error)

    def _act(self, step: Step, writer: asyncio.StreamWriter) -> None:
        for data in step.send:
            writer.write(data)
        for message in step.deliver:
            for take in self._always:
                _taken(take, message)
            for heard in self._listeners:
                heard.put_nowait(message)
        if step.over is not None:
            if step.fatal:
                self.failure = step.over
            self._ended(step.over)
            writer.close()
        self._changed.set()

    def _ended(self, why: str) -> None:
        level = logging.INFO if self._closing else logging.WARNING
        self._last, self._told = why, True
        _log.log(level, "FIX connection over: %.200s", why)


def _taken(take: Callable[[Message], None], message: Message) -> None:
    """The boundary to whoever listens: what they raise must not end the session."""
    try:
        take(message)
    except Exception:  # noqa: BLE001 - the boundary
        _log.exception("a listener failed on a FIX message of type %.10s", message.type)
