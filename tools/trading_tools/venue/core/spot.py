"""How spot orders are paid: what each holds back, and what a fill takes and brings."""

from __future__ import annotations

from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.book import Book
from trading_tools.venue.core.checks import available
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.margin import Margins
from trading_tools.venue.core.orders import (
    PRICED,
    STOPS,
    Order,
    Reason,
    Rejected,
    Side,
    Ticket,
)

_MILLION = 1_000_000
# Looked at for every order: through their class each look costs as much as a call on Python 3.11.
_BUY = Side.BUY


def funds(
    account: Account, ticket: Ticket, instrument: Instrument, book: Book, margins: Margins
) -> tuple[int, int]:
    """The order's size and what it locks.

    Raises:
        Rejected: it is more than is free, or too little for one lot.
    """
    size, worth = ticket.size, 0
    if ticket.kind in PRICED or ticket.kind in STOPS:
        worth = (ticket.price or ticket.stop) * size * instrument.lot_value
    elif ticket.quote_size or ticket.side is _BUY:
        steps, worth = available(ticket, book, account.name, instrument.lot_value, None)
        if ticket.quote_size:
            size = steps
            if size < instrument.min_steps and book.other(ticket.side).levels:
                raise Rejected(Reason.SIZE)
    buys = ticket.side is _BUY
    asset = instrument.quote if buys else instrument.base
    lock = worth if buys else size * instrument.step_atoms
    if buys and account.fees_in_quote:
        lock += account.fee_reserve(worth)
    if account.free[asset] < lock or (account.terms and spendable(account, asset, margins) < lock):
        raise Rejected(Reason.FUNDS)
    return size, lock


def spendable(account: Account, asset: str, margins: Margins) -> int:
    """What of an asset is free, less what the account's contracts need of it."""
    free = account.free[asset]
    return min(free, margins.backing(account, asset).available) if account.terms else free


def given(instrument: Instrument, side: Side) -> str:
    """The asset that an order gives away."""
    return instrument.quote if side is _BUY else instrument.base


def fill(
    order: Order,
    account: Account,
    instrument: Instrument,
    price: int,
    size: int,
    quote: int,
    fee_ppm: int,
) -> tuple[str, int]:
    """Spend what was held back and take in what was bought; the fee's asset and the fee.

    `quote` is what the fill is worth.
    """
    free = account.free
    if order.ticket.side is _BUY:
        limit = order.ticket.price
        held = limit * size * instrument.lot_value if limit else quote
        account.locked[instrument.quote] -= held
        if held != quote:
            free[instrument.quote] += held - quote
        gained, income = instrument.base, size * instrument.step_atoms
    else:
        held = size * instrument.step_atoms
        account.locked[instrument.base] -= held
        gained, income = instrument.quote, quote
    order.locked -= held
    if not fee_ppm:
        free[gained] += income
        return gained, 0
    if not account.fees_in_quote or gained == instrument.quote:
        fee = income * fee_ppm // _MILLION
        free[gained] += income - fee
        return gained, fee
    free[gained] += income
    fee = quote * fee_ppm // _MILLION
    account.locked[instrument.quote] -= fee
    order.locked -= fee
    return instrument.quote, fee


def refund(
    order: Order, account: Account, instrument: Instrument, book: Book, margins: Margins
) -> bool:
    """Lock what a triggered market order costs now, not at its stop; False: it is not free."""
    if order.ticket.side is Side.SELL:
        return True
    _, worth = available(order.ticket, book, account.name, instrument.lot_value, None)
    worth += account.fee_reserve(worth)
    account.unlock(instrument.quote, order.locked)
    order.locked = 0
    if spendable(account, instrument.quote, margins) < worth:
        return False
    order.locked = worth
    account.lock(instrument.quote, worth)
    return True
