"""What an order must keep to be accepted, and what it would cost: looks, and changes nothing.

The order of the checks decides which reason a client hears: the instrument's own rules first, then
the account's.
"""

from __future__ import annotations

from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.book import Book
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import PRICED, STOPS, Kind, Reason, Rejected, Side, Ticket


def check(ticket: Ticket, instrument: Instrument, book: Book, account: Account) -> None:
    """Hold a ticket against every rule but that of funds.

    Raises:
        Rejected: the first rule that it breaks.
    """
    _check_sizes(ticket, instrument, book)
    if not account.background:
        _check_changeable(ticket, instrument, book)
    if not account.background and len(account.open[ticket.symbol]) >= instrument.max_orders:
        raise Rejected(Reason.OPEN_ORDERS)
    if ticket.client_order_id:
        earlier = account.by_client_id.get((ticket.symbol, ticket.client_order_id))
        if earlier is not None and earlier.open:
            raise Rejected(Reason.DUPLICATE)
    if ticket.kind is Kind.LIMIT_MAKER and book.would_trade(ticket.side, ticket.price):
        raise Rejected(Reason.WOULD_MATCH)
    if ticket.kind in STOPS and triggered(ticket, book.last_price):
        raise Rejected(Reason.WOULD_TRIGGER)


def _check_sizes(ticket: Ticket, instrument: Instrument, book: Book) -> None:
    priced = ticket.kind in PRICED
    if priced:
        if not 0 < ticket.price <= instrument.max_ticks:
            raise Rejected(Reason.PRICE)
        last, band = book.last_price, instrument.price_band
        if ticket.price > last * band or ticket.price * band < last:
            raise Rejected(Reason.PRICE_BAND)
    if ticket.kind in STOPS and not 0 < ticket.stop <= instrument.max_ticks:
        raise Rejected(Reason.PRICE)
    if ticket.quote_size:
        return
    if not instrument.min_steps <= ticket.size <= instrument.max_steps:
        raise Rejected(Reason.SIZE)
    if not priced and ticket.size > instrument.max_market_steps:
        raise Rejected(Reason.MARKET_SIZE)


def _check_changeable(ticket: Ticket, instrument: Instrument, book: Book) -> None:
    """The rules that may change while the venue runs; the market's own orders need not follow."""
    units = instrument.tick_units
    if ticket.price % units or ticket.stop % units:
        raise Rejected(Reason.PRICE)
    price = ticket.price or ticket.stop or book.last_price
    worth = ticket.quote_size or price * ticket.size * instrument.lot_value
    if worth < instrument.min_worth or (ticket.kind in PRICED and worth > instrument.max_worth):
        raise Rejected(Reason.NOTIONAL)


def rising(ticket: Ticket) -> bool:
    """Whether a stop waits for the price to rise: buys that stop, sells that take profit."""
    stops = ticket.kind in {Kind.STOP_LOSS, Kind.STOP_LOSS_LIMIT}
    return stops is (ticket.side is Side.BUY)


def triggered(ticket: Ticket, last_price: int) -> bool:
    """Whether `last_price` has reached the stop."""
    if rising(ticket):
        return last_price >= ticket.stop
    return last_price <= ticket.stop


def available(
    ticket: Ticket, book: Book, account: str, lot_value: int, limit: int | None
) -> tuple[int, int]:
    """What the ticket would trade at once: (steps, quote atoms). Own orders do not count.

    `limit` is the worst price in ticks, None for any. A ticket by quote size takes as many whole
    steps as its quote size pays.
    """
    opposite = book.other(ticket.side)
    steps = worth = 0
    for price, order in opposite.walk():
        if limit is not None and not opposite.reaches(price, limit):
            break
        if order.account == account:
            continue
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
