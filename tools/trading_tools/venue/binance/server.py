"""The venue on a port of the loopback interface: routes, the market's clock, start and end."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import replace
from types import TracebackType
from typing import Self

from aiohttp import web

from trading_tools.venue.binance import rest
from trading_tools.venue.binance.connection import Connection, SocketRules
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.private import PrivateStreams
from trading_tools.venue.binance.socket import MarketSocket
from trading_tools.venue.binance.socket_api import ApiSocket
from trading_tools.venue.binance.spot import SpotVenue
from trading_tools.venue.binance.streams import Streams

LOOPBACK = "127.0.0.1"
LEDGER_PATH = "/_ledger"
_PUMP_S = 0.05
_LONGEST_MESSAGE = 1 << 20


class VenueServer:
    """Serves a venue while its `async with` block runs. `port` 0 takes a free one."""

    def __init__(self, venue: SpotVenue, port: int = 0, rules: SocketRules | None = None) -> None:
        self.venue = venue
        self.port = port
        self._rules = rules or SocketRules()
        self._streams = Streams(venue)
        self._private = PrivateStreams(venue)
        self._connections: set[Connection] = set()
        self._runner: web.AppRunner | None = None
        self._pump: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_LONGEST_MESSAGE)
        app.router.add_get(LEDGER_PATH, self._show_ledger)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, self.port)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.port = self._runner.addresses[0][1]
        self._pump = asyncio.create_task(self._run_market())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for connection in self._connections:
            connection.close(1001, "the venue ends")
        if self._runner is not None:
            await self._runner.cleanup()
        if self._pump is not None:
            self._pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump

    async def serve_until(self, ended: asyncio.Event) -> None:
        """Serve until `ended` is set; a fault of the market ends it with that fault."""
        waiting = asyncio.create_task(ended.wait())
        tasks = [waiting] if self._pump is None else [waiting, self._pump]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()

    @property
    def base_url(self) -> str:
        """Where REST is."""
        return f"http://{LOOPBACK}:{self.port}"

    async def _run_market(self) -> None:
        while True:
            self._streams.pump(self.venue.advance())
            await asyncio.sleep(_PUMP_S)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            path, _, query = request.raw_path.partition("?")
            path = rest.without_host(path)
            if path.split("/")[1] in {"ws", "stream", "ws-api"}:
                return await self._converse(request, path, query)
        return await rest.answer(self.venue, request)

    async def _converse(self, request: web.Request, path: str, query: str) -> web.StreamResponse:
        try:
            self.venue.limits.connect(self.venue.clock())
        except BinanceError as error:
            return web.json_response(error.body(), status=error.status)
        socket = web.WebSocketResponse(
            autoping=False, compress=False, max_msg_size=_LONGEST_MESSAGE, timeout=2
        )
        await socket.prepare(request)
        api = path.startswith("/ws-api")
        # The WebSocket API counts weights as REST does, not messages.
        rules = replace(self._rules, messages_per_s=None) if api else self._rules
        connection = Connection(self.venue, socket, rules, path)
        self._connections.add(connection)
        talk: MarketSocket | ApiSocket
        if api:
            talk = ApiSocket(self.venue, self._private, connection)
        else:
            talk = MarketSocket(self.venue, self._streams, connection, rules, path, query)
        try:
            await connection.run(talk.on_text)
        finally:
            talk.leave()
            self._connections.discard(connection)
        return socket

    async def _show_ledger(self, request: web.Request) -> web.Response:
        """The ledger as JSON lines, those after number `after`."""
        after = request.query.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) < 19):
            fault = {"error": "after must be the number of an entry"}
            return web.Response(status=400, text=json.dumps(fault), content_type="application/json")
        text = "".join(self.venue.ledger.lines(int(after)))
        return web.Response(text=text, content_type="application/x-ndjson")
