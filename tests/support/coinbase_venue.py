"""A Coinbase venue on loopback for tests, and requests to it with their parts in a test's hands."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, BinaryIO
from urllib.parse import urlencode

import aiohttp
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from tests.support.venues import WAIT_S, Http, Reply, wall_clock
from trading_tools.venue.coinbase.adapter import FEED_HOST, REST_HOST, Coinbase
from trading_tools.venue.coinbase.limits import Rules
from trading_tools.venue.coinbase.listing import PRODUCTS
from trading_tools.venue.coinbase.place import CoinbasePlace
from trading_tools.venue.wire.server import VenueServer

V3 = "/api/v3/brokerage"
QUIET = Rules(
    private_1s=10**6, public_1s=10**6, v2_1h=10**6, connections_1s=10**6, messages_1s=10**6
)
"""Limits that no test reaches by accident."""

FEW = {each: price for each, price in PRODUCTS.items() if each.symbol in {"BTC-USD", "ETH-USD"}}
"""Products for tests that need no more: each market takes its share of the time."""


def coinbase(seed: int = 7, **settings: Any) -> CoinbasePlace:
    """A place on the machine's clock."""
    return CoinbasePlace(seed, settings.pop("clock", wall_clock), **settings)


def serving(place: CoinbasePlace) -> VenueServer:
    """A server of one Coinbase venue."""
    return VenueServer([Coinbase(place)])


def signed_token(secret: str, head: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token of these parts, signed with ES256 by a PEM key."""
    key = serialization.load_pem_private_key(secret.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)

    def packed(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    text = ".".join(packed(json.dumps(part).encode()) for part in (head, claims))
    der = key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
    halves = (half.to_bytes(32, "big") for half in utils.decode_dss_signature(der))
    return f"{text}.{packed(b''.join(halves))}"


class Feed:
    """A connection to the feed."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def ask(self, **message: Any) -> None:
        """Send a message."""
        await self.socket.send_json(message)

    async def next(self, channel: str = "") -> dict[str, Any]:
        """The next message, or the next one of a channel."""
        async with asyncio.timeout(WAIT_S):
            while True:
                found: dict[str, Any] = await self.socket.receive_json()
                if not channel or found.get("channel") == channel:
                    return found

    async def end(self) -> int | None:
        """Read on until the venue closes; its code."""
        async with asyncio.timeout(WAIT_S):
            while not self.socket.closed:
                await self.socket.receive()
        return self.socket.close_code


class Wire(Http):
    """Requests and feeds of Coinbase, with the parts of a signed one in the test's hands."""

    def __init__(
        self, session: aiohttp.ClientSession, server: VenueServer, place: CoinbasePlace
    ) -> None:
        super().__init__(session, server)
        self.place = place
        self._orders = 0

    async def send(
        self,
        method: str,
        path: str,
        query: str = "",
        body: str | bytes | BinaryIO | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Send these bytes to the host of REST: status, body as JSON or text, headers."""
        named = {"Host": REST_HOST, **(headers or {})}
        return await super().send(method, path, query, body, named)

    def token(self, uri: str | None, head: dict[str, Any] | None = None, **claims: Any) -> str:
        """A sound token, but for what is given; None leaves a claim out."""
        credentials, now = self.place.credentials, self.place.clock() // 1_000
        every = {
            "sub": credentials.key,
            "iss": "cdp",
            "nbf": now,
            "exp": now + 120,
            "uri": uri,
            **claims,
        }
        nonce = hashlib.sha256(str(uri).encode()).hexdigest()[:32]
        return signed_token(
            credentials.secret,
            {"alg": "ES256", "typ": "JWT", "kid": credentials.key, "nonce": nonce, **(head or {})},
            {name: value for name, value in every.items() if value is not None},
        )

    def bearer(self, token: str) -> dict[str, str]:
        """The header of a token."""
        return {"Authorization": f"Bearer {token}"}

    async def signed(self, method: str, path: str, body: Any = None, **query: Any) -> Reply:
        """A sound request with a token."""
        headers = self.bearer(self.token(f"{method} {REST_HOST}{path}"))
        text = None if body is None else json.dumps(body)
        return await self.send(method, path, urlencode(query, doseq=True), text, headers)

    async def get(self, path: str, **query: Any) -> Any:
        """What a signed query of v3 is answered with."""
        status, told, _ = await self.signed("GET", V3 + path, **query)
        assert status == 200, told
        return told

    async def order(self, **fields: Any) -> Any:
        """Place a limit order far from the market, but for `fields`; its reply."""
        self._orders += 1
        values = {"base_size": "0.01", "limit_price": "50000", "post_only": False}
        usual = {
            "client_order_id": f"test-{self._orders}",
            "product_id": "BTC-USD",
            "side": "BUY",
            "order_configuration": {"limit_limit_gtc": values},
        }
        status, told, _ = await self.signed("POST", f"{V3}/orders", {**usual, **fields})
        assert status == 200, told
        return told

    async def limit(self, **values: Any) -> Any:
        """Place a limit order with these values."""
        usual = {"base_size": "0.01", "limit_price": "50000", "post_only": False}
        return await self.order(order_configuration={"limit_limit_gtc": {**usual, **values}})

    async def order_now(self, order_id: str) -> Any:
        """An order as it stands."""
        return (await self.get(f"/orders/historical/{order_id}"))["order"]

    @asynccontextmanager
    async def feed(self) -> AsyncIterator[Feed]:
        """A connection to the feed."""
        url = self.server.base_url.replace("http", "ws", 1) + f"/{FEED_HOST}"
        async with self.session.ws_connect(url) as socket:
            yield Feed(socket)
