"""A Binance spot venue with faults on its wire, and what its ledger tells of them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.support.venues import FEW, QUIET, WAIT_S, Wire, spot
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.core.ledger import Entry
from trading_tools.venue.faults.fault import Fault
from trading_tools.venue.faults.plan import Plan
from trading_tools.venue.wire.server import VenueServer

Socket = aiohttp.ClientWebSocketResponse


@asynccontextmanager
async def playing(*faults: Fault, seed: int = 1, **settings: Any) -> AsyncIterator[Wire]:
    """A venue of two markets on the machine's clock with these faults, and plain HTTP to it."""
    venue = spot(**{"rules": QUIET, "instruments": FEW, **settings})
    plan = Plan(faults, seed)
    async with (
        VenueServer([BinanceSpot(venue)], interference=plan) as server,
        aiohttp.ClientSession() as session,
    ):
        yield Wire(session, server, venue)


async def until(true: Callable[[], Any]) -> None:
    """Let the venue go on until something holds."""
    async with asyncio.timeout(WAIT_S):
        while not true():
            await asyncio.sleep(0.005)


def let_pass(seconds: float) -> None:
    """For all that waits in this loop so many seconds pass at once."""
    loop = asyncio.get_running_loop()
    time = loop.time
    loop.__dict__["time"] = lambda: time() + seconds


async def over(wire: Wire) -> None:
    """Wait until a fault has ended."""
    await until(lambda: wire.venue.ledger.of("fault.ended"))


def deliveries(wire: Wire) -> list[Entry]:
    """Where faults met the client."""
    return wire.venue.ledger.of("fault.delivered")


def accepted(wire: Wire) -> list[Entry]:
    """Orders that the venue took."""
    return wire.venue.ledger.of("order.accepted")


async def told(socket: Socket) -> Any:
    """The next message as JSON."""
    async with asyncio.timeout(WAIT_S):
        return json.loads(await socket.receive_str())


async def ended(socket: Socket) -> int | None:
    """Read a socket to its end: the code of it."""
    async with asyncio.timeout(WAIT_S):
        async for _ in socket:
            pass
    return socket.close_code


def api(wire: Wire) -> Any:
    """A connection to the WebSocket API, to be entered."""
    return wire.session.ws_connect(f"{wire.server.base_url}/ws-api/v3")


def market(wire: Wire, *streams: str) -> Any:
    """A connection to market streams, to be entered."""
    return wire.session.ws_connect(f"{wire.server.base_url}/ws/{'/'.join(streams)}")


def signed(wire: Wire, method: str, **params: Any) -> dict[str, Any]:
    """A signed request of the WebSocket API."""
    venue = wire.venue
    full = {**params, "apiKey": venue.credentials.key, "timestamp": str(venue.clock())}
    payload = "&".join(f"{name}={full[name]}" for name in sorted(full))
    digest = hmac.new(venue.credentials.secret.encode(), payload.encode(), hashlib.sha256)
    return {"id": 1, "method": method, "params": {**full, "signature": digest.hexdigest()}}


ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "50000",
}
