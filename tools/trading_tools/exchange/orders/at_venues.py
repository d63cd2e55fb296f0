"""What the commands of a person share that ask venues: their clients and keys, and how orders look.

`overview`, `stopping`, `cancel_one` and `writing_off` are such commands. They read their keys from
the environment alone, and need no bot.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, Protocol, TypeVar

from trading_tools.exchange.breaker import Breaker, BreakerRules
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.clients import Credentials, client_of
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import VenueOrder
from trading_tools.exchange.orders.ways import ALGO, WAYS
from trading_tools.exchange.pacing.rules import Priority
from trading_tools.money import plain

VENUES: Final = sorted(WAYS)
KEYS: Final = "The keys are in VENUE_API_KEY and VENUE_API_SECRET, as BINANCE_API_KEY."


class _Named(Protocol):
    @property
    def client_order_id(self) -> str: ...
    @property
    def venue_order_id(self) -> str | None: ...


T = TypeVar("T", bound=_Named)

Make = Callable[[str], Any]
"""A ccxt client of a venue with its keys."""


def add_through(parser: argparse.ArgumentParser) -> None:
    """The option by which a command is tried where nothing can go wrong."""
    parser.add_argument(
        "--through",
        metavar="ADDRESS",
        help="send everything there, and nothing to the venue: to rehearse at `orc venue serve`",
    )


def reached(
    venues: Sequence[str], given: argparse.Namespace, make: Make | None, undone: str
) -> tuple[list[str], Make]:
    """The venues whose keys are there, and what makes their clients; of the others it is told.

    `make` is what makes them where keys are not to be looked for. `undone` says what happened at a
    venue without a key, as "not asked".
    """
    if make is not None:
        return list(venues), make
    found: list[str] = []
    for venue in venues:
        if missing := [name for name in _names(venue) if not os.environ.get(name)]:
            sys.stderr.write(f"{venue}: {undone}: set {' and '.join(missing)}\n")
        else:
            found.append(venue)

    def made(venue: str) -> Any:
        credentials = Credentials(*(os.environ[name] for name in _names(venue)))
        return client_of(venue, credentials, sandbox=False, through=given.through, spot=False)

    return found, made


def urgent(client: Any) -> CcxtOrders:
    """A way to a venue for whoever cancels there, now.

    A breaker that opens for long would keep it from looking while the venue comes and goes. What a
    look finds is to be cancelled: bots that use up the limits must not keep it waiting.

    Raises:
        UnsupportedVenue: orders at the venue are not known to be cancelled safely.
    """
    rules = BreakerRules(open_s=0.5, longest_s=2)
    return CcxtOrders(client, breaker=Breaker(client.id, rules), asking=Priority.CANCEL)


def counted(number: int, what: str) -> str:
    """`1 order`, `2 orders`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def the_one(orders: Collection[T], order_id: str) -> T | None:
    """The order with this client id or number; a stop's may lack `ALGO`, as the venue shows it."""
    if not order_id:  # orders without a client id are not meant by it
        return None
    for wanted in (order_id, ALGO + order_id):
        for order in orders:
            if wanted in (order.client_order_id, order.venue_order_id):
                return order
    return None


def shown(order: VenueOrder) -> str:
    """An order of a venue in a line."""
    price = "the market's price" if order.price_quote is None else plain(order.price_quote)
    waits = ""
    if order.stage is Stage.WAITING:
        trigger = order.trigger_quote
        waits = f"waiting for {'its trigger' if trigger is None else plain(trigger)}, "
    return (
        f"{order.side} {plain(order.size_base)} {order.symbol} at {price}, {waits}"
        f"{plain(order.filled_size_base)} of it filled, client id "
        f"{order.client_order_id or 'none'}, venue id {order.venue_order_id}"
    )


def _names(venue: str) -> tuple[str, str]:
    return (f"{venue.upper()}_API_KEY", f"{venue.upper()}_API_SECRET")
