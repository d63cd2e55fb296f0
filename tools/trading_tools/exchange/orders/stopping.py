"""The command that stops trading: it throws the kill switch, and cancels what is open.

`python -m trading_tools.exchange.orders.kill_switch FILE REASON [--cancel-all VENUE…]`. It is a
process with clients of its own, whose keys are in `VENUE_API_KEY` and `VENUE_API_SECRET`, so that
it works while the strategy hangs. Exit codes: 0 done, 1 something may be open still, 2 usage.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trading_tools.exchange.orders.at_venues import (
    KEYS,
    VENUES,
    Make,
    add_through,
    counted,
    reached,
    urgent,
)
from trading_tools.exchange.orders.cancel_all import Swept, cancel_all
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.kill_switch import KillSwitch
from trading_tools.exchange.orders.port import Unanswered


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

    ports = [urgent(client) for client in clients]
    return await asyncio.gather(*map(one, ports))


def main(argv: Sequence[str], make: Make | None = None) -> int:
    """Throw the switch, then cancel what is open; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m trading_tools.exchange.orders.kill_switch",
        description="Stop all new orders, and cancel those that are open.",
        epilog=f"Exit codes: 0 done, 1 something may be open still, 2 usage. {KEYS}",
    )
    parser.add_argument("file", type=Path, help="the file that is the bot's switch")
    parser.add_argument("reason", help="why: it is shown to whoever is refused")
    parser.add_argument(
        "--cancel-all",
        nargs="+",
        metavar="VENUE",
        choices=VENUES,
        default=[],
        help=f"cancel every open order at these venues, whoever placed it: {', '.join(VENUES)}",
    )
    parser.add_argument(
        "--within",
        type=_seconds,
        default=180.0,
        metavar="SECONDS",
        help="how long to go on looking for orders that arrive late (%(default)s)",
    )
    add_through(parser)
    given = parser.parse_args(argv)
    thrown = _thrown(given.file, given.reason)
    venues, make = reached(given.cancel_all, given, make, "nothing was cancelled")

    async def sweep() -> list[Swept]:
        return await swept([make(venue) for venue in venues], given.within)

    ends = asyncio.run(sweep())
    for each in ends:
        sys.stderr.write(_told(each))
    if len(venues) < len(given.cancel_all):
        return 2
    return 0 if thrown and all(each.clean for each in ends) else 1


def _thrown(file: Path, reason: str) -> bool:
    """Whether the switch is thrown; what is open can be cancelled all the same where it is not."""
    where = file.absolute()
    if not where.parent.is_dir():
        why = f"its folder {where.parent} is not there, so no bot looks at it"
    elif where.is_dir():
        why = "it is a folder; name the file that the bot looks at"
    else:
        try:
            KillSwitch(where).throw(reason)
        except OSError as error:
            why = error.strerror or str(error)
        else:
            sys.stderr.write(f"thrown: no order goes out while {where} is there\n")
            return True
    sys.stderr.write(f"{where} cannot be written: {why}. Orders are NOT stopped\n")
    return False


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r:.40} is no time: give seconds above 0")
    return seconds


def _told(swept_at: Swept) -> str:
    ended = f"{counted(len(swept_at.ended), 'order')} ended"
    if swept_at.why is not None and not swept_at.left:
        return f"{swept_at.venue}: {ended}; what is open is NOT known: {swept_at.why}\n"
    sure = "" if swept_at.why is None else f"; not sure: {swept_at.why}"
    lines = [f"{swept_at.venue}: {ended}, {len(swept_at.left)} left{sure}"]
    lines += [f"{swept_at.venue}: still open: {number}" for number in swept_at.left]
    return "\n".join(lines) + "\n"
