"""Readers of a venue's stream with next to no cost of their own: they only count.

    python -m benchmarks.venue_readers PORT PATH COUNT

says "ready" once all are connected, and at the end how many messages came.
"""

from __future__ import annotations

import asyncio
import json
import sys

import aiohttp


async def main(port: int, path: str, count: int) -> int:
    """Read until the venue ends; the messages that came, of all connections."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        url = f"http://127.0.0.1:{port}{path}"
        sockets = [await session.ws_connect(url, autoping=True) for _ in range(count)]
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        return sum(await asyncio.gather(*(_count(socket) for socket in sockets)))


async def _count(socket: aiohttp.ClientWebSocketResponse) -> int:
    messages = 0
    async for _ in socket:
        messages += 1
    return messages


if __name__ == "__main__":
    read = asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
    sys.stdout.write(json.dumps({"messages": read}) + "\n")
