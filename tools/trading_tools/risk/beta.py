"""What wins and losses say about a win probability: the Beta posterior and its quantiles.

A plug-in estimate overbets; the posterior mean is what one static bet should use (Browne & Whitt
1996), a lower quantile is the careful policy. Figures are good to about 25 digits.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import comb
from typing import Final

from trading_tools.money import plain
from trading_tools.risk._inputs import not_negative, number, positive, probability, rounded, working
from trading_tools.risk.errors import RiskError

MAX_OBSERVATIONS: Final = 1_000_000
_MIN_PARAMETER: Final = Decimal("0.1")
"""Smallest Beta parameter: below it the quantiles crowd so close to 0 and 1 that none is useful."""

_DIGITS: Final = 50
_RESULT_DIGITS: Final = 25
_TOLERANCE: Final = Decimal("1e-32")
_SHIFT: Final = 40
_TERMS: Final = 24
_HALF_LOG_TWO_PI: Final = Decimal("0.91893853320467274178032973640561763986139747363778")
_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class Posterior:
    """Belief about a win probability after `wins` and `losses`, from a Beta(prior, prior) prior.

    Priors of 1 are the uniform one, 0.5 Jeffreys'.

    Raises:
        RiskError: a count is negative, a prior is not above 0, or there are more than
            `MAX_OBSERVATIONS`.
    """

    wins: Decimal
    losses: Decimal
    prior_wins: Decimal = _ONE
    prior_losses: Decimal = _ONE

    def __post_init__(self) -> None:
        observed = not_negative(self.wins, "wins") + not_negative(self.losses, "losses")
        for prior in (self.prior_wins, self.prior_losses):
            if positive(prior, "prior") < _MIN_PARAMETER:
                raise RiskError(f"prior is {plain(prior)}: it must be at least {_MIN_PARAMETER}")
        if observed + self.prior_wins + self.prior_losses > MAX_OBSERVATIONS:
            raise RiskError(
                f"wins and losses are {plain(observed)}: at most {MAX_OBSERVATIONS}, beyond which "
                "the interval is narrower than any doubt about the model"
            )

    @property
    def alpha(self) -> Decimal:
        """The first parameter of the Beta distribution."""
        return self.wins + self.prior_wins

    @property
    def beta(self) -> Decimal:
        """The second parameter of the Beta distribution."""
        return self.losses + self.prior_losses

    @property
    def mean(self) -> Decimal:
        """The posterior mean, alpha/(alpha + beta)."""
        return _mean(self.alpha, self.beta)

    def lower_quantile(self, level: Decimal) -> Decimal:
        """The win probability that is exceeded with probability 1 - `level` (0.1 = the 10% one)."""
        return beta_quantile(probability(level, "level"), self.alpha, self.beta)


@working(_DIGITS)
def beta_cdf(x: Decimal, alpha: Decimal, beta: Decimal) -> Decimal:
    """The regularised incomplete beta function I_x(alpha, beta) for x in [0, 1]."""
    _parameters(alpha, beta)
    if not 0 <= number(x, "x") <= 1:
        raise RiskError(f"x is {plain(x)}: it must lie in [0, 1]")
    if x in (0, 1):
        return +x
    return rounded(_cdf(x, alpha, beta, _log_beta(alpha, beta)), _RESULT_DIGITS)


@working(_DIGITS)
def beta_quantile(level: Decimal, alpha: Decimal, beta: Decimal) -> Decimal:
    """The x with I_x(alpha, beta) = `level`, for `level` strictly inside (0, 1)."""
    probability(level, "level")
    _parameters(alpha, beta)
    log_beta = _log_beta(alpha, beta)
    low, high = Decimal(0), _ONE
    x = alpha / (alpha + beta)
    while high - low > _TOLERANCE * high:
        miss = _cdf(x, alpha, beta, log_beta) - level
        if miss < 0:
            low = x
        else:
            high = x
        density = ((alpha - 1) * x.ln() + (beta - 1) * (1 - x).ln() - log_beta).exp()
        newton = x - miss / density if density else low
        if abs(newton - x) <= _TOLERANCE * x:
            return rounded(newton, _RESULT_DIGITS)
        # bisect where Newton would leave what is known to hold the root
        x = newton if low < newton < high else (low + high) / 2
    return rounded(x, _RESULT_DIGITS)


def _parameters(alpha: Decimal, beta: Decimal) -> None:
    for value, what in ((alpha, "alpha"), (beta, "beta")):
        if not _MIN_PARAMETER <= number(value, what) <= 2 * MAX_OBSERVATIONS:
            raise RiskError(
                f"{what} is {plain(value)}: it must lie between {_MIN_PARAMETER} and "
                f"{2 * MAX_OBSERVATIONS}"
            )


@working()
def _mean(alpha: Decimal, beta: Decimal) -> Decimal:
    return alpha / (alpha + beta)


def _cdf(x: Decimal, alpha: Decimal, beta: Decimal, log_beta: Decimal) -> Decimal:
    front = (alpha * x.ln() + beta * (1 - x).ln() - log_beta).exp()
    # the continued fraction converges fast on the near side of the mean only
    if x <= (alpha + 1) / (alpha + beta + 2):
        return front * _continued_fraction(x, alpha, beta) / alpha
    return _ONE - front * _continued_fraction(1 - x, beta, alpha) / beta


def _continued_fraction(x: Decimal, alpha: Decimal, beta: Decimal) -> Decimal:
    """Lentz's evaluation of the fraction for I_x (Abramowitz & Stegun 26.5.8)."""
    c = _ONE
    d = _ONE / (_ONE - (alpha + beta) * x / (alpha + 1))
    value = d
    m = 0
    while True:
        m += 1
        twice = alpha + 2 * m
        even = m * (beta - m) * x / ((twice - 1) * twice)
        d = _ONE / (_ONE + even * d)
        c = _ONE + even / c
        value *= d * c
        odd = -(alpha + m) * (alpha + beta + m) * x / (twice * (twice + 1))
        d = _ONE / (_ONE + odd * d)
        c = _ONE + odd / c
        change = d * c
        value *= change
        if abs(change - 1) < _TOLERANCE:
            return value


def _log_beta(alpha: Decimal, beta: Decimal) -> Decimal:
    return _log_gamma(alpha) + _log_gamma(beta) - _log_gamma(alpha + beta)


def _log_gamma(x: Decimal) -> Decimal:
    """Stirling's series, after moving small arguments up to where it is exact enough."""
    product = _ONE
    while x < _SHIFT:
        product *= x
        x += 1
    series = sum(
        (
            Decimal(b.numerator) / (b.denominator * 2 * k * (2 * k - 1) * x ** (2 * k - 1))
            for k, b in enumerate(_bernoulli(), start=1)
        ),
        Decimal(0),
    )
    return (x - Decimal("0.5")) * x.ln() - x + _HALF_LOG_TWO_PI + series - product.ln()


@lru_cache(maxsize=1)
def _bernoulli() -> tuple[Fraction, ...]:
    """The even Bernoulli numbers B2, B4, …"""
    numbers = [Fraction(1)]
    for m in range(1, 2 * _TERMS + 1):
        known = sum((comb(m + 1, k) * numbers[k] for k in range(m)), Fraction(0))
        numbers.append(-known / (m + 1))
    return tuple(numbers[2::2])
