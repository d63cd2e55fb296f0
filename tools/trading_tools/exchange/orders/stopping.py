"""The command that stops trading: it throws the kill switch, and cancels what is open.

`python -m trading_tools.exchange.orders.kill_switch FILE REASON [--cancel-all VENUE…]`. It is a
process with clients of its own, whose keys are in `VENUE_API_KEY` and `VENUE_API_SECRET`, so that
it works while the strategy hangs. Exit codes: 0 done, 1 something may be open still, 2 usage.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from trading_tools.exchange.breaker import Breaker, BreakerRules
from trading_tools.exchange.orders.cancel_all import Swept, cancel_all
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.kill_switch import KillSwitch
from trading_tools.exchange.orders.port import Unanswered
from trading_tools.exchange.orders.ways import WAYS


def client_of(venue: str) -> Any:
    """A ccxt client of a venue with the keys of the environment.

    Raises:
        KeyError: there is no key.
        AttributeError: ccxt knows no such venue.
    """
    from ccxt import async_support

    names = (f"{venue.upper()}_API_KEY", f"{venue.upper()}_API_SECRET")
    key, secret = (os.environ[name] for name in names)
    return getattr(async_support, venue)({"apiKey": key, "secret": secret, "timeout": 10_000})


async def swept(clients: Sequence[Any], within_s: float) -> list[Swept]:
    """Cancel every open order at these clients' venues, all venues at once; the clients are closed.

    Raises:
        UnsupportedVenue: orders at one of them are not known to be cancelled safely.
    """

    async def one(port: CcxtOrders) -> Swept:
        try:
            await port.load()
            return await cancel_all(port, within_s)
        except Unanswered as error:
            return Swept(port.name, (), (), str(error))
        finally:
            await port.close()

    # A breaker that opens for long would keep this from looking while the venue comes and goes.
    ports = [
        CcxtOrders(client, breaker=Breaker(client.id, BreakerRules(open_s=0.5, longest_s=2)))
        for client in clients
    ]
    return await asyncio.gather(*map(one, ports))


def main(argv: Sequence[str], make: Callable[[str], Any] = client_of) -> int:
    """Throw the switch, then cancel what is open; the exit code."""
    parser = argparse.ArgumentParser(
        prog="kill_switch", description="Stop all new orders, and cancel those that are open."
    )
    parser.add_argument("file", type=Path, help="the file that is the switch")
    parser.add_argument("reason", help="why: it is shown to whoever is refused")
    parser.add_argument(
        "--cancel-all", nargs="+", metavar="VENUE", choices=sorted(WAYS), default=[]
    )
    parser.add_argument("--within", type=float, default=180.0, metavar="SECONDS")
    given = parser.parse_args(argv)
    told = sys.stderr.write
    try:
        KillSwitch(given.file).throw(given.reason)
        told(f"thrown: no order goes out while {given.file} is there\n")
        thrown = True
    except OSError as error:
        # What is open can be cancelled all the same.
        told(f"{given.file} cannot be written: {error.strerror}. Orders are NOT stopped\n")
        thrown = False
    reached = []
    for venue in given.cancel_all:
        missing = _missing(venue) if make is client_of else []
        if missing:
            told(f"{venue}: nothing was cancelled: set {', '.join(missing)}\n")
        else:
            reached.append(venue)
    if given.cancel_all and not reached:
        return 2

    async def sweep() -> list[Swept]:
        return await swept([make(venue) for venue in reached], given.within)

    ends = asyncio.run(sweep())
    for each in ends:
        told(
            f"{each.venue}: {len(each.ended)} orders ended, {len(each.left)} left"
            f"{'' if each.why is None else f'; not sure: {each.why}'}\n"
        )
        told("".join(f"{each.venue}: still open: {number}\n" for number in each.left))
    done = len(reached) == len(given.cancel_all) and all(each.clean for each in ends)
    return 0 if thrown and done else 1


def _missing(venue: str) -> list[str]:
    names = [f"{venue.upper()}_API_{part}" for part in ("KEY", "SECRET")]
    return [name for name in names if name not in os.environ]
