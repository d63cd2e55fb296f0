"""What makes an instrument a linear perpetual contract: leverage, margin tiers, funding.

Positions in it are `positions`; what they must be backed with is `margin`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import Final

RATE_ONE: Final = 10**8
"""A funding rate of 1 as a whole number: rates have eight decimals."""
_MILLION: Final = 1_000_000


class PositionSide(StrEnum):
    """Which position an order changes: the only one, or in hedge mode the long or short one."""

    __hash__ = str.__hash__  # the one of Enum is Python code, several times slower

    BOTH = "BOTH"
    LONG = "LONG"
    SHORT = "SHORT"


class Trigger(StrEnum):
    """Which price sets a stop off."""

    __hash__ = str.__hash__  # the one of Enum is Python code, several times slower

    LAST = "LAST"
    MARK = "MARK"


@dataclass(frozen=True)
class Tier:
    """Positions worth up to `cap` quote atoms: their highest leverage and maintenance margin.

    `maintenance_ppm` is in millionths of the worth that lies within the tier.
    """

    cap: int
    max_leverage: int
    maintenance_ppm: int


@dataclass(frozen=True)
class Contract:
    """The terms of a linear perpetual contract: it is margined, and pays, in the quote asset.

    `tiers` by rising cap; `funding_cap` and `interest` are rates in `RATE_ONE`.

    Raises:
        ValueError: there is no tier, or their caps do not rise.
    """

    tiers: tuple[Tier, ...]
    funding_interval_ms: int = 8 * 3_600_000
    interest: int = 10_000
    funding_cap: int = 2_000_000
    default_leverage: int = 20

    def __post_init__(self) -> None:
        if not self.tiers or any(high.cap <= low.cap for low, high in pairwise(self.tiers)):
            raise ValueError("a contract needs tiers, and their caps must rise")

    @property
    def max_leverage(self) -> int:
        """The highest leverage of the smallest positions."""
        return self.tiers[0].max_leverage

    @cached_property
    def deductions(self) -> tuple[int, ...]:
        """For each tier what its rate takes too much of the worth below it, in quote atoms.

        Maintenance margin is worth times rate less this, so that it has no jump at a cap.
        """
        found = [0]
        for low, high in pairwise(self.tiers):
            more = (high.maintenance_ppm - low.maintenance_ppm) * low.cap // _MILLION
            found.append(found[-1] + more)
        return tuple(found)

    def tier(self, worth: int) -> int:
        """Which tier a worth in quote atoms falls into; beyond the last cap it is the last."""
        for number, tier in enumerate(self.tiers):
            if worth <= tier.cap:
                return number
        return len(self.tiers) - 1

    def maintenance(self, worth: int) -> int:
        """The maintenance margin of a position of that worth, in quote atoms, rounded up."""
        number = self.tier(worth)
        taken = -(-worth * self.tiers[number].maintenance_ppm // _MILLION)
        return taken - self.deductions[number]

    def largest(self, leverage: int) -> int:
        """The largest worth of a position at this leverage, in quote atoms."""
        allowed = [tier.cap for tier in self.tiers if tier.max_leverage >= leverage]
        return max(allowed, default=0)

    def funding_rate(self, mark: int, index: int) -> int:
        """What longs pay shorts for one interval: premium and interest, within the cap."""
        premium = (mark - index) * RATE_ONE // index
        near = max(-50_000, min(50_000, self.interest - premium))
        return max(-self.funding_cap, min(self.funding_cap, premium + near))
