"""The command by which a person closes an order that its venue has forgotten.

`python -m trading_tools.exchange.orders.writing_off FOLDER VENUE ORDER`, with the desk's folder. It
shows what ledger and venue say, asks what the order filled and why it is closed, and takes a typed
confirmation. When it is refused is `forgotten`.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from trading_tools.audit.errors import LedgerError
from trading_tools.audit.key import audit_key
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import TradeAudit
from trading_tools.exchange.orders.alone import alone_in
from trading_tools.exchange.orders.at_venues import (
    KEYS,
    VENUES,
    Make,
    add_through,
    reached,
    the_one,
)
from trading_tools.exchange.orders.ccxt_port import CcxtOrders
from trading_tools.exchange.orders.client_ids import client_order_id, known_as
from trading_tools.exchange.orders.contracts import base_of
from trading_tools.exchange.orders.forgotten import NotForgotten, require_forgotten, write_off
from trading_tools.exchange.orders.journal import Journal
from trading_tools.exchange.orders.manager import AnotherManager
from trading_tools.exchange.orders.port import Unanswered
from trading_tools.exchange.orders.records import OrderRecord, Records
from trading_tools.exchange.orders.tracker import Tracker
from trading_tools.money import MoneyError, exact, plain

_STREAM: Final = "orders"
"""The audit stream of a desk."""

Ask = Callable[[str], str]
"""Asks a person at the terminal."""


class _Stopped(Exception):
    """The order is not closed; the message says why."""


def main(argv: Sequence[str], make: Make | None = None, ask: Ask | None = None) -> int:
    """Close one order after its owner's word; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m trading_tools.exchange.orders.writing_off",
        description="Close an order that its venue has forgotten, after you looked what it filled.",
        epilog="Exit codes: 0 it is closed, 1 it is not, 2 usage. A ledger under a key needs it in "
        f"ORC_AUDIT_KEY. {KEYS}",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the desk's, with its ledger")
    parser.add_argument("venue", metavar="VENUE", choices=VENUES, help=", ".join(VENUES))
    parser.add_argument("order", metavar="ORDER", help="its client id, or the venue's id of it")
    parser.add_argument(
        "--account", default="main", help="the desk's, as `open_desk` was given it (%(default)s)"
    )
    add_through(parser)
    given = parser.parse_args(argv)
    if ask is None and not sys.stdin.isatty():
        sys.stderr.write("NOT closed: this asks a person, and its input is no terminal\n")
        return 2
    file = given.folder / "ledger.sqlite"
    if not file.is_file():
        sys.stderr.write(f"{file} is not there: name the folder of the desk that sent the order\n")
        return 2
    venues, making = reached([given.venue], given, make, "NOT closed")
    if not venues:
        return 2
    try:
        with alone_in(given.folder), closing(_opened(file)) as ledger:
            told = asyncio.run(_closed(ledger, making, given, ask or input))
    except AnotherManager:
        why = f"a desk works in {given.folder}: end it first, or use its `manager.write_off`"
    except (_Stopped, NotForgotten, Unanswered, LedgerError) as error:
        why = str(error)
    except (EOFError, KeyboardInterrupt):
        why = "it was not confirmed"
    else:
        sys.stdout.write(f"{told}\n")
        return 0
    sys.stderr.write(f"NOT closed: {why}\n")
    return 1


def _opened(file: Path) -> Ledger:
    ledger = Ledger.open(file, key=audit_key(os.environ))
    ledger.require_key()
    return ledger


async def _closed(ledger: Ledger, make: Make, given: argparse.Namespace, ask: Ask) -> str:
    """Show, ask, and write; what was done."""

    def now() -> datetime:
        return datetime.now(UTC)

    port = CcxtOrders(make(given.venue))
    try:
        journal = Journal(TradeAudit(ledger, _STREAM), now)
        order = _found(journal.records, given.order)
        for line in _lines(order):
            sys.stdout.write(f"ledger: {line}\n")
        _require_sent_there(order, port.name, given.account)
        await port.load()
        tracker = Tracker(port, journal, now, asyncio.sleep)
        await require_forgotten(tracker, order)
        sys.stdout.write(
            f"{port.name}: not among the open orders, and not found by its ids; of its fills "
            f"{plain(order.filled_size_base)} {base_of(order.symbol)} are known\n"
        )
        filled = _filled(order, ask)
        reason = ask("Why is it closed? What did you look at: ").strip()
        if not reason:
            raise _Stopped("no reason was given")
        name = order.client_order_id
        size = f"{plain(filled)} {base_of(order.symbol)}"
        sure = ask(f"Type the client id to close it as {size} filled: ")
        if sure.strip() != name:
            raise _Stopped("the client id that was typed is another one")
        await write_off(tracker, order, reason, filled, getpass.getuser())
        if waiting := journal.catch_up(at_once=True):
            raise _Stopped(f"the ledger took {waiting} entries less than it should: try again")
        position = plain(journal.records.position_base(order.symbol))
        return (
            f"closed: {name} is {order.stage}, {size} filled; by this ledger the position "
            f"in {order.symbol} is {position}"
        )
    finally:
        await port.close()


def _found(records: Records, order_id: str) -> OrderRecord:
    order = the_one(records.orders.values(), order_id)
    if order is not None:
        return order
    left = ", ".join(order.client_order_id for order in records.not_ended()) or "none"
    raise _Stopped(f"the ledger has no order {order_id!r:.80}; not ended there: {left}")


def _lines(order: OrderRecord) -> list[str]:
    price = "the market's price" if order.price_quote is None else plain(order.price_quote)
    stop = order.stop_price_quote
    waits = "" if stop is None else f", a stop at {plain(stop)}"
    return [
        f"{order.side} {plain(order.size_base)} {order.symbol} at {price}{waits}, sent "
        f"{order.intended_at:%Y-%m-%d %H:%M:%S} UTC, {order.stage}",
        f"client id {order.client_order_id}, venue id {order.venue_order_id or 'not known'}, "
        f"key {order.key or 'not known'!r}",
    ]


def _require_sent_there(order: OrderRecord, venue: str, account: str) -> None:
    """That a venue does not have what was never sent to it proves nothing.

    Raises:
        _Stopped: its client id is of another venue or account.
    """
    name = order.client_order_id
    if order.key is not None:
        there = name == known_as(venue, account, order.key, (name,))
    # Without a key it is of an older version, whose ids have the form of today's.
    elif there := len(name) == len(client_order_id(venue, account, "")):
        sys.stdout.write(
            f"ledger: it has no key of the order: whether that was sent to {venue} by account "
            f"{account!r:.40} is NOT checked\n"
        )
    if not there:
        raise _Stopped(
            f"{name} is no order of account {account!r:.40} at {venue}: name the venue that it was "
            "sent to, and with --account the desk's account"
        )


def _filled(order: OrderRecord, ask: Ask) -> Decimal:
    """What it filled, in the person's words.

    Raises:
        _Stopped: that is no amount.
    """
    known = plain(order.filled_size_base)
    told = ask(f"What did it fill in all, in {base_of(order.symbol)} [{known}]: ").strip()
    try:
        return exact(told or known, "the filled amount")
    except MoneyError as error:
        raise _Stopped(str(error)) from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
