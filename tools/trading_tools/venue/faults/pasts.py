"""Faults that are there before the bot is: an account with a long history.

Such orders carry no request's number in the ledger, because no request of the bot placed them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from trading_tools.venue.core.orders import Kind, Rejected, Side, Ticket
from trading_tools.venue.faults.fault import Fault, Player
from trading_tools.venue.market.place import Marketplace
from trading_tools.venue.wire.interference import Request
from trading_tools.venue.wire.messages import Operation
from trading_tools.venue.wire.venue import Venue

_IN_A_ROW = 7
_PAGED = frozenset({Operation.ORDER_HISTORY, Operation.MY_TRADES})


@dataclass(frozen=True)
class LongHistory(Fault):
    """The account has traded `orders` times before: more than any venue puts on one page.

    Seven buys and seven sells take turns, so that the account is as it was but for fees, and a
    page alone says otherwise.
    """

    orders: int = 79 * 2 * _IN_A_ROW

    def player(self, dice: random.Random) -> Player:
        """Trades before the bot comes, then waits until the bot reads."""
        return _Past(self)


class _Past(Player):
    def __init__(self, fault: LongHistory) -> None:
        super().__init__(fault.name, "a look at the account's past orders or trades")
        self._fault = fault

    def starting(self, venues: Sequence[Venue]) -> None:
        for venue in venues:
            self._live(venue.place)
        super().starting(venues)

    def asked(self, request: Request) -> None:
        if request.seen.operation in _PAGED:
            place = request.venue.place
            self.delivered(place, f"one page of {self._fault.orders} orders", request.number)
            self.end(place, "the bot reads its history")

    def _live(self, place: Marketplace) -> None:
        at, instrument = place.advance(), next(iter(place.instruments.values()))
        book = place.exchange.books[instrument.symbol]
        per_step = book.last_price * instrument.lot_value
        steps = max(instrument.min_steps, -(-instrument.min_worth * 6 // (5 * per_step)))
        for number in range(self._fault.orders):
            side = Side.SELL if number // _IN_A_ROW % 2 else Side.BUY
            ticket = Ticket(
                instrument.symbol,
                side,
                Kind.MARKET,
                steps,
                client_order_id=place.made_id(),
            )
            try:
                place.exchange.place(place.account, ticket, at)
            except Rejected:
                return  # the account's money ends here, and its history with it
