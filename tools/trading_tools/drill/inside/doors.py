"""The venues' servers: TLS at the ports of the real ones, and the way there from plain HTTP."""

from __future__ import annotations

import contextlib
import fcntl
import socket
import struct
from collections.abc import AsyncIterator, Mapping

from aiohttp import web

from trading_tools.drill.inside.handshakes import Handshakes
from trading_tools.drill.inside.stage import Stage
from trading_tools.drill.seal.authority import Authority
from trading_tools.venue.wire.server import LOOPBACK, Door, VenueServer

TLS_PORTS = (443, 8443, 9443)
"""443, and those that Binance has besides."""
PLAIN_PORT = 80
_SET_FLAGS, _UP = 0x8914, 0x1 | 0x8 | 0x40  # netdevice(7): SIOCSIFFLAGS; up, loopback, running


def raise_loopback() -> None:
    """Bring up the loopback interface of a network that has just been made."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh22x", b"lo", _UP))


@contextlib.asynccontextmanager
async def open_doors(
    stage: Stage, authority: Authority, handshakes: Handshakes, *, at_real_ports: bool
) -> AsyncIterator[Mapping[int, int]]:
    """Serve a stage while the block runs; gives where each real port is.

    Where the real ports are not ours to take, one free port stands for all with TLS.
    """
    tls = handshakes.watch(authority.server_side())
    doors = [Door(port, tls) for port in (TLS_PORTS if at_real_ports else (0,))]
    plain = web.AppRunner(_redirecting(), access_log=None)
    await plain.setup()
    try:
        await web.TCPSite(plain, LOOPBACK, PLAIN_PORT if at_real_ports else 0).start()
        async with VenueServer(stage.venues, doors, stage.interference) as server:
            ports = server.ports if at_real_ports else server.ports * len(TLS_PORTS)
            yield dict(zip((*TLS_PORTS, PLAIN_PORT), (*ports, plain.addresses[0][1]), strict=True))
    finally:
        await plain.cleanup()


def _redirecting() -> web.Application:
    """Venues answer plain HTTP with the way to TLS."""

    async def redirect(request: web.Request) -> web.Response:
        host = request.host.partition(":")[0]
        return web.Response(status=301, headers={"Location": f"https://{host}{request.raw_path}"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", redirect)
    return app
