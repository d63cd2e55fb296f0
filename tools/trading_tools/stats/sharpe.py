"""How sure a Sharpe ratio is: the probabilistic and the deflated Sharpe ratio.

All ratios here are per period (a daily series gives a daily ratio) and kurtosis is raw (3 for a
normal distribution): both conventions of the papers, and both are often mistaken.

Sources: Bailey and López de Prado, "The Sharpe Ratio Efficient Frontier", Journal of Risk 15(2),
2012; "The Deflated Sharpe Ratio", Journal of Portfolio Management 40(5), 2014.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from trading_tools.stats.errors import StatsError
from trading_tools.stats.samples import Moments

_NORMAL = NormalDist()
_EULER = 0.5772156649015329


def probabilistic_sharpe(sample: Moments, benchmark: float = 0.0) -> float:
    """The probability that the true ratio is above `benchmark`, given skewness and fat tails.

    PSR = Φ((SR - SR*)·√(n - 1) / √(1 - γ3·SR + (γ4 - 1)/4·SR²)).

    Raises:
        StatsError: moments that no series can have.
    """
    return _NORMAL.cdf(
        (sample.sharpe - benchmark) * math.sqrt(sample.count - 1) / math.sqrt(spread(sample))
    )


def expected_best_sharpe(trials: int, variance: float) -> float:
    """The best ratio to expect of `trials` independent strategies that are all worth nothing.

    SR0 = √V·((1 - γ)·Φ⁻¹(1 - 1/N) + γ·Φ⁻¹(1 - 1/(N·e))), γ being Euler's constant.

    Args:
        trials: how many were tried, the discarded ones too. One trial has nothing to choose: 0.
        variance: of the trials' ratios, per period².

    Raises:
        StatsError: no trial, or a variance that is negative or not finite.
    """
    if trials < 1:
        raise StatsError(f"trials is {trials}: at least the strategy itself was tried")
    if not (math.isfinite(variance) and variance >= 0):
        raise StatsError(f"variance of the trials' Sharpe ratios is {variance}: give 0 or more")
    if trials == 1:
        return 0.0
    best = (1 - _EULER) * _NORMAL.inv_cdf(1 - 1 / trials)
    best += _EULER * _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * best


def deflated_sharpe(sample: Moments, trials: int, variance: float) -> float:
    """The probability that the true ratio is above zero although it was picked from `trials`.

    It is the probabilistic ratio against the best of `trials` worthless strategies. Without an
    honest count of trials it means nothing.

    Raises:
        StatsError: as `expected_best_sharpe` and `probabilistic_sharpe` do.
    """
    return probabilistic_sharpe(sample, expected_best_sharpe(trials, variance))


def spread(sample: Moments) -> float:
    """(n - 1) times the variance of the estimated ratio: 1 - γ3·SR + (γ4 - 1)/4·SR².

    Raises:
        StatsError: moments that no series can have (kurtosis below 1 + skewness²).
    """
    ratio = sample.sharpe
    value = 1 - sample.skewness * ratio + (sample.kurtosis - 1) / 4 * ratio**2
    if value <= 0 or sample.kurtosis < 1 + sample.skewness**2 - 1e-9:
        raise StatsError(
            f"skewness {sample.skewness:g} and kurtosis {sample.kurtosis:g} belong to no series: "
            "kurtosis is raw (3 for a normal distribution) and at least 1 + skewness squared"
        )
    return value
