"""Bytes between a service outside of the seal and a port within, through a socket file.

Outside `offer` answers at the file, inside `bring` answers at the port.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path

from trading_tools.drill.spec import DrillError, Forward
from trading_tools.venue.wire.server import LOOPBACK

_CHUNK = 1 << 16
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def offer(scratch: Path, which: Iterable[Forward]) -> AsyncIterator[None]:
    """Let who comes to a socket file in `scratch` reach the service, while the block runs.

    Raises:
        DrillError: the file cannot be made.
    """
    async with contextlib.AsyncExitStack() as stack:
        for each in which:
            relay = _Relay(partial(asyncio.open_connection, each.host, each.port))
            stack.push_async_callback(relay.end)
            path = _socket_file(scratch, each)
            try:
                server = await asyncio.start_unix_server(relay.join, path)
            except OSError as error:
                raise DrillError(
                    f"--forward {each.host}:{each.port}: no socket can be made at {path}: {error}; "
                    "let TMPDIR name a shorter path"
                ) from None
            await stack.enter_async_context(server)
        yield


@contextlib.asynccontextmanager
async def bring(scratch: Path, which: Iterable[Forward]) -> AsyncIterator[None]:
    """Let who comes to a service's port on loopback reach it by its socket file."""
    async with contextlib.AsyncExitStack() as stack:
        for each in which:
            path = _socket_file(scratch, each)
            relay = _Relay(partial(asyncio.open_unix_connection, path))
            stack.push_async_callback(relay.end)
            server = await asyncio.start_server(relay.join, LOOPBACK, each.port)
            await stack.enter_async_context(server)
        yield


def _socket_file(scratch: Path, forward: Forward) -> str:
    return str(scratch / f"forward-{forward.port}")


class _Relay:
    """Joins each connection that comes with one of its own."""

    def __init__(self, there: Callable[[], Awaitable[_Streams]]) -> None:
        self._there = there
        self._joined: set[asyncio.Task[None]] = set()

    def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a connection."""
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._joined.add(task)
        task.add_done_callback(self._joined.discard)

    async def end(self) -> None:
        """Break all off."""
        for task in self._joined:
            task.cancel()
        await asyncio.gather(*self._joined, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            far_reader, far_writer = await self._there()
            ends.append(far_writer)
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        except asyncio.CancelledError:
            for end in ends:  # without waiting for one that does not read
                end.transport.abort()
            raise
        except OSError:  # nothing listens: the bot sees a connection that ends
            pass
        finally:
            for end in ends:
                end.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
