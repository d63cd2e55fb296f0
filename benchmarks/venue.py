"""The wire-level venue: the exchange alone, and signed orders over HTTP.

    python -m benchmarks.venue SCALE

says on one line how many of each a second of CPU serves, and how long a reply takes. SCALE is 1 for
the figures of `docs/benchmarks.md` and smaller for a quick look.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from typing import Any

from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.binance.limits import Rules
from trading_tools.venue.binance.listing import SPOT
from trading_tools.venue.binance.spot import SpotVenue
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.exchange import Exchange
from trading_tools.venue.core.ledger import VenueLedger
from trading_tools.venue.core.orders import Kind, Side, Ticket
from trading_tools.venue.wire.server import VenueServer

_FORTUNE = {"BTC": 10**20, "USDT": 10**22}
_MIDDLE = 6_000_000
_FREE = Rules(weight_1m=10**9, orders_10s=10**9, orders_1d=10**9)


def main(scale: float) -> dict[str, float]:
    """Measure everything."""
    count = max(200, int(100_000 * scale))
    return {
        "rest_and_cancel_a_s": _exchange(count, apart=600, cancel=True),
        "half_trade_a_s": _exchange(count, apart=0, cancel=False),
        **asyncio.run(_orders(max(50, int(5_000 * scale)), max(20, int(1_000 * scale)))),
    }


def _exchange(count: int, *, apart: int, cancel: bool) -> float:
    """Acts a second of CPU. `apart`: ticks by which buys and sells keep away from each other."""
    exchange = Exchange(SPOT, VenueLedger())
    pair = [
        exchange.open_account(Account(name, background=True), _FORTUNE) for name in ("one", "two")
    ]
    draw = random.Random(1)
    orders = []
    for _ in range(count):
        side = draw.choice((Side.BUY, Side.SELL))
        price = _MIDDLE + draw.randint(-500, 500) + (-apart if side is Side.BUY else apart)
        ticket = Ticket("BTCUSDT", side, Kind.LIMIT, draw.randint(100, 1_000), price)
        orders.append((draw.choice(pair), ticket))
    started, acts = time.process_time(), 0
    for account, ticket in orders:
        order = exchange.place(account, ticket, 1)
        acts += 1
        if cancel and order.id % 2:
            exchange.cancel(account, order, 1)
            acts += 1
    return acts / (time.process_time() - started)


async def _orders(at_once: int, paced: int) -> dict[str, float]:
    venue = SpotVenue(1, lambda: time.time_ns() // 1_000_000, _FREE)
    async with VenueServer([BinanceSpot(venue)]) as server:
        started = time.process_time()
        await _client(server, at_once, 0)
        per_second = at_once / (time.process_time() - started)
        told = await _client(server, paced, 0.005)
    return {"orders_a_s": per_second, "reply_ms": told["median_ms"], "reply_p99_ms": told["p99_ms"]}


async def _client(server: VenueServer, count: int, gap_s: float) -> Any:
    known = server.venues[0].credentials
    client = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.venue_client",
        str(server.port),
        known.key,
        known.secret,
        str(count),
        str(gap_s),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await client.communicate()
    told = json.loads(out)
    if told["statuses"] != {"200": count}:
        raise RuntimeError(f"the venue did not take every order: {told['statuses']}")
    return told


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(float(sys.argv[1]))) + "\n")
