"""The exchange: orders in and amended.

Rules for acceptance are `checks`, matching is `engine`, what happens to positions is `clearing`.
Every act is done when its method returns, so an open order is always one at rest or one that waits.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from trading_tools.venue.core import spot
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.book import Book
from trading_tools.venue.core.checks import check, check_moment, check_terms
from trading_tools.venue.core.clearing import Clearing
from trading_tools.venue.core.contracts import PositionSide
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import (
    PRICED,
    STOPS,
    Order,
    Reason,
    Rejected,
    Status,
    Ticket,
)

# Looked at for every order: through their class each look costs as much as a call on Python 3.11.
_WAITING = Status.WAITING


class Exchange(Clearing):
    """Instruments, their books, and the accounts that trade on them."""

    def test(self, account: Account, ticket: Ticket) -> None:
        """Raise what `place` would raise, and change nothing.

        Raises:
            Rejected: as `place`.
        """
        instrument, book = self.instruments[ticket.symbol], self.books[ticket.symbol]
        check(ticket, instrument, book, account)
        self._funds(account, ticket, instrument, book)

    def place(self, account: Account, ticket: Ticket, at: int, request: int = 0) -> Order:
        """Accept an order and trade what can be traded at once.

        `at` is the time in milliseconds, `request` the ledger's number of what asked for it.

        Raises:
            Rejected: a rule of the instrument or the account forbids it; nothing has changed.
        """
        instrument, book = self.instruments[ticket.symbol], self.books[ticket.symbol]
        try:
            check(ticket, instrument, book, account)
            size, lock = self._funds(account, ticket, instrument, book)
        except Rejected as refusal:
            if not account.background:
                self.ledger.record(
                    at,
                    "order.rejected",
                    request=request,
                    reason=refusal.reason.name,
                    **_told(instrument, account, ticket),
                )
            raise
        order = self._enter(account, ticket, size, lock, at)
        if not account.background:
            self.ledger.record(
                at,
                "order.accepted",
                request=request,
                order=order.id,
                **({"name": self.name_of(order)} if self.name_of is not None else {}),
                **_told(instrument, account, ticket),
            )
            self._report("NEW", order, account, at)
        if order.status is _WAITING:
            self._stops[ticket.symbol][ticket.trigger].add(order)
        else:
            self._execute(order, account, instrument, book, at)
            if order.filled:
                self._run_stops(ticket.symbol, instrument, book, at)
        return order

    def amend(
        self,
        account: Account,
        order: Order,
        at: int,
        price: int | None = None,
        size: int | None = None,
        stop: int | None = None,
        request: int = 0,
    ) -> None:
        """Change an open order in place; `size` in steps counts what it has filled already.

        It loses its place in the queue, and may trade at once, unless only the size falls.

        Raises:
            Rejected: the order has ended, nothing would change, the size is not above what is
                filled, or a rule forbids the order that it would become. Nothing has changed.
        """
        if not order.open:
            raise Rejected(Reason.UNKNOWN_ORDER)
        old = order.ticket
        new = replace(
            old,
            price=old.price if price is None else price,
            size=order.size if size is None else size,
            stop=old.stop if stop is None else stop,
        )
        instrument, book = self.instruments[old.symbol], self.books[old.symbol]
        if (new.price, new.size, new.stop) == (old.price, order.size, old.stop):
            raise Rejected(Reason.UNCHANGED)
        check_terms(new, instrument, book)
        if new.size <= order.filled:
            raise Rejected(Reason.SIZE)
        shrinks = (new.price, new.stop) == (old.price, old.stop) and new.size < order.size
        if not shrinks and (order.status is Status.WAITING or not old.stop):
            check_moment(new, book)
        size = self._funds_again(account, order, new, instrument, book)
        waits = order.status is Status.WAITING
        side = self._own_side(order)
        if shrinks and not waits:
            side.shrink(order, size)
        elif not waits:
            side.remove(order)
        order.ticket, order.size, order.updated_ms = new, size, at
        if not account.background:
            self.ledger.record(
                at,
                "order.amended",
                request=request,
                order=order.id,
                **_told(instrument, account, new),
            )
            self._report("AMENDED", order, account, at)
        if waits:
            self._stops[old.symbol][old.trigger].add(order)
        elif not shrinks:
            before = order.filled
            self._execute(order, account, instrument, book, at)
            if order.filled > before:
                self._run_stops(old.symbol, instrument, book, at)

    def _funds_again(
        self, account: Account, order: Order, new: Ticket, instrument: Instrument, book: Book
    ) -> int:
        """Lock what the rest of an amended order needs in place of what it held; its whole size.

        Raises:
            Rejected: the account cannot pay or back it; nothing has changed.
        """
        asset, held, size = spot.given(instrument, new.side), order.locked, order.size
        account.unlock(asset, held)
        order.size = order.filled  # so that what it needs is not counted twice
        try:
            rest = replace(new, size=new.size - order.filled)
            steps, lock = self._funds(account, rest, instrument, book)
        except Rejected:
            account.lock(asset, held)
            raise
        finally:
            order.size = size
        account.lock(asset, lock)
        order.locked = lock
        return order.filled + steps


def _told(instrument: Instrument, account: Account, ticket: Ticket) -> dict[str, Any]:
    """A ticket as the ledger has it."""
    body: dict[str, Any] = {
        "account": account.name,
        "symbol": ticket.symbol,
        "side": ticket.side.value,
        "type": ticket.kind.value,
        "time_in_force": ticket.time_in_force.value,
        "size": instrument.size_text(ticket.size),
        "client_order_id": ticket.client_order_id,
    }
    if ticket.kind in PRICED:
        body["price"] = instrument.price_text(ticket.price)
    if ticket.kind in STOPS:
        body["stop"] = instrument.price_text(ticket.stop)
    if ticket.reduce_only or ticket.close_position:
        body["reduce_only"] = True
    if ticket.position_side is not PositionSide.BOTH:
        body["position_side"] = ticket.position_side.value
    if ticket.quote_size:
        body["quote_size_atoms"] = ticket.quote_size
    return body
