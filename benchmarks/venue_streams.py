"""What a venue's streams cost: fifty instruments, their books sent to many readers; and its memory.

    python -m benchmarks.venue_streams SCALE

serves a venue whose clock goes as fast as it can, with readers in a process of their own, and says
on one line how many book updates went out in a second of the server's CPU, the market's included.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import replace

from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.binance.limits import Rules
from trading_tools.venue.binance.listing import SPOT
from trading_tools.venue.binance.spot import SpotVenue
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.wire.server import VenueServer

_INSTRUMENTS = 50
_READERS = 40
_START_MS = 1_800_000_000_000
_STEP_MS = 100
_FREE = Rules(weight_1m=10**9, connections_5m=10**6)


def main(scale: float) -> dict[str, float]:
    """Measure with `scale` times a thousand steps of a tenth of a second each."""
    return asyncio.run(_streams(max(5, int(1_000 * scale))))


async def _streams(steps: int) -> dict[str, float]:
    now = _START_MS
    adapter = BinanceSpot(SpotVenue(1, lambda: now, _FREE, _listing()))
    place = adapter.place
    names = "/".join(f"{symbol.lower()}@depth@100ms" for symbol in place.instruments)
    async with VenueServer([adapter]) as server:
        readers = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.venue_readers",
            str(server.port),
            f"/stream?streams={names}",
            str(_READERS),
            stdout=asyncio.subprocess.PIPE,
        )
        if readers.stdout is None:
            raise RuntimeError("the readers have no output")
        await readers.stdout.readline()
        started = time.process_time()
        for _ in range(steps):
            now += _STEP_MS
            adapter.pump(place.advance())
            while server.behind:  # noqa: ASYNC110 - let the writers run, as fast as they can
                await asyncio.sleep(0)
        used = time.process_time() - started
    out, _ = await readers.communicate()
    sent = sum(entry.body["messages"] for entry in place.ledger.of("stream.closed"))
    read = json.loads(out)["messages"]
    if read != sent or not sent:
        raise RuntimeError(f"the readers got {read} of {sent} messages")
    return {
        "updates_a_s": sent / used,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _listing() -> Mapping[Instrument, int]:
    """The usual instruments, repeated under other names."""
    usual = [(each, price) for each, price in SPOT.items() if each.quote == "USDT"]
    return {
        replace(each, symbol=f"{each.base}{number}{each.quote}", base=f"{each.base}{number}"): price
        for number in range(_INSTRUMENTS // len(usual))
        for each, price in usual
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(float(sys.argv[1]))) + "\n")
