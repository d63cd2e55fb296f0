"""What positions and orders in contracts are backed with: sums over an account, nothing changes.

Positions with cross margin are backed by the wallet of their quote asset, all of them together;
an isolated one by its own margin alone. Source: the formulas of the venues' margin pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.book import Book
from trading_tools.venue.core.contracts import Contract, PositionSide
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import Side, Ticket
from trading_tools.venue.core.positions import Position, reduces


@dataclass(frozen=True)
class Backing:
    """An account's money in one asset, in atoms.

    `wallet` is all that is paid for, isolated margins included; `spare` is what is left when all
    margins are met, below zero after losses.
    """

    wallet: int
    isolated: int
    unrealised: int
    cross_unrealised: int
    position_margin: int
    order_margin: int
    maintenance: int
    cross_maintenance: int
    spare: int

    @property
    def available(self) -> int:
        """What a new order or a withdrawal may use."""
        return max(0, self.spare)

    @property
    def equity(self) -> int:
        """The wallet at today's prices."""
        return self.wallet + self.unrealised

    @property
    def cross_equity(self) -> int:
        """What backs the positions with cross margin."""
        return self.wallet - self.isolated + self.cross_unrealised


class Margins:
    """Answers what accounts need, from the mark prices as they stand."""

    def __init__(self, instruments: Mapping[str, Instrument], books: Mapping[str, Book]) -> None:
        self._instruments = instruments
        self._books = books

    def terms(self, symbol: str) -> tuple[Instrument, Contract]:
        """An instrument that is a contract, with its terms."""
        instrument = self._instruments[symbol]
        if instrument.contract is None:
            raise LookupError(f"{symbol} is no contract: it has no margin")
        return instrument, instrument.contract

    def initial(self, account: Account, symbol: str, worth: int) -> int:
        """The initial margin of a worth at the account's leverage, rounded up."""
        _, contract = self.terms(symbol)
        return -(-worth // account.terms_of(symbol, contract.default_leverage).leverage)

    def of_position(self, account: Account, position: Position) -> tuple[int, int]:
        """A position's initial and maintenance margin."""
        instrument, contract = self.terms(position.symbol)
        worth = position.worth(self._books[position.symbol].mark, instrument.lot_value)
        return self.initial(account, position.symbol, worth), contract.maintenance(worth)

    def of_orders(self, account: Account, symbol: str, more: Ticket | None = None) -> int:
        """The initial margin of open orders and of `more`: of the worse side, past the position."""
        worst = sum(
            max(buys, sells) - abs(held)
            for held, buys, sells in self._exposures(account, symbol, more)
        )
        return self.initial(account, symbol, worst)

    def largest_exposure(self, account: Account, symbol: str, more: Ticket) -> int:
        """What the largest position would be worth if all orders of one side traded."""
        return max(max(buys, sells) for _, buys, sells in self._exposures(account, symbol, more))

    def _exposures(
        self, account: Account, symbol: str, more: Ticket | None
    ) -> list[tuple[int, int, int]]:
        """For each position: its signed worth, and its worth once all buys or all sells traded."""
        instrument, _ = self.terms(symbol)
        mark = self._books[symbol].mark
        sums: dict[PositionSide, list[int]] = {}
        for position in account.positions_of(symbol):
            held = mark * position.size * instrument.lot_value
            sums[position.side] = [held, 0, 0]
        tickets = [
            (order.ticket, order.remaining) for order in account.open.get(symbol, {}).values()
        ]
        if more is not None:
            tickets.append((more, more.size))
        for ticket, size in tickets:
            entry = sums.setdefault(ticket.position_side, [0, 0, 0])
            if ticket.reduce_only or reduces(ticket.side, ticket.position_side):
                continue
            price = max(
                ticket.price or ticket.stop or mark, mark if ticket.side is Side.SELL else 0
            )
            entry[1 if ticket.side is Side.BUY else 2] += price * size * instrument.lot_value
        return [
            (held, max(abs(held), abs(held + buys)), max(abs(held), abs(held - sells)))
            for held, buys, sells in sums.values()
        ]

    def backing(self, account: Account, asset: str) -> Backing:
        """An account's money in one asset."""
        isolated = unrealised = cross = initial = cross_initial = 0
        orders = maintenance = cross_maintenance = 0
        symbols = {symbol for symbol, held in account.open.items() if held}
        for position in account.positions.values():
            instrument, _ = self.terms(position.symbol)
            if instrument.quote != asset or not position.size:
                continue
            symbols.add(position.symbol)
            gain = position.unrealised(self._books[position.symbol].mark, instrument.lot_value)
            needs, keeps = self.of_position(account, position)
            unrealised += gain
            initial += needs
            maintenance += keeps
            if position.isolated:
                isolated += position.margin
            else:
                cross += gain
                cross_initial += needs
                cross_maintenance += keeps
        for symbol in symbols:
            instrument = self._instruments[symbol]
            if instrument.contract is not None and instrument.quote == asset:
                orders += self.of_orders(account, symbol)
        free, locked = account.free.get(asset, 0), account.locked.get(asset, 0)
        return Backing(
            wallet=free + locked + isolated,
            isolated=isolated,
            unrealised=unrealised,
            cross_unrealised=cross,
            position_margin=initial,
            order_margin=orders,
            maintenance=maintenance,
            cross_maintenance=cross_maintenance,
            spare=free + cross - cross_initial - orders,
        )

    def liquidation_ticks(self, account: Account, position: Position) -> int:
        """The mark price at which a position is liquidated, in ticks; 0 where there is none.

        Where wallet + price*size - cost = rate*price*|size| - deduction.
        """
        instrument, contract = self.terms(position.symbol)
        if not position.size:
            return 0
        mark = self._books[position.symbol].mark
        if position.isolated:
            backed = position.margin
        else:
            backing = self.backing(account, instrument.quote)
            others = backing.cross_unrealised - position.unrealised(mark, instrument.lot_value)
            keeps = self.of_position(account, position)[1]
            backed = (
                backing.wallet - backing.isolated + others - (backing.cross_maintenance - keeps)
            )
        number = contract.tier(position.worth(mark, instrument.lot_value))
        rate, deduction = contract.tiers[number].maintenance_ppm, contract.deductions[number]
        slope = position.size * 1_000_000 - rate * abs(position.size)
        ticks = (position.cost - backed - deduction) * 1_000_000 // (slope * instrument.lot_value)
        return max(0, ticks)

    def failing(self, account: Account, position: Position) -> bool:
        """Whether what backs a position is below its maintenance margin."""
        return self.share_used(account, position) >= 1_000_000

    def share_used(self, account: Account, position: Position) -> int:
        """Maintenance margin in millionths of what backs a position: a million liquidates it."""
        instrument, _ = self.terms(position.symbol)
        if position.isolated:
            gain = position.unrealised(self._books[position.symbol].mark, instrument.lot_value)
            backed, needed = position.margin + gain, self.of_position(account, position)[1]
        else:
            backing = self.backing(account, instrument.quote)
            backed, needed = backing.cross_equity, backing.cross_maintenance
        return needed * 1_000_000 // backed if backed > 0 else 10**9
