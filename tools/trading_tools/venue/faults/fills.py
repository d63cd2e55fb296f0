"""Faults of execution: orders that fill in parts, or between a cancel and its being done.

Fills come as they would: somebody takes the book down to the order's price.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.instruments import ATOMS
from trading_tools.venue.core.orders import Kind, Order, Side, Ticket, TimeInForce
from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.fault import Fault, Player, later
from trading_tools.venue.market.place import Marketplace
from trading_tools.venue.wire.interference import Request
from trading_tools.venue.wire.messages import Reply
from trading_tools.venue.wire.venue import Venue

_TAKER = "fault-taker"
_FORTUNE = 10**12 * ATOMS


def placed_by(request: Request) -> Order | None:
    """The order that a request has placed, or None."""
    place = request.venue.place
    for entry in reversed(place.ledger.entries):
        if entry.seq == request.number:
            return None
        if entry.kind == "order.accepted" and entry.body["request"] == request.number:
            return place.account.orders[entry.body["order"]]
    return None


def take(place: Marketplace, order: Order, steps: int, at: int) -> None:
    """Trade with everything up to an order at rest, and with `steps` of it."""
    exchange, ticket = place.exchange, order.ticket
    if _TAKER not in exchange.accounts:
        fortune = dict.fromkeys(place.assets, _FORTUNE)
        exchange.open_account(Account(_TAKER, 0, 0, background=True), fortune)
    taker = exchange.accounts[_TAKER]
    ahead = 0
    for _, other in exchange.books[ticket.symbol].own(ticket.side).walk():
        if other is order:
            break
        ahead += other.remaining
    left, most = ahead + steps, exchange.instruments[ticket.symbol].max_steps
    side = Side.SELL if ticket.side is Side.BUY else Side.BUY
    while left:
        size = min(left, most)
        wanted = Ticket(
            ticket.symbol, side, Kind.LIMIT, size, ticket.price, time_in_force=TimeInForce.IOC
        )
        exchange.place(taker, wanted, at)
        left -= size


class _Filler(Player):
    """What the two faults share: how much of an order trades."""

    def fill(self, place: Marketplace, order: Order, share: Fraction, at: int) -> None:
        """Let a share of what is left of an order trade, at least one step."""
        steps = max(1, int(order.remaining * share))
        take(place, order, steps, at)
        size = place.instruments[order.ticket.symbol].size_text(steps)
        self.delivered(place, f"{size} of order {order.id} trades")


@dataclass(frozen=True)
class Filled(Fault):
    """The n-th order that is at rest `delay_s` after its reply fills in `pieces` of `share` each.

    `share` is of what is left then. `one_trade_id`: all pieces have the same trade id.
    """

    nth: int = 1
    share: Fraction = Fraction(2, 5)
    pieces: int = 2
    delay_s: float = 0.2
    one_trade_id: bool = False

    def player(self, dice: random.Random) -> Player:
        """Counts, and fills."""
        return _PieceFiller(self)


class _PieceFiller(_Filler):
    def __init__(self, fault: Filled) -> None:
        super().__init__(fault.name, f"order number {fault.nth} that is at rest")
        self._fault = fault
        self._at_rest = 0

    def answered(self, request: Request, reply: Reply) -> None:
        order = placed_by(request) if Act().matches(request.seen) else None
        if order is not None and order.open:
            place = request.venue.place
            later(self._fault.delay_s, lambda: self._fill_if_nth(place, order))

    def _fill_if_nth(self, place: Marketplace, order: Order) -> None:
        fault = self._fault
        if self.over or not order.open or not order.working_ms >= 0:
            return
        self._at_rest += 1
        if self._at_rest < fault.nth:
            return
        symbol, exchange = order.ticket.symbol, place.exchange
        at = place.advance()
        for piece in range(fault.pieces):
            if order.open:
                self.fill(place, order, fault.share, at)
            if fault.one_trade_id and not piece:
                exchange.one_trade_id.add(symbol)
        exchange.one_trade_id.discard(symbol)
        self.end(place, "delivered as often as declared")


@dataclass(frozen=True)
class CancelRace(Fault):
    """Between the n-th cancel and the venue's doing it, `share` of the order trades."""

    nth: int = 1
    share: Fraction = Fraction(1)

    def player(self, dice: random.Random) -> Player:
        """Counts, and fills."""
        return _Racer(self)


class _Racer(_Filler):
    def __init__(self, fault: CancelRace) -> None:
        super().__init__(fault.name, f"cancel number {fault.nth} of an order at rest")
        self._fault = fault
        self._cancels = 0

    def starting(self, venues: Sequence[Venue]) -> None:
        super().starting(venues)
        for venue in venues:
            venue.place.exchange.before_cancel.append(self._racing(venue.place))

    def _racing(self, place: Marketplace) -> Callable[[Order, int], None]:
        def race(order: Order, at: int) -> None:
            at_rest = order.open and order.working_ms >= 0
            if self.over or order.account != place.account.name or not at_rest:
                return
            self._cancels += 1
            if self._cancels == self._fault.nth:
                self.fill(place, order, self._fault.share, at)
                self.end(place, "the race is run")

        return race
