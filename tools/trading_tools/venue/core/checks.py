"""What an order must keep to be accepted, and what it would cost: looks, and changes nothing.

The order of the checks decides which reason a client hears: the instrument's own rules first, then
the account's.
"""

from __future__ import annotations

from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.book import Book
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import (
    PRICED,
    STOPS,
    Kind,
    Reason,
    Rejected,
    SelfTrade,
    Side,
    Ticket,
)

# Looked at for every order: through their class each look costs as much as a call on Python 3.11.
_LIMIT = Kind.LIMIT


def check(ticket: Ticket, instrument: Instrument, book: Book, account: Account) -> None:
    """Hold a new order's ticket against every rule but that of funds.

    Raises:
        Rejected: the first rule that it breaks.
    """
    hold = check_sizes if account.background else check_terms
    hold(ticket, instrument, book)
    if not account.background and len(account.open[ticket.symbol]) >= instrument.max_orders:
        raise Rejected(Reason.OPEN_ORDERS)
    if ticket.client_order_id:
        earlier = account.by_client_id.get((ticket.symbol, ticket.client_order_id))
        if earlier is not None and (earlier.open or not account.reuses_client_ids):
            raise Rejected(Reason.DUPLICATE)
    if ticket.kind is not _LIMIT:
        check_moment(ticket, book)


def check_moment(ticket: Ticket, book: Book) -> None:
    """Hold a ticket against the prices of this moment.

    Raises:
        Rejected: a post-only order would trade, or a stop would trigger at once.
    """
    if ticket.kind is Kind.LIMIT_MAKER and book.would_trade(ticket.side, ticket.price):
        raise Rejected(Reason.WOULD_MATCH)
    if ticket.kind in STOPS and triggered(ticket, book.price_of(ticket.trigger)):
        raise Rejected(Reason.WOULD_TRIGGER)


def check_terms(ticket: Ticket, instrument: Instrument, book: Book) -> None:
    """Hold a ticket's prices, size and worth against the instrument's rules.

    Raises:
        Rejected: the first rule that it breaks.
    """
    check_sizes(ticket, instrument, book)
    units = instrument.tick_units
    if ticket.price % units or ticket.stop % units:
        raise Rejected(Reason.PRICE)
    if ticket.close_position:
        return
    price = ticket.price or ticket.stop or book.last_price
    worth = ticket.quote_size or price * ticket.size * instrument.lot_value
    small = worth < instrument.min_worth and not ticket.reduce_only
    if small or (ticket.kind in PRICED and worth > instrument.max_worth):
        raise Rejected(Reason.NOTIONAL)


def check_sizes(ticket: Ticket, instrument: Instrument, book: Book) -> None:
    """Hold a ticket against the rules that never change, which bind the market's own orders too.

    Raises:
        Rejected: the first rule that it breaks.
    """
    priced = ticket.kind in PRICED
    if priced:
        if not 0 < ticket.price <= instrument.max_ticks:
            raise Rejected(Reason.PRICE)
        last, band = book.last_price, instrument.price_band
        if ticket.price > last * band or ticket.price * band < last:
            raise Rejected(Reason.PRICE_BAND)
    if ticket.kind in STOPS and not 0 < ticket.stop <= instrument.max_ticks:
        raise Rejected(Reason.PRICE)
    if ticket.close_position or ticket.quote_size:
        return
    if not instrument.min_steps <= ticket.size <= instrument.max_steps:
        raise Rejected(Reason.SIZE)
    if not priced and ticket.size > instrument.max_market_steps:
        raise Rejected(Reason.MARKET_SIZE)


def rising(ticket: Ticket) -> bool:
    """Whether a stop waits for the price to rise: buys that stop, sells that take profit."""
    stops = ticket.kind in {Kind.STOP_LOSS, Kind.STOP_LOSS_LIMIT}
    return stops is (ticket.side is Side.BUY)


def triggered(ticket: Ticket, price: int) -> bool:
    """Whether `price` has reached the stop."""
    if rising(ticket):
        return price >= ticket.stop
    return price <= ticket.stop


def available(
    ticket: Ticket, book: Book, account: str, lot_value: int, limit: int | None
) -> tuple[int, int]:
    """What the ticket would trade at once: (steps, quote atoms). Own orders do not count.

    Where the ticket itself ends at an own order, nothing behind that one counts either.

    `limit` is the worst price in ticks, None for any. A ticket by quote size takes as many whole
    steps as its quote size pays.
    """
    opposite = book.other(ticket.side)
    steps = worth = 0
    for price, order in opposite.walk():
        if limit is not None and not opposite.reaches(price, limit):
            break
        if order.account == account:
            if ticket.self_trade is SelfTrade.MAKER:
                continue
            break
        size = order.remaining
        if ticket.quote_size:
            size = min(size, (ticket.quote_size - worth) // (price * lot_value))
        else:
            size = min(size, ticket.size - steps)
        if size <= 0:
            break
        steps += size
        worth += price * size * lot_value
    return steps, worth
