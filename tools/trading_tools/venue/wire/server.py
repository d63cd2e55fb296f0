"""Venues on the loopback interface: doors, hosts, the markets' clock, start and end.

A request finds its venue by the real host name: in the path's first segment, for clients that are
pointed here by URL (`/api.binance.com/api/v3/time`), else in the `Host` header.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import web

from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.interference import Cut, Interference, Request
from trading_tools.venue.wire.messages import Asked, Reply
from trading_tools.venue.wire.venue import SparesHosts, Venue

LOOPBACK = "127.0.0.1"
LEDGER_PATH = "/_ledger"
VENUES_PATH = "/_venues"
_PUMP_S = 0.05
_LONGEST_MESSAGE = 1 << 20


@dataclass(frozen=True)
class Door:
    """A port to listen on; 0 takes a free one. `tls` is the server's side of TLS, or None."""

    port: int = 0
    tls: ssl.SSLContext | None = None


class VenueServer:
    """Serves venues while its `async with` block runs. `ports` are those of its doors, in order."""

    def __init__(
        self,
        venues: Sequence[Venue],
        doors: Sequence[Door] = (Door(),),
        interference: Interference | None = None,
    ) -> None:
        self.venues = list(venues)
        self.ports: list[int] = []
        self._doors = doors
        self._interference = interference or Interference()
        self._by_host = by_host(venues)
        self._connections: set[Connection] = set()
        self._runner: web.AppRunner | None = None
        self._pump: asyncio.Task[None] | None = None
        self._instance = uuid.uuid4().hex

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_LONGEST_MESSAGE)
        app.router.add_get(LEDGER_PATH, self._show_ledger)
        app.router.add_get(VENUES_PATH, self._show_venues)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        try:
            for door in self._doors:
                await web.TCPSite(self._runner, LOOPBACK, door.port, ssl_context=door.tls).start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.ports = [address[1] for address in self._runner.addresses]
        self._interference.starting(self.venues)
        self._pump = asyncio.create_task(self._run_markets())
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
        """Serve until `ended` is set; a fault of a market ends it with that fault."""
        waiting = asyncio.create_task(ended.wait())
        tasks = [waiting] if self._pump is None else [waiting, self._pump]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()

    @property
    def port(self) -> int:
        """The first door's port."""
        return self.ports[0]

    @property
    def base_url(self) -> str:
        """Where REST is, by the first door."""
        scheme = "http" if self._doors[0].tls is None else "https"
        return f"{scheme}://{LOOPBACK}:{self.port}"

    @property
    def behind(self) -> int:
        """Messages of streams that wait to be sent."""
        return sum(connection.waiting for connection in self._connections)

    async def _run_markets(self) -> None:
        while True:
            for venue in self.venues:
                venue.pump(venue.place.advance())
            await asyncio.sleep(_PUMP_S)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        host, venue = request.host.partition(":")[0].lower(), None
        first, slash, rest = path[1:].partition("/")
        named = first.partition(":")[0].lower()
        if named in self._by_host:
            host, path = named, slash + rest or "/"
        venue = self._by_host.get(host)
        if venue is None and len(self.venues) == 1:
            venue = self.venues[0]
        if venue is None:
            names = ", ".join(sorted(self._by_host))
            return web.json_response({"error": f"no venue at {host}: use {names}"}, status=421)
        asked = Asked(request.method, host, path, query, await request.read(), request.headers)
        if request.headers.get("Upgrade", "").lower() == "websocket" and venue.is_socket(asked):
            return await self._converse(request, venue, asked)
        outcome = await self.handle(venue, asked)
        return await _cut(request, outcome) if isinstance(outcome, Cut) else _response(outcome)

    async def handle(self, venue: Venue, asked: Asked) -> Reply | Cut:
        """Let a venue answer one request, and record both in its ledger."""
        place = venue.place
        at = place.advance()
        seen = venue.seen(asked)
        number = place.ledger.record(
            at,
            "request.received",
            wire="rest",
            operation=seen.operation.value,
            method=asked.method,
            path=asked.path,
            params=dict(seen.params),
            key=seen.key,
        ).seq
        arrived = Request(venue, seen, at, number)
        reply: Reply | None = None
        outcome = await self._interference.before(arrived)
        if outcome is None:
            reply = venue.answer(asked, place.advance(), number)
            outcome = await self._interference.after(arrived, reply)
        told: dict[str, object] = {"request": number}
        if isinstance(outcome, Cut):
            told["status"] = outcome.reply.status if outcome.reply and outcome.sent else 0
            told["cut"] = True
        else:
            told |= {"status": outcome.status, "code": outcome.code}
            if outcome is not reply:
                told["changed"] = True
            if "Retry-After" in outcome.headers:
                told["retry_after_s"] = outcome.headers["Retry-After"]
        place.ledger.record(place.clock(), "request.answered", **told)
        return outcome

    async def _converse(
        self, request: web.Request, venue: Venue, asked: Asked
    ) -> web.StreamResponse:
        refusal = self._interference.opening(venue, asked)
        if refusal is None:
            refusal = venue.refuse_socket(asked, venue.place.clock())
        if refusal is not None:
            return _response(refusal)
        rules = venue.rules(asked)
        socket = web.WebSocketResponse(
            autoping=False, compress=False, max_msg_size=_LONGEST_MESSAGE, timeout=2
        )
        await socket.prepare(request)
        connection = Connection(venue, socket, rules, asked.path, self._interference)
        self._connections.add(connection)
        self._interference.opened(connection)
        talk = venue.converse(asked, connection)
        try:
            await connection.run(talk.on_text)
        finally:
            talk.leave()
            self._interference.closed(connection)
            self._connections.discard(connection)
        return socket

    async def _show_venues(self, request: web.Request) -> web.Response:
        """Which venues are served, with the keys of their drill accounts.

        `instance` names this server's life: what its venues know ends with it.
        """
        venues = {
            venue.name: {"key": venue.credentials.key, "secret": venue.credentials.secret}
            for venue in self.venues
        }
        return web.json_response({"instance": self._instance, "venues": venues})

    async def _show_ledger(self, request: web.Request) -> web.Response:
        """A ledger as JSON lines: of `venue`, where there are several, what came after `after`."""
        after = request.query.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) < 19):
            return _fault("after must be the number of an entry")
        names = {venue.name: venue for venue in self.venues}
        name = request.query.get("venue", self.venues[0].name if len(names) == 1 else "")
        if name not in names:
            return _fault(f"venue must be one of {', '.join(names)}")
        text = "".join(names[name].place.ledger.lines(int(after)))
        return web.Response(text=text, content_type="application/x-ndjson")


