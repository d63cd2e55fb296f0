"""Bytes between a service outside of the seal and a port within, through a socket file.

Outside `offer` answers at the file, inside `bring` answers at the port.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from trading_tools.drill.spec import Forward
from trading_tools.venue.wire.server import LOOPBACK

_CHUNK = 1 << 16
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def offer(stack: contextlib.AsyncExitStack, scratch: Path, which: Iterable[Forward]) -> None:
    """Let who comes to a socket file in `scratch` reach the service, until the stack is left."""
    for each in which:

        async def there(each: Forward = each) -> _Streams:
            return await asyncio.open_connection(each.host, each.port)

        path = _socket_file(scratch, each)
        await stack.enter_async_context(await asyncio.start_unix_server(_to(there), path))


async def bring(stack: contextlib.AsyncExitStack, scratch: Path, which: Iterable[Forward]) -> None:
    """Let who comes to a service's port on loopback reach it by its socket file."""
    for each in which:

        async def there(each: Forward = each) -> _Streams:
            return await asyncio.open_unix_connection(_socket_file(scratch, each))

        server = await asyncio.start_server(_to(there), LOOPBACK, each.port)
        await stack.enter_async_context(server)


def _socket_file(scratch: Path, forward: Forward) -> str:
    return str(scratch / f"forward-{forward.port}")


def _to(
    there: Callable[[], Awaitable[_Streams]],
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await there()
        except OSError:  # nothing listens: the bot sees a connection that ends
            writer.close()
            return
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))

    return join


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except ConnectionError:
        writer.close()
