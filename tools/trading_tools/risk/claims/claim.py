"""What someone says a size is, and what is found about it.

What is checked, and how, is `validation`.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from trading_tools.money import plain
from trading_tools.risk._inputs import not_negative, number, positive, working
from trading_tools.risk.errors import RiskError
from trading_tools.risk.kelly import Bet, full_fraction
from trading_tools.risk.sizing import Market

Severity = Literal["error", "warning", "note"]
"""`error`: bets too much, or a venue refuses it; `warning`: wrong but harmless; `note`: correct."""

Code = Literal[
    "percent_for_fraction",
    "negative_fraction",
    "no_edge",
    "risk_fraction_for_position",
    "edge_for_fraction",
    "multiplier_not_applied",
    "unstated_multiplier",
    "cap_not_applied",
    "cap_before_multiplier",
    "max_notional_not_applied",
    "ruin",
    "zero_growth",
    "over_full_kelly",
    "quote_for_base",
    "divided_by_price_twice",
    "rounded_up",
    "off_step",
    "float_noise",
    "below_min_notional",
    "too_large",
    "too_small",
]

_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a claim: which kind, how bad, and what to do, in words."""

    code: Code
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A fraction or a size, with the inputs it is said to follow from.

    `multiplier` and `cap_fraction` are the policy (part of full Kelly, most of the bankroll).
    `fraction` is of the bankroll, into the position; `size_base` needs `bankroll_quote` and
    `market`.

    Raises:
        RiskError: an input is out of range, nothing is claimed, or a size comes without what it is
            computed from.
    """

    bet: Bet
    fraction: Decimal | None = None
    size_base: Decimal | None = None
    multiplier: Decimal = _ONE
    cap_fraction: Decimal = _ONE
    bankroll_quote: Decimal | None = None
    market: Market | None = None
    max_notional_quote: Decimal | None = None

    def __post_init__(self) -> None:
        if not 0 < number(self.multiplier, "multiplier") <= 1:
            raise RiskError(f"multiplier is {plain(self.multiplier)}: it must lie in (0, 1]")
        positive(self.cap_fraction, "cap_fraction")
        if self.fraction is None and self.size_base is None:
            raise RiskError("nothing is claimed: give the fraction or the size to check")
        if self.fraction is not None:
            number(self.fraction, "fraction")
        if self.size_base is None:
            return
        not_negative(self.size_base, "size_base")
        if self.bankroll_quote is None or self.market is None:
            raise RiskError(
                "a size is checked with bankroll_quote, price and step_size: give them too"
            )
        positive(self.bankroll_quote, "bankroll_quote")
        if self.max_notional_quote is not None:
            positive(self.max_notional_quote, "max_notional_quote")

    @property
    def full(self) -> Decimal:
        """Full Kelly of the claim's bet, unclipped."""
        return full_fraction(self.bet)

    @property
    @working()
    def expected_fraction(self) -> Decimal:
        """What the inputs give: full Kelly times the multiplier, between 0 and the cap."""
        return max(Decimal(0), min(self.full * self.multiplier, self.cap_fraction))
