"""One WebSocket connection: its queue, its pings, its limits and its end.

What is said on it is the venue's own conversation.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import WSCloseCode, WSMsgType, web

from trading_tools.venue.wire.interference import Interference, Request
from trading_tools.venue.wire.messages import Message, Operation, Seen, Told
from trading_tools.venue.wire.venue import Venue

_QUEUE = 20_000
_NO_DATA = frozenset({Told.REPLY, Told.CONTROL})


@dataclass(frozen=True)
class SocketRules:
    """Limits of a connection; None is none.

    `messages_per_s` counts pings and pongs too. A venue that does not ping leaves it to the client,
    and ends a connection on which nothing came for `idle_s`.
    """

    ping_every_s: float | None = 20
    pong_within_s: float = 60
    idle_s: float | None = None
    lifetime_s: float = 86_400
    messages_per_s: int | None = None
    streams: int = 1_024


class Connection:
    """A connection that was accepted. `send` never waits: who reads too slowly is cut off."""

    def __init__(
        self,
        venue: Venue,
        socket: web.WebSocketResponse,
        rules: SocketRules,
        path: str,
        interference: Interference,
    ) -> None:
        self.venue = venue
        self.place = place = venue.place
        self.rules = rules
        self.path = path
        self._socket = socket
        self._interference = interference
        self._queue: asyncio.Queue[str] = asyncio.Queue(_QUEUE)
        self._loop = asyncio.get_running_loop()
        self._last_pong = self._last_heard = self._loop.time()
        self._second, self._in_second = 0, 0
        self._sent = 0
        self._begun: set[tuple[Told, str]] = set()
        self._ending: tuple[int, str] | None = None
        self._end = asyncio.Event()
        self.number = place.ledger.record(place.clock(), "stream.opened", path=path).seq

    def send(
        self,
        text: str,
        told: Told,
        symbol: str = "",
        operation: Operation = Operation.OTHER,
        request: Request | None = None,
        code: str = "",
    ) -> bool:
        """Queue a message, or what a fault makes of it; whether it goes out as it is."""
        message = Message(text, told, symbol, operation, request, code)
        sent = False
        for each in self._interference.outgoing(self, message):
            self.deliver(each.text)
            self._note(each)
            sent = sent or each is message
        if request is not None and not sent:
            self.place.ledger.record(self.place.clock(), "reply.lost", request=request.number)
        return sent

    def _note(self, message: Message) -> None:
        """Record the first message about each thing: only then has a stream really begun."""
        about = message.told, message.symbol
        if message.told not in _NO_DATA and about not in self._begun:
            self._begun.add(about)
            self.place.ledger.record(
                self.place.clock(),
                "stream.began",
                connection=self.number,
                about=message.told.value,
                symbol=message.symbol,
            )

    def admit(self, seen: Seen, at: int, number: int) -> Request | None:
        """A request that came over this connection, or None where a fault has taken it.

        `number` is its entry in the ledger. The venue acts on it, and names it in its reply.
        """
        request = Request(self.venue, seen, at, number, self)
        return request if self._interference.admits(self, request) else None

    def deliver(self, text: str) -> None:
        """Queue a text as it is."""
        try:
            self._queue.put_nowait(text)
        except asyncio.QueueFull:
            self.close(WSCloseCode.POLICY_VIOLATION, "slow consumer")

    @property
    def waiting(self) -> int:
        """Messages that wait to be sent."""
        return self._queue.qsize()

    def abort(self) -> None:
        """Reset the connection without a close frame, as a network that fails."""
        if self._ending is None:
            self._ending = (int(WSCloseCode.ABNORMAL_CLOSURE), "reset")
            if (transport := self._socket.get_extra_info("transport")) is not None:
                transport.abort()
            self._end.set()

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
            self.place.ledger.record(
                self.place.clock(),
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
            self._last_heard = self._loop.time()
            if self._too_many():
                self.close(WSCloseCode.POLICY_VIOLATION, "Too many requests")
                return
            if message.type is WSMsgType.PING:
                if self._interference.pong(self):
                    await self._socket.pong(message.data)
            elif message.type is WSMsgType.PONG:
                self._last_pong = self._loop.time()
            elif message.type is WSMsgType.TEXT:
                if self._interference.incoming(self, message.data):
                    on_text(message.data)
            else:
                self.close(WSCloseCode.UNSUPPORTED_DATA, "only text is understood")
                return

    async def _ping(self) -> None:
        rules, born = self.rules, self._loop.time()
        waits = [rules.lifetime_s, rules.ping_every_s, rules.idle_s]
        while True:
            await asyncio.sleep(min(wait for wait in waits if wait is not None))
            now = self._loop.time()
            if now - born >= rules.lifetime_s:
                return self.close(WSCloseCode.GOING_AWAY, "24 hours are over")
            if rules.idle_s is not None and now - self._last_heard >= rules.idle_s:
                return self.close(WSCloseCode.OK, "idle")
            if rules.ping_every_s is None:
                continue
            if now - self._last_pong > rules.pong_within_s:
                return self.close(WSCloseCode.POLICY_VIOLATION, "Pong timeout")
            if not self._interference.ping(self):
                continue
            try:
                await self._socket.ping(str(self.place.clock()).encode())
            except ConnectionError:
                return None

    def _too_many(self) -> bool:
        if self.rules.messages_per_s is None:
            return False
        second = int(self._loop.time())
        if second != self._second:
            self._second, self._in_second = second, 0
        self._in_second += 1
        return self._in_second > self.rules.messages_per_s
