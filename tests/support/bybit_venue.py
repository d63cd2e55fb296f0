"""A Bybit venue on loopback for tests: served, reached by plain HTTP, and by ccxt's clients."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.support.venues import Http, Reply, wall_clock
from trading_tools.venue.bybit.adapter import RULES, Bybit
from trading_tools.venue.bybit.limits import Rules
from trading_tools.venue.bybit.place import LISTING, BybitPlace
from trading_tools.venue.wire.connection import SocketRules
from trading_tools.venue.wire.server import VenueServer

QUIET = Rules(address_5s=10**9, connections_5m=10**6, account_factor=10**6)
"""Limits that no test reaches by accident."""

SMALL = {each: price for each, price in LISTING.items() if each.base == "BTC"}
MIDDLE = {each: price for each, price in LISTING.items() if each.base in {"BTC", "ETH"}}
"""Parts of the listing, for tests that need no more: each market takes its share of the time."""


def bybit(seed: int = 7, **settings: Any) -> BybitPlace:
    """A venue on the machine's clock."""
    return BybitPlace(seed, settings.pop("clock", wall_clock), **settings)


def serving_bybit(place: BybitPlace, rules: SocketRules = RULES) -> VenueServer:
    """A server of it alone."""
    return VenueServer([Bybit(place, rules)])


class BybitWire(Http):
    """Requests to Bybit, with the parts of a signed one in the test's hands."""

    def __init__(
        self, session: aiohttp.ClientSession, server: VenueServer, place: BybitPlace
    ) -> None:
        super().__init__(session, server)
        self.place = place

    def head(self, payload: str, **changed: str) -> dict[str, str]:
        """The headers of a signed request, but for what is `changed`."""
        key = changed.pop("key", self.place.credentials.key)
        secret = changed.pop("secret", self.place.credentials.secret)
        stamp = changed.pop("stamp", str(self.place.clock()))
        window = changed.pop("window", "5000")
        origin = stamp + key + window + payload
        return {
            "X-BAPI-API-KEY": key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-RECV-WINDOW": window,
            "X-BAPI-SIGN": hmac.new(secret.encode(), origin.encode(), hashlib.sha256).hexdigest(),
        }

    async def get(self, path: str, **params: Any) -> Reply:
        """A sound signed query."""
        query = urlencode(params)
        return await self.send("GET", path, query, headers=self.head(query))

    async def post(self, path: str, **params: Any) -> Reply:
        """A sound signed act."""
        body = json.dumps(params)
        return await self.send("POST", path, "", body, self.head(body))

    async def order(self, **params: Any) -> Reply:
        """A limit order far from the market, but for `params`; None leaves one out."""
        usual = {
            "category": "spot",
            "symbol": "BTCUSDT",
            "side": "Buy",
            "orderType": "Limit",
            "qty": "0.01",
            "price": "50000",
        }
        chosen = {name: text for name, text in {**usual, **params}.items() if text is not None}
        return await self.post("/v5/order/create", **chosen)
