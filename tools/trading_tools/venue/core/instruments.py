"""What is traded and in which units: ticks, steps and the limits that an order must keep.

All amounts inside the core are whole numbers: prices in ticks, sizes in steps, balances in atoms of
1e-8 of an asset. `Decimal` appears here only, at the edge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from trading_tools.venue.core.contracts import Contract

ATOMS = 10**8
"""Atoms in one unit of any asset: venues keep eight decimals."""


def atoms(value: Decimal | str) -> int:
    """`value` in atoms.

    Raises:
        ValueError: it has more than eight decimals.
    """
    scaled = Decimal(value).scaleb(8)
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{value} has more than eight decimals: round it to 0.00000001")
    return whole


def text_of(amount: int) -> str:
    """`amount` atoms as venues print them, with eight decimals: "0.01000000"."""
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), ATOMS)
    return f"{sign}{whole}.{rest:08d}"


@dataclass(frozen=True)
class Instrument:
    """One market and its rules: spot, or with a `contract` a perpetual one.

    Symbols are unique in an exchange: where a venue gives two markets one name, the wire adds a
    suffix here and takes it off again.

    `tick_size` and `step_size` are in units of quote and base; `min_size` and `max_size` in base,
    `min_notional` and `max_notional` in quote. A limit price may be `price_band` times above and
    as many times below the last price. `max_orders` is what one account may have open.

    Raises:
        ValueError: a tick times a step is not a whole number of atoms, so that a trade's worth
            could not be kept exactly.
    """

    symbol: str
    base: str
    quote: str
    tick_size: Decimal
    step_size: Decimal
    min_size: Decimal
    max_size: Decimal
    max_market_size: Decimal
    min_notional: Decimal
    max_notional: Decimal
    max_price: Decimal
    price_band: int = 5
    max_orders: int = 200
    contract: Contract | None = None
    price_unit: Decimal | None = None
    """In what prices are counted; None is the tick. It stays when the tick becomes coarser."""

    def __post_init__(self) -> None:
        if self.tick_atoms * self.step_atoms % ATOMS:
            raise ValueError(
                f"{self.symbol}: tick {self.tick_size} times step {self.step_size} is finer than "
                "0.00000001: make one of them coarser"
            )

    @cached_property
    def tick_atoms(self) -> int:
        """Quote atoms of one unit of price: one tick, unless the tick has become coarser."""
        return atoms(self.price_unit or self.tick_size)

    @cached_property
    def tick_units(self) -> int:
        """Units of price in one tick."""
        return atoms(self.tick_size) // self.tick_atoms

    def with_rules(self, tick_times: int, notional_times: int) -> Instrument:
        """The same instrument with a coarser tick and a higher smallest worth."""
        return replace(
            self,
            tick_size=self.tick_size * tick_times,
            min_notional=self.min_notional * notional_times,
            price_unit=self.price_unit or self.tick_size,
        )

    @cached_property
    def step_atoms(self) -> int:
        """Base atoms of one step."""
        return atoms(self.step_size)

    @cached_property
    def lot_value(self) -> int:
        """Quote atoms that one step costs for each tick of price."""
        return self.tick_atoms * self.step_atoms // ATOMS

    @cached_property
    def min_steps(self) -> int:
        """The smallest order, in steps."""
        return atoms(self.min_size) // self.step_atoms

    @cached_property
    def max_steps(self) -> int:
        """The largest order with a price, in steps."""
        return atoms(self.max_size) // self.step_atoms

    @cached_property
    def max_market_steps(self) -> int:
        """The largest order without a price, in steps."""
        return atoms(self.max_market_size) // self.step_atoms

    @cached_property
    def max_ticks(self) -> int:
        """The highest price, in ticks."""
        return atoms(self.max_price) // self.tick_atoms

    @cached_property
    def min_worth(self) -> int:
        """The smallest worth of an order, in quote atoms."""
        return atoms(self.min_notional)

    @cached_property
    def max_worth(self) -> int:
        """The largest worth of an order with a price, in quote atoms."""
        return atoms(self.max_notional)

    def price_text(self, ticks: int) -> str:
        """A price as the venue prints it."""
        return text_of(ticks * self.tick_atoms)

    def size_text(self, steps: int) -> str:
        """A size as the venue prints it."""
        return text_of(steps * self.step_atoms)
