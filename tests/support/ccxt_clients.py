"""ccxt's unmodified clients, sync, async and pro, at a venue on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, Literal, TypeVar

from tests.support.venues import WAIT_S, keys, point_at, served_in_a_thread
from trading_tools.venue.market.place import Marketplace
from trading_tools.venue.wire.server import VenueServer

Kind = Literal["sync", "async"]
Answer = TypeVar("Answer")


class Both:
    """A venue and a client of either kind, asked in the same way."""

    def __init__(self, place: Marketplace, client: Any, kind: Kind) -> None:
        self.place = place
        self.client = client
        self._kind = kind

    async def __call__(self, method: str, *args: Any) -> Any:
        """Call a method of ccxt."""
        answer = getattr(self.client, method)(*args)
        return answer if self._kind == "sync" else await answer

    def forget_keys(self) -> None:
        """Go on as a client without credentials."""
        self.client.apiKey = self.client.secret = ""

    def kinds(self, *kinds: str) -> list[dict[str, Any]]:
        """The ledger's entries of some kinds."""
        return [dict(entry.body) for entry in self.place.ledger.of(*kinds)]


@asynccontextmanager
async def rest_client(kind: Kind, server: VenueServer) -> AsyncIterator[Both]:
    """A REST client of a server's venue. One that blocks is served from another thread."""
    import ccxt
    import ccxt.async_support

    venue = server.venues[0]
    if kind == "sync":
        with served_in_a_thread(server) as port:
            client = point_at(getattr(ccxt, venue.name)(keys(venue)), port)
            yield Both(venue.place, client, kind)
        return
    async with server:
        client = point_at(getattr(ccxt.async_support, venue.name)(keys(venue)), server.port)
        try:
            yield Both(venue.place, client, kind)
        finally:
            await client.close()


@asynccontextmanager
async def pro_client(server: VenueServer) -> AsyncIterator[Any]:
    """A pro client of a server's venue, its markets loaded."""
    import ccxt.pro

    venue = server.venues[0]
    async with server:
        client = point_at(getattr(ccxt.pro, venue.name)(keys(venue)), server.port)
        try:
            await client.load_markets()
            yield client
        finally:
            await client.close()


async def within(what: Awaitable[Answer]) -> Answer:
    """What is awaited, which a test does not await for ever."""
    async with asyncio.timeout(WAIT_S):
        return await what
