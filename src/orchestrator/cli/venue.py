"""`orc venue serve`: a venue on this machine, for developing a bot against.

It listens on the loopback interface alone, and keeps nothing once it has ended.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.options import JSON, VenueChoice
from orchestrator.cli.output import CommandError, emit, say

if TYPE_CHECKING:
    from trading_tools.drill.seal.authority import Authority
    from trading_tools.venue.wire.server import VenueServer
    from trading_tools.venue.wire.venue import Venue

_SOCKETS = {
    "binance": ("stream.binance.com/ws", "ws-api.binance.com/ws-api/v3"),
    "binanceusdm": ("fstream.binance.com/ws", "ws-fapi.binance.com/ws-fapi/v1"),
    "coinbase": ("advanced-trade-ws.coinbase.com", "advanced-trade-ws-user.coinbase.com"),
    "bybit": ("stream.bybit.com/v5/public/spot", "stream.bybit.com/v5/trade"),
    "kraken": ("ws.kraken.com/v2", "ws-auth.kraken.com/v2"),
}
"""Where each venue's public streams and its socket for an account's requests are."""


@click.group("venue")
def venue_command() -> None:
    """Venues on this machine that speak the real ones' protocols."""


@venue_command.command("serve")
@click.option(
    "--venue",
    "venues",
    type=VenueChoice(list(_SOCKETS)),
    multiple=True,
    default=("binance",),
    show_default=True,
    help="Which venue; may be given several times.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=1,
    show_default=True,
    help="The markets and the credentials follow from it.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    show_default=True,
    help="The port on 127.0.0.1; 0 takes a free one.",
)
@click.option(
    "--tls",
    is_flag=True,
    help="Serve TLS too, on a port of its own; the file of its authority is printed.",
)
@JSON
def serve_command(venues: tuple[str, ...], seed: int, port: int, tls: bool, as_json: bool) -> None:
    """Serve venues until Ctrl-C or SIGTERM."""
    asyncio.run(_serve(dict.fromkeys(venues), seed, port, tls, as_json))


async def _serve(names: Iterable[str], seed: int, port: int, tls: bool, as_json: bool) -> None:
    from trading_tools.venue.names import VENUES
    from trading_tools.venue.wire.server import Door, VenueServer

    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    venues = [VENUES[name](seed, lambda: time.time_ns() // 1_000_000) for name in names]
    with tempfile.TemporaryDirectory(prefix="orc-venue-") as folder:
        authority = _authority(Path(folder), venues) if tls else None
        doors = [Door(port)]
        if authority is not None:
            doors.append(Door(0, authority.server_side()))
        server = VenueServer(venues, doors)
        try:
            async with server:
                told = {
                    "seed": seed,
                    "base_url": server.base_url,
                    "tls_url": f"https://localhost:{server.ports[1]}" if authority else None,
                    "ca_file": str(authority.bundle) if authority else None,
                    "venues": [_about(venue, server) for venue in venues],
                }
                emit(told, as_json, lambda: _text(told))
                sys.stdout.flush()  # whoever started us waits for the addresses
                say("serving until Ctrl-C")
                await server.serve_until(ended)
        except OSError as error:
            what = f"cannot listen: {os.strerror(error.errno) if error.errno else error}"
            raise CommandError(what, f"127.0.0.1:{port}", "choose another --port") from None
    for venue in venues:
        ledger = venue.place.ledger
        orders = len(ledger.of("order.accepted"))
        say(f"{venue.name} ended; {len(ledger.entries)} ledger entries, {orders} orders accepted")


def _authority(folder: Path, venues: Iterable[Venue]) -> Authority:
    """What vouches for the venues' names and for localhost, while they are served."""
    from trading_tools.drill.seal.authority import found_authority

    hosts = {host for venue in venues for host in venue.hosts} | {"localhost"}
    return found_authority(folder, hosts, datetime.now(UTC))


def _about(venue: Venue, server: VenueServer) -> dict[str, Any]:
    from trading_tools.venue.wire.server import LEDGER_PATH

    streams, api_socket = _SOCKETS[venue.name]
    sockets = server.base_url.replace("http", "ws", 1)
    return {
        "venue": venue.name,
        "streams_url": f"{sockets}/{streams}",
        "api_socket_url": f"{sockets}/{api_socket}",
        "ledger_url": f"{server.base_url}{LEDGER_PATH}?venue={venue.name}",
        "api_key": venue.credentials.key,
        "api_secret": venue.credentials.secret,
        "symbols": sorted(venue.place.instruments),
    }


def _text(told: dict[str, Any]) -> str:
    lines = [_line("REST", told["base_url"])]
    if told["tls_url"]:
        lines += [_line("with TLS", told["tls_url"]), _line("authority", told["ca_file"])]
    names = {
        "streams_url": "streams",
        "api_socket_url": "WebSocket API",
        "ledger_url": "ledger",
        "api_key": "API key",
        "api_secret": "API secret",
    }
    for venue in told["venues"]:
        lines += ["", venue["venue"]]
        lines += [_line(title, venue[name]) for name, title in names.items()]
        lines.append(_line("symbols", " ".join(venue["symbols"])))
    return "\n".join(lines)


def _line(title: str, value: str) -> str:
    """A value in its line; a key of several lines below it, so that it can be copied."""
    return f"{title:14}" + (f"\n{value.rstrip()}" if "\n" in value else value)
