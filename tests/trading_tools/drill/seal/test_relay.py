"""What a forwarded service's relay leaves behind once it has ended."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack
from pathlib import Path

from trading_tools.drill.seal import relay
from trading_tools.drill.spec import Forward


async def test_a_connection_that_was_never_joined_ends_with_the_relay(tmp_path: Path) -> None:
    with ExitStack() as held:
        # A service that takes nobody in: whoever comes later waits for its connection.
        crowded = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(crowded.getsockname())
        forward = Forward("127.0.0.1", crowded.getsockname()[1])
        async with relay.offer(tmp_path, [forward]):
            path = tmp_path / f"forward-{forward.port}"
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(b"hello")
            for _ in range(20):  # turns of this loop, in which the relay takes it in
                await asyncio.sleep(0)
        async with asyncio.timeout(30):
            assert await reader.read() == b""
        writer.close()
