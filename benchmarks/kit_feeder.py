"""A stand-in of a venue's public stream that sends trades at a steady rate, each with its time.

    python -m benchmarks.kit_feeder RATE

prints its port, and serves ccxt's subscription to `btcusdt@trade` until it is killed. Trades are
numbered without a hole, as the venue's are. `ns` is the monotonic clock's nanoseconds when one was
sent, which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from aiohttp import web


async def main(rate: int) -> None:
    """Serve for ever."""

    async def stream(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        asked = await socket.receive_json()
        await socket.send_json({"result": None, "id": asked["id"]})
        began, sent = time.monotonic(), 0
        while not socket.closed:
            while sent < (time.monotonic() - began) * rate:
                sent += 1
                await socket.send_str(_trade(sent))
            await asyncio.sleep(0.0005)
        return socket

    app = web.Application()
    app.router.add_get("/{path:.*}", stream)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def _trade(number: int) -> str:
    at = time.time_ns() // 1_000_000
    return json.dumps(
        {
            "e": "trade",
            "E": at,
            "s": "BTCUSDT",
            "t": number,
            "ns": time.monotonic_ns(),
            "p": "60000.01",
            "q": "0.00100",
            "T": at,
            "m": True,
            "M": True,
        }
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
