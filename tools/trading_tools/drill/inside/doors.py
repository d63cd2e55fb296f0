"""The venues' servers in the drill's network: their real ports with TLS, and names."""

from __future__ import annotations

import contextlib
import fcntl
import socket
import struct
from collections.abc import AsyncIterator

from aiohttp import web

from trading_tools.drill.inside.handshakes import Handshakes
from trading_tools.drill.inside.names import Names
from trading_tools.drill.inside.stage import Stage
from trading_tools.drill.seal.authority import Authority
from trading_tools.venue.wire.server import LOOPBACK, Door, VenueServer

TLS_PORTS = (443, 8443, 9443)
"""443, and those that Binance has besides."""
_PLAIN_PORT = 80
_SET_FLAGS, _UP = 0x8914, 0x1 | 0x8 | 0x40  # netdevice(7): SIOCSIFFLAGS; up, loopback, running


def raise_loopback() -> None:
    """Bring up the loopback interface of a network that has just been made."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh22x", b"lo", _UP))


@contextlib.asynccontextmanager
async def open_doors(
    stage: Stage, authority: Authority, names: Names, handshakes: Handshakes
) -> AsyncIterator[VenueServer]:
    """Serve a stage at its venues' real ports while the block runs."""
    tls = handshakes.watch(authority.server_side())
    doors = [Door(port, tls) for port in TLS_PORTS]
    transport = await names.serve()
    plain = web.AppRunner(_redirecting(), access_log=None)
    await plain.setup()
    try:
        await web.TCPSite(plain, LOOPBACK, _PLAIN_PORT).start()
        async with VenueServer(stage.venues, doors, stage.interference) as server:
            yield server
    finally:
        await plain.cleanup()
        transport.close()


def _redirecting() -> web.Application:
    """Venues answer plain HTTP with the way to TLS."""

    async def redirect(request: web.Request) -> web.Response:
        host = request.host.partition(":")[0]
        return web.Response(status=301, headers={"Location": f"https://{host}{request.raw_path}"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", redirect)
    return app
