"""What fills prove about slippage: an upper bound of its mean, and how many fills a proof needs.

Slippage is signed and in basis points of the price that the model expected: positive is worse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from trading_tools.stats.errors import StatsError
from trading_tools.stats.samples import Returns, series


@dataclass(frozen=True)
class MeanBound:
    """The mean of a sample and the bound that the true mean is below with the confidence given."""

    count: int
    mean: float
    deviation: float
    upper: float


def mean_upper_bound(values: Returns, confidence: float = 0.95) -> MeanBound:
    """The one-sided upper bound of the mean by Student's t: mean + t·s/√n.

    It leans on the mean of n values being about normal: of few values with a fat tail it says less
    than it seems to.

    Raises:
        StatsError: fewer than two values, one that is not finite, a confidence outside (0.5, 1).
    """
    from scipy.special import stdtrit

    _confidence(confidence)
    sample = series(values, at_least=2, what="values")
    deviation = float(sample.std(ddof=1))
    mean = float(sample.mean())
    t = float(stdtrit(len(sample) - 1, confidence))
    return MeanBound(len(sample), mean, deviation, mean + t * deviation / math.sqrt(len(sample)))


def fills_needed(
    deviation: float, margin: float, confidence: float = 0.95, power: float = 0.8
) -> float:
    """How many fills show with `confidence` that a mean is within its limit, with chance `power`.

    n = ((z_confidence + z_power)·deviation/margin)², `margin` being how far the true mean is below
    the limit, in the unit of `deviation`.

    Raises:
        StatsError: a deviation or margin that is not positive, a share outside (0.5, 1).
    """
    _confidence(confidence)
    if not 0 < power < 1:
        raise StatsError(f"power is {power}: give more than 0 and less than 1")
    for name, value in (("deviation", deviation), ("margin", margin)):
        if not (math.isfinite(value) and value > 0):
            raise StatsError(f"{name} is {value}: give a positive number")
    z = NormalDist()
    return ((z.inv_cdf(confidence) + z.inv_cdf(power)) * deviation / margin) ** 2


def _confidence(value: float) -> None:
    if not 0.5 < value < 1:
        raise StatsError(f"confidence is {value}: give more than 0.5 and less than 1")
