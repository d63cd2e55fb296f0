"""Growth-optimal fractions beyond one bet with two outcomes.

Several outcomes, a continuous return, a portfolio, and independent bets held at the same time. Two
outcomes have a closed form in `kelly`. Source: Thorp 2006, "The Kelly criterion in blackjack,
sports betting and the stock market", sections 7 and 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from trading_tools.money import plain
from trading_tools.risk._inputs import number, positive, rounded, working
from trading_tools.risk._linear import solve_definite
from trading_tools.risk.errors import RiskError

_DIGITS: Final = 80
_RESULT_DIGITS: Final = 40
_ROOT_TOLERANCE: Final = Decimal("1e-50")
_SUM_TOLERANCE: Final = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way a bet can end: the return on the stake (-0.4 = -40%) and its probability."""

    probability: Decimal
    return_on_stake: Decimal

    def __post_init__(self) -> None:
        positive(self.probability, "probability")
        number(self.return_on_stake, "return_on_stake")


@working(_DIGITS)
def discrete_fraction(outcomes: Sequence[Outcome]) -> Decimal:
    """The fraction that maximises E log(1 + f·r): the root of the sum of p·r/(1 + f·r).

    Not clipped: negative where the short side has the edge. Probabilities may miss 1 by 1e-9 (as
    1/3 must) and are scaled to it.

    Raises:
        RiskError: probabilities do not add up to 1, or no outcome loses, or none wins: then growth
            has no maximum.
    """
    total = sum((outcome.probability for outcome in outcomes), Decimal(0))
    if abs(total - 1) > _SUM_TOLERANCE:
        raise RiskError(f"the probabilities add up to {plain(total)}: they must add up to 1")
    worst = min(outcome.return_on_stake for outcome in outcomes)
    best = max(outcome.return_on_stake for outcome in outcomes)
    if worst >= 0 or best <= 0:
        kind = "loses" if worst >= 0 else "wins"
        raise RiskError(
            f"returns run from {plain(worst)} to {plain(best)}: without an outcome that {kind} no "
            "fraction is the best one"
        )
    low, high = -1 / best, -1 / worst
    expected = sum((o.probability * o.return_on_stake for o in outcomes), Decimal(0))
    if expected == 0:
        return Decimal(0)
    if expected > 0:
        low = Decimal(0)
    else:
        high = Decimal(0)
    while high - low > _ROOT_TOLERANCE * max(abs(low), abs(high)):
        middle = (low + high) / 2
        slope = sum(
            (
                o.probability * o.return_on_stake / (1 + middle * o.return_on_stake)
                for o in outcomes
            ),
            Decimal(0),
        )
        if slope > 0:
            low = middle
        else:
            high = middle
    return rounded((low + high) / 2, _RESULT_DIGITS)


@working()
def continuous_fraction(mean: Decimal, volatility: Decimal, rate: Decimal = Decimal(0)) -> Decimal:
    """The growth-optimal leverage of a diffusion, f* = (m - r)/s².

    `mean`, `volatility` (standard deviation) and the borrowing and lending `rate` are per the same
    period.
    """
    positive(volatility, "volatility")
    return (number(mean, "mean") - number(rate, "rate")) / volatility**2


@working()
def continuous_growth(
    fraction: Decimal, mean: Decimal, volatility: Decimal, rate: Decimal = Decimal(0)
) -> Decimal:
    """Log growth per period at leverage `fraction`: r + f·(m - r) - f²·s²/2.

    Its standard deviation per period is s·f.
    """
    positive(volatility, "volatility")
    number(fraction, "fraction")
    excess = number(mean, "mean") - number(rate, "rate")
    return rate + fraction * excess - fraction**2 * volatility**2 / 2


@working(_DIGITS)
def portfolio_fractions(
    covariance: Sequence[Sequence[Decimal]], excess_means: Sequence[Decimal]
) -> tuple[Decimal, ...]:
    """The growth-optimal fractions of several diffusions together, F* = C⁻¹(M - R).

    `excess_means` are M - R. Not clipped: a fraction may be short, and the sum above 1.

    Raises:
        RiskError: shapes differ, or C is not symmetric and positive definite (two assets move as
            one, or the matrix is no covariance at all).
    """
    size = len(excess_means)
    rows = [[number(entry, "covariance") for entry in row] for row in covariance]
    if not size or len(rows) != size or any(len(row) != size for row in rows):
        raise RiskError(f"covariance must be {size} by {size}, one row for each of excess_means")
    for i in range(size):
        for j in range(i):
            if rows[i][j] != rows[j][i]:
                raise RiskError(
                    f"covariance is not symmetric: [{i}][{j}] is {plain(rows[i][j])}, "
                    f"[{j}][{i}] is {plain(rows[j][i])}"
                )
    means = [number(mean, "excess_means") for mean in excess_means]
    return tuple(rounded(f, _RESULT_DIGITS) for f in solve_definite(rows, means))
