"""What the kit's streams cost: from a frame to the callback, and back after a cut and a silence.

    python -m benchmarks.kit_streams SECONDS TIMES

says on one line, in milliseconds, the 99th percentile of the way of a trade to the callback that
gets it, at 5,000 a second and by ccxt's unmodified client: from its frame, as ccxt has it from the
socket, and from its sending in another process; and in seconds the slowest of TIMES cuts and of a
few silences, from their beginning until data came again.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from trading_tools.exchange.streams import ccxt_streams
from trading_tools.exchange.streams.delivery import Delivery
from trading_tools.exchange.streams.stream import Patience, Stream
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.binance.spot import SpotVenue
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.interference import Interference
from trading_tools.venue.wire.messages import Message
from trading_tools.venue.wire.server import VenueServer

RATE = 5_000
_WARM_S = 0.5
_HEALTHY_S = 0.2
"""Each cut is one of a stream that was well: not the next of a row."""
_MARKET = {
    "id": "BTCUSDT",
    "lowercaseId": "btcusdt",
    "symbol": "BTC/USDT",
    "base": "BTC",
    "quote": "USDT",
    "baseId": "BTC",
    "quoteId": "USDT",
    "type": "spot",
    "spot": True,
    "active": True,
}


def main(seconds: float, times: int) -> dict[str, float]:
    """Measure everything."""
    return {**asyncio.run(_path(seconds)), **asyncio.run(_back(times))}


async def _path(seconds: float) -> dict[str, float]:
    feeder = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.kit_feeder",
        str(RATE),
        cwd=Path(__file__).parents[1],
        stdout=asyncio.subprocess.PIPE,
    )
    if feeder.stdout is None:
        raise RuntimeError("the feeder has no output")
    client = _client(int(await feeder.stdout.readline()))
    client.set_markets([client.safe_market_structure(_MARKET)])
    handle = client.handle_message
    frames: dict[str, int] = {}
    ages: list[tuple[int, int]] = []

    def handled(connection: Any, message: Any) -> None:
        if "t" in message:
            frames[str(message["t"])] = time.monotonic_ns()
        handle(connection, message)

    client.handle_message = handled

    async def consume(trade: Any) -> None:
        now = time.monotonic_ns()
        ages.append((now - frames.pop(trade["id"]), now - trade["info"]["ns"]))

    stream = Stream(
        ccxt_streams.trades(client, "BTC/USDT"),
        ccxt_streams.letting_go(client),
        Delivery(consume, 100_000),
    )
    running = asyncio.create_task(stream.run())
    try:
        await _until(lambda: ages)
        await asyncio.sleep(_WARM_S)
        ages.clear()
        began = time.monotonic()
        await asyncio.sleep(seconds)
        took = time.monotonic() - began
        of_frame, of_sending = (sorted(each) for each in zip(*ages, strict=True))
    finally:
        feeder.kill()
        await feeder.wait()
        await _end(running, client)
    return {
        "path_p99_ms": _p99(of_frame),
        "sent_p99_ms": _p99(of_sending),
        "path_a_s": len(of_frame) / took,
    }


def _p99(nanoseconds: list[int]) -> float:
    return nanoseconds[int(len(nanoseconds) * 0.99)] / 1e6


class _Line(Interference):
    """Connections that can be cut, and silenced."""

    def __init__(self) -> None:
        self.silent = False
        self.open: list[Connection] = []

    def opened(self, connection: Connection) -> None:
        self.open.append(connection)

    def outgoing(self, connection: Connection, message: Message) -> Iterable[Message]:
        return () if self.silent else (message,)


async def _back(times: int) -> dict[str, float]:
    line = _Line()
    adapter = BinanceSpot(SpotVenue(7, lambda: time.time_ns() // 1_000_000))
    cuts: list[float] = []
    silences: list[float] = []
    async with VenueServer([adapter], interference=line) as server:
        client = _client(server.port)
        await client.load_markets()
        seen = 0

        async def consume(book: Any) -> None:
            nonlocal seen
            seen += 1

        stream = Stream(
            ccxt_streams.book(client, "BTC/USDT"),
            ccxt_streams.letting_go(client),
            Delivery(consume),
            patience=Patience(healthy_s=_HEALTHY_S),
        )
        running = asyncio.create_task(stream.run())

        async def again() -> float:
            before, began = seen, time.monotonic()
            await _until(lambda: seen > before + 1)
            return time.monotonic() - began

        try:
            await again()
            for _ in range(times):
                for connection in line.open:
                    connection.abort()
                line.open.clear()
                cuts.append(await again())
                await asyncio.sleep(2 * _HEALTHY_S)
            for _ in range(max(1, times // 10)):
                line.silent = True
                began, opened = time.monotonic(), stream.health.opened
                await _until(lambda opened=opened: stream.health.opened > opened)
                line.silent = False
                await again()
                silences.append(time.monotonic() - began)
        finally:
            await _end(running, client)
    return {"cut_s": max(cuts), "silence_s": max(silences)}


def _client(port: int) -> Any:
    """ccxt's client of Binance, led to a port of this machine."""
    import ccxt.pro

    client = ccxt.pro.binance({"enableRateLimit": False, "timeout_on_exit": 0})

    def led(node: Any) -> Any:
        if isinstance(node, dict):
            return {name: led(inner) for name, inner in node.items()}
        scheme, _, rest = node.partition("://")
        return f"{'ws' if scheme.startswith('ws') else 'http'}://127.0.0.1:{port}/{rest}"

    client.urls["api"] = led(client.urls["api"])
    return client


async def _until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - other tasks bring it about
            await asyncio.sleep(0.002)


async def _end(running: asyncio.Task[None], client: Any) -> None:
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await client.close()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(float(sys.argv[1]), int(sys.argv[2]))) + "\n")
