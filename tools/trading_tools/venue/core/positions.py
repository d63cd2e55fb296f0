"""Positions in contracts: their size, what was paid for them, and what closing a part realises.

All whole numbers: signed sizes in steps (short is negative), costs in quote atoms. What a position
must be backed with is `margin`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from trading_tools.venue.core.contracts import PositionSide
from trading_tools.venue.core.instruments import ATOMS, Instrument
from trading_tools.venue.core.orders import Side


@dataclass(slots=True, eq=False)
class Terms:
    """How an account holds a contract; `isolated`: each position has margin of its own."""

    leverage: int
    isolated: bool = False


@dataclass(slots=True, eq=False)
class Position:
    """One position. Its `cost` is what its size was worth at entry, signed as the size.

    `margin` is what an `isolated` position is backed with; a cross one is backed by the wallet.
    `realised` sums up what closing parts of it brought, fees and funding apart.
    """

    symbol: str
    side: PositionSide = PositionSide.BOTH
    size: int = 0
    cost: int = 0
    isolated: bool = False
    margin: int = 0
    realised: int = 0
    opened_ms: int = 0
    updated_ms: int = 0
    called: bool = False
    """Whether its owner has been warned that it is near liquidation."""

    def unrealised(self, mark: int, lot_value: int) -> int:
        """What closing it at `mark` ticks would bring, in quote atoms."""
        return mark * self.size * lot_value - self.cost

    def worth(self, mark: int, lot_value: int) -> int:
        """Its worth without sign at `mark` ticks, in quote atoms."""
        return abs(mark * self.size * lot_value)

    def entry(self, instrument: Instrument) -> Decimal:
        """The average price of entry in quote, to ten decimals; 0 where it is flat."""
        if not self.size:
            return Decimal(0)
        exact = Decimal(self.cost * ATOMS) / Decimal(self.size * instrument.step_atoms) / ATOMS
        return exact.quantize(Decimal("1e-10"))

    def add(self, size: int, worth: int, at: int) -> None:
        """Open or enlarge by signed `size` steps that cost signed `worth` atoms."""
        if not self.size:
            self.opened_ms = at
        self.size += size
        self.cost += worth
        self.updated_ms = at

    def reduce(self, size: int, worth: int, at: int) -> tuple[int, int]:
        """Close signed `size` steps, against the position's sign, that are worth signed `worth`.

        What was realised and which margin is free again, in quote atoms. The cost of the part that
        is closed is rounded towards zero; the rest stays in the cost, so nothing is lost.
        """
        share, whole = abs(size), abs(self.size)
        cost = abs(self.cost) * share // whole
        cost = cost if self.size > 0 else -cost
        margin = self.margin * share // whole
        gained = -worth - cost
        self.size += size
        self.cost -= cost
        self.margin -= margin
        self.realised += gained
        self.updated_ms = at
        if not self.size:
            self.called = False
        return gained, margin


def reduces(side: Side, position_side: PositionSide) -> bool:
    """Whether an order can do nothing but close: hedge mode's sells of longs, buys of shorts."""
    if position_side is PositionSide.BOTH:
        return False
    return (side is Side.BUY) is (position_side is PositionSide.SHORT)


class IncomeKind(StrEnum):
    """Why a wallet changed."""

    REALISED = "REALISED"
    FEE = "FEE"
    FUNDING = "FUNDING"
    INSURANCE = "INSURANCE"
    """Paid by the insurance fund: a loss beyond what backed the position."""


class Income(NamedTuple):
    """One change of a wallet: signed atoms of `asset`. `trade_id` is 0 where no trade caused it."""

    number: int
    at: int
    kind: IncomeKind
    asset: str
    amount: int
    symbol: str
    trade_id: int = 0


class ChangeKind(StrEnum):
    """What happened to an account besides its orders."""

    FUNDING = "FUNDING"
    MARGIN_CALL = "MARGIN_CALL"
    LIQUIDATION = "LIQUIDATION"
    DELEVERAGE = "DELEVERAGE"
    LEVERAGE = "LEVERAGE"
    MARGIN_MODE = "MARGIN_MODE"
    MARGIN = "MARGIN"


class Change(NamedTuple):
    """Something that happened to an account's positions; `amount` in atoms where money moved."""

    at: int
    account: str
    kind: ChangeKind
    symbol: str
    amount: int = 0
