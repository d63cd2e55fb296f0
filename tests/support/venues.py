"""Venues on loopback for tests, and ccxt's unmodified clients pointed at them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, BinaryIO, Protocol
from urllib.parse import urlencode, urlsplit

import aiohttp
from yarl import URL

from trading_tools.venue.binance.adapter import RULES, BinanceSpot
from trading_tools.venue.binance.limits import Rules
from trading_tools.venue.binance.listing import SPOT
from trading_tools.venue.binance.place import BinancePlace
from trading_tools.venue.binance.spot import SpotVenue
from trading_tools.venue.binance.usdm.adapter import RULES as USDM_RULES
from trading_tools.venue.binance.usdm.adapter import BinanceUsdm
from trading_tools.venue.binance.usdm.place import UsdmVenue
from trading_tools.venue.wire.connection import SocketRules
from trading_tools.venue.wire.credentials import Credentials
from trading_tools.venue.wire.server import VenueServer

WAIT_S = 30
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients that meet no TLS: else each reads all authorities of the world."""
Reply = tuple[int, Any, dict[str, str]]


def wall_clock() -> int:
    """Milliseconds, as clients have them."""
    return time.time_ns() // 1_000_000


def hurried(times: int = 10) -> Callable[[], int]:
    """A clock on which time passes so many times as fast from now on."""
    began = wall_clock()
    return lambda: began + (wall_clock() - began) * times


class HasCredentials(Protocol):
    """A venue, or the place behind it, whose drill account has a key."""

    @property
    def credentials(self) -> Credentials:
        """That key."""


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: int = 1_800_000_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def utc(self) -> datetime:
        """The same time as a bot has it."""
        return datetime.fromtimestamp(self.now / 1000, UTC)


def spot(seed: int = 7, **settings: Any) -> SpotVenue:
    """A venue on the machine's clock."""
    return SpotVenue(seed, settings.pop("clock", wall_clock), **settings)


def serving(venue: BinancePlace, rules: SocketRules | None = None) -> VenueServer:
    """A server of one Binance venue: spot, or USD-M."""
    if isinstance(venue, UsdmVenue):
        return VenueServer([BinanceUsdm(venue, rules or USDM_RULES)])
    assert isinstance(venue, SpotVenue)
    return VenueServer([BinanceSpot(venue, rules or RULES)])


def point_at(client: Any, port: int) -> Any:
    """Let a ccxt client talk to the venue; the real host stays in the path, where ccxt reads it."""

    def moved(node: Any) -> Any:
        if isinstance(node, dict):
            return {name: moved(inner) for name, inner in node.items()}
        url = urlsplit(node)
        scheme = "ws" if url.scheme in {"ws", "wss"} else "http"
        return f"{scheme}://127.0.0.1:{port}/{url.netloc}{url.path}"

    client.urls["api"] = moved(client.urls["api"])
    client.ssl_context = NO_TLS
    return client


def keys(venue: HasCredentials) -> dict[str, Any]:
    """ccxt's settings with the drill's credentials; closing waits for no TLS, as there is none."""
    return {
        "apiKey": venue.credentials.key,
        "secret": venue.credentials.secret,
        "enableRateLimit": False,
        "timeout_on_exit": 0,
    }


@contextmanager
def served_in_a_thread(server: VenueServer) -> Iterator[int]:
    """A server's port, for clients that block; the server has an event loop of its own."""
    ready: Future[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        end = asyncio.Event()
        async with server:
            ready.set_result((server.port, asyncio.get_running_loop(), end))
            await end.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    port, loop, end = ready.result(WAIT_S)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(WAIT_S)


class Http:
    """Plain HTTP to a served venue."""

    def __init__(self, session: aiohttp.ClientSession, server: VenueServer) -> None:
        self.session = session
        self.server = server

    async def send(
        self,
        method: str,
        path: str,
        query: str = "",
        body: str | bytes | BinaryIO | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Send these bytes: status, body as JSON or text, headers."""
        url = URL(self.server.base_url + path + (f"?{query}" if query else ""), encoded=True)
        async with self.session.request(method, url, data=body, headers=headers) as reply:
            told = await (
                reply.json() if reply.content_type == "application/json" else reply.text()
            )
            return reply.status, told, dict(reply.headers)


class Wire(Http):
    """Requests to Binance, with the parts of a signed one in the test's hands."""

    def __init__(
        self, session: aiohttp.ClientSession, server: VenueServer, venue: BinancePlace
    ) -> None:
        super().__init__(session, server)
        self.venue = venue

    def sign(self, **params: Any) -> str:
        """A query with the time and a signature."""
        params = {"timestamp": self.venue.clock(), **params}
        query = urlencode(params)
        secret = self.venue.credentials.secret.encode()
        return f"{query}&signature={hmac.new(secret, query.encode(), hashlib.sha256).hexdigest()}"

    async def signed(
        self, method: str, path: str, **params: Any
    ) -> tuple[int, Any, dict[str, str]]:
        """A sound signed request."""
        headers = {"X-MBX-APIKEY": self.venue.credentials.key}
        return await self.send(method, path, self.sign(**params), headers=headers)

    path = "/api/v3/order"

    async def order(self, **params: Any) -> Reply:
        """A limit order far from the market, but for `params`; None leaves one out."""
        usual = {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "0.01",
            "price": "50000",
        }
        chosen = {name: text for name, text in {**usual, **params}.items() if text is not None}
        return await self.signed("POST", self.path, **chosen)


FEW = {each: price for each, price in SPOT.items() if each.symbol in {"BTCUSDT", "ETHUSDT"}}
"""Instruments for tests that need no more: each market takes its share of the time."""

QUIET = Rules(weight_1m=10**9, orders_10s=10**6, orders_1d=10**9, connections_5m=10**6)
"""Limits that no test reaches by accident."""
