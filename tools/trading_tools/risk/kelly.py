"""The growth-optimal fraction of a bet with two outcomes, and how growth falls off around it.

Fractions are of the bankroll *put into the position*; what can be lost of it is `loss_return`. Bets
with more outcomes are `outcomes`, less than full Kelly is `fractional`, orders are `sizing`.
Source: Kelly 1956; Thorp 2006, "The Kelly criterion in blackjack, sports betting and the stock
market", sections 2 and 3.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from trading_tools.money import plain
from trading_tools.risk._inputs import (
    EVERY_DIGIT,
    negative,
    number,
    positive,
    probability,
    rounded,
    working,
)
from trading_tools.risk.errors import RiskError

_ONE: Final = Decimal(1)
_LOG_DIGITS: Final = 150
_ROOT_TOLERANCE: Final = Decimal("1e-40")


@dataclass(frozen=True, slots=True)
class Bet:
    """A stake that gains `win_return` of itself with `win_probability`, else loses `loss_return`.

    `win_return` is above 0 (0.5 = +50%); `loss_return` below 0 (-1 = the stake is lost, -0.01 =
    -1%; below -1 where leverage or a short can lose more than the stake).

    Raises:
        RiskError: the probability is not inside (0, 1), or a return has the wrong sign.
    """

    win_probability: Decimal
    win_return: Decimal
    loss_return: Decimal = Decimal(-1)

    def __post_init__(self) -> None:
        probability(self.win_probability, "win_probability")
        positive(self.win_return, "win_return")
        negative(self.loss_return, "loss_return")

    @property
    @working(EVERY_DIGIT)
    def lose_probability(self) -> Decimal:
        """q = 1 - p, with every digit."""
        return _ONE - self.win_probability

    @property
    def loss(self) -> Decimal:
        """The part of the stake that is lost, a = |loss_return|."""
        return self.loss_return.copy_abs()


@working(EVERY_DIGIT)
def edge(bet: Bet) -> Decimal:
    """Expected return per unit staked, p·b - q·a, with every digit."""
    return bet.win_probability * bet.win_return - bet.lose_probability * bet.loss


@working(EVERY_DIGIT)
def full_fraction(bet: Bet) -> Decimal:
    """The fraction of the bankroll that maximises expected log growth, f* = p/a - q/b.

    Not clipped: negative means the other side has the edge, above 1 means leverage. Always below
    1/a, where one loss would take everything. Worked as (p·b - q·a)/(a·b), whose only rounding is
    its last digit's: the sign is always that of the edge.
    """
    return rounded(edge(bet) / (bet.loss * bet.win_return))


def clipped(full: Decimal, cap: Decimal = _ONE) -> Decimal:
    """`full` between 0 (no edge, no bet) and `cap`.

    Raises:
        RiskError: `cap` is not above 0.
    """
    positive(cap, "cap")
    return max(Decimal(0), min(full, cap))


@working()
def growth(bet: Bet, fraction: Decimal) -> Decimal:
    """Expected log growth per bet at `fraction` of the bankroll, p·ln(1 + b·f) + q·ln(1 - a·f).

    Raises:
        RiskError: at this fraction one outcome would leave nothing (or less).
    """
    number(fraction, "fraction")
    found = _growth(bet, fraction)
    if found is None:
        raise RiskError(
            f"fraction is {plain(fraction)}: one outcome would take the whole bankroll; it must "
            f"stay below 1/|loss_return| = {plain(rounded(_ONE / bet.loss, 12))}"
        )
    return rounded(found)


@working(_LOG_DIGITS)
def zero_growth_fraction(bet: Bet) -> Decimal:
    """The fraction above f* at which growth is back to zero; betting more loses in the long run.

    About 2·f* for small edges. 0 where there is no edge: then every stake loses.
    """
    low = full_fraction(bet)
    if low <= 0:
        return Decimal(0)
    high = _ONE / bet.loss
    while high - low > _ROOT_TOLERANCE * low:
        middle = (low + high) / 2
        found = _growth(bet, middle)
        if found is None or found < 0:
            high = middle
        else:
            low = middle
    return rounded(low, 40)


@working()
def bets_to_multiply(bet: Bet, fraction: Decimal, factor: Decimal = Decimal(2)) -> Decimal:
    """Bets it takes to multiply the bankroll by `factor` at the mean log growth, ln(factor)/g.

    Raises:
        RiskError: growth at this fraction is not above 0, or `factor` is not above 1.
    """
    if number(factor, "factor") <= 1:
        raise RiskError(f"factor is {plain(factor)}: it must be above 1")
    rate = growth(bet, fraction)
    if rate <= 0:
        raise RiskError(
            f"fraction is {plain(fraction)}: growth there is not above 0, so it never gets there"
        )
    return factor.ln() / rate


@working(_LOG_DIGITS)
def _growth(bet: Bet, fraction: Decimal) -> Decimal | None:
    won = _ONE + bet.win_return * fraction
    lost = _ONE - bet.loss * fraction
    if won <= 0 or lost <= 0:
        return None
    return bet.win_probability * won.ln() + bet.lose_probability * lost.ln()
