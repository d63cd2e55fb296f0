"""One WebSocket connection: its queue, its pings, its limits and its end.

What is said on it is `socket` and `socket_api`. The rules are Binance's for spot: a ping every 20
seconds, a pong within a minute, five messages a second, an end after 24 hours.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import WSCloseCode, WSMsgType, web

from trading_tools.venue.binance.spot import SpotVenue

_QUEUE = 20_000


@dataclass(frozen=True)
class SocketRules:
    """Limits of a connection. `messages_per_s` counts pings and pongs too; None is no limit."""

    ping_every_s: float = 20
    pong_within_s: float = 60
    lifetime_s: float = 86_400
    messages_per_s: int | None = 5
    streams: int = 1_024


class Connection:
    """A connection that was accepted. `send` never waits: who reads too slowly is cut off."""

    def __init__(
        self, venue: SpotVenue, socket: web.WebSocketResponse, rules: SocketRules, path: str
    ) -> None:
        self._venue = venue
        self._socket = socket
        self._rules = rules
        self._queue: asyncio.Queue[str] = asyncio.Queue(_QUEUE)
        self._loop = asyncio.get_running_loop()
        self._last_pong = self._loop.time()
        self._second, self._in_second = 0, 0
        self._sent = 0
        self._ending: tuple[int, str] | None = None
        self._end = asyncio.Event()
        self.number = venue.ledger.record(venue.clock(), "stream.opened", path=path).seq

    def send(self, text: str) -> None:
        """Queue a message."""
        try:
            self._queue.put_nowait(text)
        except asyncio.QueueFull:
            self.close(WSCloseCode.POLICY_VIOLATION, "slow consumer")

    def close(self, code: int, why: str) -> None:
        """End the connection with a close frame; the first reason stands."""
        if self._ending is None:
            self._ending = (code, why)
            self._end.set()

    async def run(self, on_text: Callable[[str], None]) -> None:
        """Serve the connection until one side ends it; `on_text` gets each message."""
        tasks = [
            asyncio.create_task(self._write()),
            asyncio.create_task(self._ping()),
            asyncio.create_task(self._read(on_text)),
            asyncio.create_task(self._end.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            code, why = self._ending or (WSCloseCode.OK, "")
            if not self._socket.closed:
                with contextlib.suppress(ConnectionError, RuntimeError, TimeoutError):
                    async with asyncio.timeout(2):
                        await self._socket.close(code=code, message=why.encode())
            self._venue.ledger.record(
                self._venue.clock(),
                "stream.closed",
                connection=self.number,
                code=int(code if self._ending else self._socket.close_code or code),
                why=why or "the client left",
                messages=self._sent,
            )
            for end in ends:
                if isinstance(end, Exception) and not isinstance(end, ConnectionError):
                    raise end  # a fault of ours: the server tells it with its trace

    async def _write(self) -> None:
        while True:
            text = await self._queue.get()
            try:
                await self._socket.send_str(text)
            except ConnectionError:
                return
            self._sent += 1

    async def _read(self, on_text: Callable[[str], None]) -> None:
        async for message in self._socket:
            if self._too_many():
                self.close(WSCloseCode.POLICY_VIOLATION, "Too many requests")
                return
            if message.type is WSMsgType.PING:
                await self._socket.pong(message.data)
            elif message.type is WSMsgType.PONG:
                self._last_pong = self._loop.time()
            elif message.type is WSMsgType.TEXT:
                on_text(message.data)
            else:
                self.close(WSCloseCode.UNSUPPORTED_DATA, "only text is understood")
                return

    async def _ping(self) -> None:
        born = self._loop.time()
        while True:
            await asyncio.sleep(min(self._rules.ping_every_s, self._rules.lifetime_s))
            now = self._loop.time()
            if now - born >= self._rules.lifetime_s:
                return self.close(WSCloseCode.GOING_AWAY, "24 hours are over")
            if now - self._last_pong > self._rules.pong_within_s:
                return self.close(WSCloseCode.POLICY_VIOLATION, "Pong timeout")
            try:
                await self._socket.ping(str(self._venue.clock()).encode())
            except ConnectionError:
                return None

    def _too_many(self) -> bool:
        if self._rules.messages_per_s is None:
            return False
        second = int(self._loop.time())
        if second != self._second:
            self._second, self._in_second = second, 0
        self._in_second += 1
        return self._in_second > self._rules.messages_per_s
