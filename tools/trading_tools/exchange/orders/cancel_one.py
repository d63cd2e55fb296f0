"""The command that ends one order, whoever placed it, and says how it ended.

`python -m trading_tools.exchange.orders.cancel_one VENUE ORDER`, by its client id or the venue's.
It needs no ledger and no bot: a desk that runs learns the end by its stream. All of an account's
orders are ended by `stopping`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from trading_tools.exchange.orders.at_venues import (
    KEYS,
    VENUES,
    Make,
    add_through,
    counted,
    reached,
    shown,
    the_one,
    urgent,
)
from trading_tools.exchange.orders.cancel_all import Canceller
from trading_tools.exchange.orders.contracts import base_of
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import PartlyRead, Unanswered, VenueOrder
from trading_tools.money import plain

_PAUSE_S: Final = 0.5
_DAY_MS: Final = 86_400_000
_LISTED: Final = 10


class Finder(Canceller, Protocol):
    """One account of one venue, which also finds orders that have ended."""

    async def find(
        self, symbol: str, client_order_id: str, venue_order_id: str | None, since_ms: int
    ) -> VenueOrder | None:
        """The order, wherever the venue keeps it; None where it says that it has none.

        Raises:
            Unanswered: the venue did not say.
        """

    async def time_ms(self) -> int:
        """The venue's clock.

        Raises:
            Unanswered: it did not say.
        """


@dataclass(frozen=True)
class Ended:
    """What became of an order. `proven`: the venue shows how it ended; `told` says all of it."""

    proven: bool
    told: str


async def end_one(
    venue: Finder,
    order_id: str,
    within_s: float = 30.0,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Ended:
    """Cancel an order and look again, until the venue shows how it ended or time is over."""
    began = clock()
    order: VenueOrder | None = None
    missed = False
    said = ""
    while True:
        why: str | None = None
        try:
            listed: Sequence[VenueOrder] = await venue.everything()
        except PartlyRead as error:
            listed, why = error.rows, str(error)
        except Unanswered as error:
            listed, why = (), str(error)
        over = clock() - began >= within_s
        still = the_one(listed, order_id)
        if still is None and why is None:
            if order is not None:
                ended = await _how(venue, order)
                if isinstance(ended, VenueOrder):
                    still = ended
                elif ended.proven or over:
                    return ended
            elif missed or over:
                return Ended(False, _absent(venue, order_id, listed))
            missed = True  # a stop that was just triggered may be in no list for a moment
        if still is not None:
            # What came of it the next look says, whatever the reply was.
            over = over and order is not None and order.venue_order_id == still.venue_order_id
            order = still
            judged = await venue.end(order)
            said = judged.message or judged.outcome.value
        if over:
            if still is not None:
                told = f"STILL OPEN: {shown(still)}; the answer to its cancel: {said}"
                return Ended(False, told)
            return Ended(False, f"NOT known what became of {order_id!r:.80}: {why}")
        await sleep(_PAUSE_S)


async def _how(venue: Finder, order: VenueOrder) -> Ended | VenueOrder:
    """How an order ended that the venue lists no more, or what it has become if it has not."""
    name, number = order.client_order_id, order.venue_order_id
    try:
        since_ms = await venue.time_ms() - _DAY_MS
        found = await venue.find(order.symbol, name, number, since_ms)
    except Unanswered as error:
        return Ended(False, f"it is open no more; what it filled is NOT known: {error}")
    if found is not None and found.stage in (Stage.OPEN, Stage.WAITING):
        return found  # triggered meanwhile, under a number of its own
    if found is None or found.stage not in (Stage.FILLED, Stage.CANCELED):
        return Ended(False, "it is open no more; what it filled is NOT known: look at the venue")
    size = f"{plain(found.size_base)} {base_of(order.symbol)}"
    filled = f"{plain(found.filled_size_base)} of {size} filled"
    if found.stage is Stage.FILLED:
        return Ended(True, f"NOT cancelled, as it filled first: {filled}")
    return Ended(True, f"cancelled, {filled}")


def _absent(venue: Finder, order_id: str, listed: Sequence[VenueOrder]) -> str:
    lines = [
        f"no open order has the id {order_id!r:.80}: it has ended, or is another account's; one "
        f"that was sent just now may arrive for {venue.validity_s:g} s. "
        f"{counted(len(listed), 'order')} open"
    ]
    lines += [f"open: {shown(order)}" for order in listed[:_LISTED]]
    if len(listed) > _LISTED:
        lines.append(f"and {len(listed) - _LISTED} more")
    return "\n".join(lines)


def main(argv: Sequence[str], make: Make | None = None) -> int:
    """Cancel an order and print how it ended; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m trading_tools.exchange.orders.cancel_one",
        description="Cancel one open order, whoever placed it, and learn how it ended.",
        epilog="Exit codes: 0 the venue shows how it ended, 1 it is open, not there or not known, "
        f"2 usage. {KEYS}",
    )
    parser.add_argument("venue", metavar="VENUE", choices=VENUES, help=", ".join(VENUES))
    parser.add_argument("order", metavar="ORDER", help="its client id, or the venue's id of it")
    add_through(parser)
    given = parser.parse_args(argv)
    venues, making = reached([given.venue], given, make, "nothing was cancelled")
    if not venues:
        return 2

    async def ended() -> Ended:
        port = urgent(making(given.venue))
        try:
            await port.load()
            return await end_one(port, given.order)
        except Unanswered as error:
            return Ended(False, f"nothing was cancelled: {error}")
        finally:
            await port.close()

    found = asyncio.run(ended())
    for line in found.told.splitlines():
        sys.stdout.write(f"{given.venue}: {' '.join(line.split())}\n")
    return 0 if found.proven else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
