"""How contracts are paid: fills become positions, positions pay funding.

No money changes hands for a contract itself: a fill moves the fee and what it realises. When a
position is closed by force is `exchange`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.contracts import RATE_ONE, Contract, PositionSide
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.margin import Margins
from trading_tools.venue.core.orders import Order, Reason, Rejected, Side, Ticket
from trading_tools.venue.core.positions import IncomeKind, Position, reduces

_MILLION = 1_000_000


class Funding(NamedTuple):
    """One payment between longs and shorts: the rate in `RATE_ONE` and the mark price in ticks."""

    at: int
    rate: int
    mark: int


@dataclass(slots=True)
class Prices:
    """What a contract is measured by: its index price in ticks and its funding."""

    index: int
    next_funding_ms: int = 0
    paid: list[Funding] = field(default_factory=list)

    def rate(self, contract: Contract, mark: int) -> int:
        """The rate that would be paid if the interval ended now."""
        return contract.funding_rate(mark, self.index)


def closable(account: Account, ticket: Ticket) -> int:
    """The steps that an order could close, 0 where there is no position against it."""
    position = account.positions.get((ticket.symbol, ticket.position_side))
    if position is None:
        return 0
    return max(0, -position.size if ticket.side is Side.BUY else position.size)


def only_reduces(ticket: Ticket) -> bool:
    """Whether an order may only close."""
    return ticket.reduce_only or reduces(ticket.side, ticket.position_side)


def funds(account: Account, ticket: Ticket, instrument: Instrument, margins: Margins) -> int:
    """The size in steps that an order may have; what it needs is looked up, and not held back.

    Raises:
        Rejected: the mode, the position, its limit or the margin does not allow it.
    """
    if (ticket.position_side is not PositionSide.BOTH) is not account.hedge:
        raise Rejected(Reason.POSITION_SIDE)
    if ticket.close_position or account.background:
        return ticket.size
    if only_reduces(ticket):
        size = min(ticket.size, closable(account, ticket))
        # A stop is measured when it triggers: the position may be opened after it.
        if not size and not ticket.stop:
            raise Rejected(Reason.REDUCE_ONLY)
        return size if not ticket.stop else ticket.size
    _, contract = margins.terms(instrument.symbol)
    leverage = account.terms_of(instrument.symbol, contract.default_leverage).leverage
    before = margins.of_orders(account, instrument.symbol)
    more = margins.of_orders(account, instrument.symbol, ticket) - before
    if more > 0:
        exposure = margins.largest_exposure(account, instrument.symbol, ticket)
        if exposure > contract.largest(leverage):
            raise Rejected(Reason.POSITION_LIMIT)
        if more > margins.backing(account, instrument.quote).available:
            raise Rejected(Reason.MARGIN)
    return ticket.size


def fill(
    order: Order,
    account: Account,
    instrument: Instrument,
    price: int,
    size: int,
    fee_ppm: int,
    trade_id: int,
    at: int,
) -> tuple[int, int]:
    """Let a fill open, enlarge, close or turn a position; the fee and what was realised."""
    ticket, quote = order.ticket, price * size * instrument.lot_value
    key = (instrument.symbol, ticket.position_side)
    position = account.positions.get(key)
    if position is None:
        position = account.positions[key] = Position(*key)
    signed = size if ticket.side is Side.BUY else -size
    closes = min(size, abs(position.size)) if position.size * signed < 0 else 0
    realised = 0
    if closes:
        part = closes if signed > 0 else -closes
        realised, margin = position.reduce(part, price * part * instrument.lot_value, at)
        account.free[instrument.quote] += margin
        account.earn(
            at, IncomeKind.REALISED, instrument.quote, realised, instrument.symbol, trade_id
        )
    if opens := size - closes:
        _open(position, account, instrument, opens if signed > 0 else -opens, price, at)
    fee = quote * fee_ppm // _MILLION
    account.earn(at, IncomeKind.FEE, instrument.quote, -fee, instrument.symbol, trade_id)
    return fee, realised


def _open(
    position: Position, account: Account, instrument: Instrument, size: int, price: int, at: int
) -> None:
    worth = price * size * instrument.lot_value
    if not account.background:
        assert instrument.contract is not None
        terms = account.terms_of(instrument.symbol, instrument.contract.default_leverage)
        if not position.size:
            position.isolated = terms.isolated
        if position.isolated:
            margin = -(-abs(worth) // terms.leverage)
            account.free[instrument.quote] -= margin
            position.margin += margin
    position.add(size, worth, at)


def pay_funding(
    accounts: Iterable[Account], instrument: Instrument, rate: int, mark: int, at: int
) -> tuple[list[tuple[Account, int]], int]:
    """Let longs pay shorts: each user account that paid or got, and what rounding left over."""
    moved, rest = [], 0
    for account in accounts:
        for position in account.positions_of(instrument.symbol):
            due = mark * position.size * instrument.lot_value * rate
            paid = -(-due // RATE_ONE)
            rest += paid
            account.earn(at, IncomeKind.FUNDING, instrument.quote, -paid, instrument.symbol)
            if position.isolated:
                account.free[instrument.quote] += paid
                position.margin -= paid
            if not account.background:
                moved.append((account, -paid))
    return moved, rest
