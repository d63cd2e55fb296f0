"""`orc venue serve`: a venue on this machine, for developing a bot against.

It listens on the loopback interface alone, and keeps nothing once it has ended.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from typing import Any

import click

from orchestrator.cli.options import JSON
from orchestrator.cli.output import CommandError, emit, say

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
    type=click.Choice(list(_SOCKETS)),
    default="binance",
    show_default=True,
    help="Which: Binance spot or USD-M, Bybit, Kraken spot or Coinbase Advanced Trade.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=1,
    show_default=True,
    help="The market and the credentials follow from it.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    show_default=True,
    help="The port on 127.0.0.1; 0 takes a free one.",
)
@JSON
def serve_command(venue: str, seed: int, port: int, as_json: bool) -> None:
    """Serve a venue until Ctrl-C or SIGTERM."""
    asyncio.run(_serve(venue, seed, port, as_json))


async def _serve(name: str, seed: int, port: int, as_json: bool) -> None:
    from trading_tools.venue.names import VENUES
    from trading_tools.venue.wire.server import LEDGER_PATH, Door, VenueServer

    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    venue = VENUES[name](seed, lambda: time.time_ns() // 1_000_000)
    server = VenueServer([venue], [Door(port)])
    try:
        async with server:
            sockets = server.base_url.replace("http", "ws", 1)
            streams, api_socket = _SOCKETS[name]
            told = {
                "venue": name,
                "seed": seed,
                "base_url": server.base_url,
                "streams_url": f"{sockets}/{streams}",
                "api_socket_url": f"{sockets}/{api_socket}",
                "ledger_url": server.base_url + LEDGER_PATH,
                "api_key": venue.credentials.key,
                "api_secret": venue.credentials.secret,
                "symbols": sorted(venue.place.instruments),
            }
            emit(told, as_json, lambda: _text(told))
            sys.stdout.flush()  # whoever started us waits for the addresses
            say("serving until Ctrl-C")
            await server.serve_until(ended)
    except OSError as error:
        what = f"cannot listen: {os.strerror(error.errno) if error.errno else error}"
        raise CommandError(what, f"127.0.0.1:{port}", "choose another --port") from None
    orders = len(venue.place.ledger.of("order.accepted"))
    say(f"ended; {len(venue.place.ledger.entries)} ledger entries, {orders} orders accepted")


def _text(told: dict[str, Any]) -> str:
    names = {
        "base_url": "REST",
        "streams_url": "streams",
        "api_socket_url": "WebSocket API",
        "ledger_url": "ledger",
        "api_key": "API key",
        "api_secret": "API secret",
    }
    lines = [f"{title:14}{_shown(told[name])}" for name, title in names.items()]
    return "\n".join([*lines, f"{'symbols':14}{' '.join(told['symbols'])}"])


def _shown(value: str) -> str:
    """A value in its line; a key of several lines below it, so that it can be copied."""
    return f"\n{value.rstrip()}" if "\n" in value else value