def by_host(venues: Sequence[Venue]) -> dict[str, Venue]:
    """Which venue answers for each host: its own one before a sister that stands in for it."""
    found: dict[str, Venue] = {}
    for venue in venues:
        spare = venue.spare_hosts if isinstance(venue, SparesHosts) else frozenset()
        for host in venue.hosts:
            if host not in spare or host not in found:
                found[host] = venue
    return found


def _fault(words: str) -> web.Response:
    return web.json_response({"error": words}, status=400)


def _response(reply: Reply) -> web.Response:
    return web.Response(
        status=reply.status,
        body=reply.body,
        content_type=reply.content_type,
        headers=reply.headers,
    )


async def _cut(request: web.Request, cut: Cut) -> web.StreamResponse:
    """Send a part of a reply, then reset the connection or leave it silent."""
    transport = request.transport
    response = web.StreamResponse()
    if cut.reply is not None and cut.sent:
        response = web.StreamResponse(status=cut.reply.status, headers=cut.reply.headers)
        response.content_type = cut.reply.content_type
        response.content_length = len(cut.reply.body)
        await response.prepare(request)
        await response.write(cut.reply.body[: cut.sent])
    if cut.hang:
        await asyncio.Event().wait()  # until the client gives up or the server ends
    if transport is not None:
        transport.abort()
    return response
