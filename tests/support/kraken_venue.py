"""A Kraken venue on loopback for tests, and plain signed requests to it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.support.venues import wall_clock
from trading_tools.venue.kraken.adapter import RULES, Kraken
from trading_tools.venue.kraken.limits import Rules
from trading_tools.venue.kraken.listing import LISTED
from trading_tools.venue.kraken.signing import signature
from trading_tools.venue.kraken.spot import KrakenSpot
from trading_tools.venue.wire.connection import SocketRules
from trading_tools.venue.wire.server import VenueServer

QUIET = Rules(calls=10**6, public_calls=10**6, orders=10**6, connections_10m=10**6)
"""Limits that no test reaches by accident."""

FEW = {each: price for each, price in LISTED.items() if each.symbol in {"BTC/USD", "ETH/USD"}}
"""Instruments for tests that need no more: each market takes its share of the time."""


def kraken(seed: int = 7, **settings: Any) -> KrakenSpot:
    """A venue on the machine's clock."""
    return KrakenSpot(seed, settings.pop("clock", wall_clock), **settings)


def serving(venue: KrakenSpot, rules: SocketRules = RULES) -> VenueServer:
    """A server of one Kraken venue."""
    return VenueServer([Kraken(venue, rules)])


class Wire:
    """Plain HTTP and WebSockets to a venue, with the parts of a request in the test's hands."""

    def __init__(
        self, session: aiohttp.ClientSession, server: VenueServer, venue: KrakenSpot
    ) -> None:
        self.session = session
        self.server = server
        self.venue = venue
        self.nonce = 1_000

    async def send(
        self,
        method: str,
        path: str,
        body: str | bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Send these bytes: status, and the body as JSON."""
        url = self.server.base_url + path
        async with self.session.request(method, url, data=body, headers=headers) as reply:
            return reply.status, json.loads(await reply.read())

    async def public(self, name: str, **params: Any) -> Any:
        """The result of a public call; its error's words where it is refused."""
        query = f"?{urlencode(params)}" if params else ""
        return _told((await self.send("GET", f"/0/public/{name}{query}"))[1])

    async def private(self, name: str, **params: Any) -> Any:
        """The result of a signed call; its error's words where it is refused."""
        self.nonce += 1
        path, nonce = f"/0/private/{name}", str(params.pop("nonce", self.nonce))
        body = urlencode({"nonce": nonce, **params}).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "API-Key": params.pop("key", self.venue.credentials.key),
            "API-Sign": signature(self.venue.credentials.secret, path, nonce, body),
        }
        return _told((await self.send("POST", path, body, headers))[1])

    async def order(self, **params: Any) -> Any:
        """A limit order far from the market, but for `params`; None leaves one out."""
        usual = {
            "pair": "XBTUSD",
            "type": "buy",
            "ordertype": "limit",
            "volume": "0.01",
            "price": "50000",
        }
        chosen = {name: text for name, text in {**usual, **params}.items() if text is not None}
        return await self.private("AddOrder", **chosen)


def _told(document: dict[str, Any]) -> Any:
    return document["error"][0] if document["error"] else document["result"]
