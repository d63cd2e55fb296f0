"""Record the venues' cassettes: `make record-venues` (all), `make record-venues NAMES="bybit"`.

The local venues answer over HTTP; ccxt's clients ask them as they would ask the real ones. What was
recorded before is replaced.
"""

from __future__ import annotations

import asyncio
import sys

from orchestrator.catalogue.tools import all_tools
from orchestrator.toolbox.tool import ToolContext
from tests.support.venue_cassettes import SYMBOLS, calls, cassette
from tests.support.venue_server import VenueServer
from trading_tools.exchange.market_data import MarketData


async def record(venue: str, server: VenueServer) -> int:
    """Make every call of the venue; returns how many requests were recorded."""
    with cassette(venue, server) as tape:
        async with server.market_data(monotonic=lambda: 0.0) as data:
            context = ToolContext(run="record", agent="", key="", services={MarketData: data})
            for tool, arguments in calls(venue):
                await all_tools()[tool].call(context, arguments)
        return len(tape)


def main(names: list[str]) -> None:
    """Record the venues named, or all."""
    for venue in names or SYMBOLS:
        with VenueServer() as server:
            count = asyncio.run(record(venue, server))
        sys.stdout.write(f"{venue}: {count} requests\n")


if __name__ == "__main__":
    main(sys.argv[1:])
