"""What someone says a size is, and what is found about it.

The checks themselves are `fraction_check` and `size_check`; `validation` runs both.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from trading_tools.money import plain
from trading_tools.risk.inputs import RiskError, not_negative, number, positive, rounded, working
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

Reading = tuple[Code, Decimal, str]
"""A known mistake, the figure it gives, and how to say so."""

ONE: Final = Decimal(1)
ZERO: Final = Decimal(0)
_NOISE: Final = Decimal("1e-9")
_COARSE: Final = Decimal("0.005")


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
    multiplier: Decimal = ONE
    cap_fraction: Decimal = ONE
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
        return max(ZERO, min(self.full * self.multiplier, self.cap_fraction))


@working()
def same(claimed: Decimal, value: Decimal) -> bool:
    """Whether `claimed` is `value`, up to float noise or a sensible rounding of what was written.

    A rounding counts when it is right to its last digit and off by at most half a percent.
    """
    miss = abs(claimed - value)
    if miss <= abs(value) * _NOISE:
        return True
    return is_rounding(claimed, value) and miss <= abs(value) * _COARSE


@working()
def is_rounding(claimed: Decimal, value: Decimal) -> bool:
    """Whether `claimed` is `value` rounded, or cut off, at the digits it is written with."""
    unit = Decimal((0, (1,), int(claimed.as_tuple().exponent)))
    cut_off = 0 <= value - claimed < unit
    return cut_off or abs(claimed - value) <= unit / 2


def judged(claimed: Decimal, expected: Decimal) -> Severity:
    """The severity of a wrong figure: too large is an error, too small a warning."""
    return "error" if claimed > expected else "warning"


def brief(value: Decimal) -> str:
    """A figure as it stands in a message: at most eight significant digits."""
    return plain(rounded(value, 8))
