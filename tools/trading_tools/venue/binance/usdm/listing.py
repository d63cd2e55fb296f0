"""The contracts that the venue lists, each with rules of its own, and where their prices start.

Ticks, steps, smallest worths and brackets follow the real ones' shape; the numbers are made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from trading_tools.venue.core.contracts import Contract, Tier
from trading_tools.venue.core.instruments import ATOMS, Instrument, text_of

_LARGE = (
    (300_000, 125, 4_000),
    (800_000, 100, 5_000),
    (3_000_000, 75, 6_500),
    (12_000_000, 50, 10_000),
    (70_000_000, 25, 20_000),
    (200_000_000, 5, 100_000),
)
_SMALL = (
    (10_000, 75, 10_000),
    (60_000, 50, 15_000),
    (600_000, 20, 25_000),
    (3_000_000, 10, 50_000),
    (9_000_000, 2, 250_000),
)


class Perpetual(Instrument):
    """A contract that prints as USD-M does: as many decimals as its tick and step have."""

    def price_text(self, ticks: int) -> str:
        """A price as the venue prints it."""
        return _cut(ticks * self.tick_atoms, self.tick_size)

    def size_text(self, steps: int) -> str:
        """A size as the venue prints it."""
        return _cut(steps * self.step_atoms, self.step_size)


def _cut(amount: int, unit: Decimal) -> str:
    digits = max(0, -int(unit.as_tuple().exponent))
    return text_of(amount)[: digits - 8] if digits else text_of(amount)[:-9]


def _perpetual(
    base: str,
    tick: str,
    step: str,
    largest: str,
    notional: str,
    tiers: tuple[tuple[int, int, int], ...],
    hours: int = 8,
) -> Perpetual:
    return Perpetual(
        symbol=f"{base}USDT",
        base=base,
        quote="USDT",
        tick_size=Decimal(tick),
        step_size=Decimal(step),
        min_size=Decimal(step),
        max_size=Decimal(largest),
        max_market_size=Decimal(largest) / 10,
        min_notional=Decimal(notional),
        max_notional=Decimal(500_000_000),
        max_price=Decimal(1_000_000),
        contract=Contract(
            tuple(Tier(cap * ATOMS, leverage, ppm) for cap, leverage, ppm in tiers),
            funding_interval_ms=hours * 3_600_000,
        ),
    )


USDM: Mapping[Instrument, int] = {
    _perpetual("BTC", "0.1", "0.001", "1000", "100", _LARGE): 600_000,
    _perpetual("ETH", "0.01", "0.001", "10000", "20", _LARGE): 300_000,
    _perpetual("SOL", "0.01", "0.01", "100000", "5", _SMALL): 15_000,
    _perpetual("XRP", "0.0001", "0.1", "1000000", "5", _SMALL): 25_000,
    _perpetual("DOGE", "0.00001", "1", "10000000", "5", _SMALL): 20_000,
    _perpetual("1000PEPE", "0.0000001", "1", "90000000", "5", _SMALL, hours=4): 100_000,
}
"""Contracts and their last price in ticks at the start."""
