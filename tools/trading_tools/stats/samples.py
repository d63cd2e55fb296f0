"""A series of returns as numbers that can be reckoned with, and its moments.

Not here: reading them from files, and what is concluded from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trading_tools.stats.errors import StatsError

Returns = Sequence[float] | NDArray[np.float64]
"""Simple returns per period, as fractions: 0.01 is one per cent. One period is one bar, day, …"""

_FLAT = 1e-12
"""A spread this small beside the values is what is left of rounding, not variation."""


@dataclass(frozen=True)
class Moments:
    """What the Sharpe statistics need of a series. All per period, nothing annualised."""

    count: int
    mean: float
    deviation: float
    """Standard deviation with n - 1 in the denominator."""
    skewness: float
    """m3 / m2^1.5 with n in the denominator; 0 for a normal distribution."""
    kurtosis: float
    """m4 / m2^2 with n in the denominator, raw: 3 for a normal distribution."""

    @property
    def sharpe(self) -> float:
        """Mean over deviation, per period; the returns are taken as excess returns."""
        return self.mean / self.deviation


def moments(returns: Returns) -> Moments:
    """The moments of a series.

    Raises:
        StatsError: fewer than two returns, one that is no finite number, or all of them the same.
    """
    values = series(returns, at_least=2)
    mean = float(values.mean())
    apart = values - mean
    square = float(np.mean(apart**2))
    if np.sqrt(square) <= _FLAT * float(np.abs(values).max()):
        raise StatsError(
            f"all {len(values)} returns are {values[0]:g}: without variation there is no ratio"
        )
    return Moments(
        count=len(values),
        mean=mean,
        deviation=float(values.std(ddof=1)),
        skewness=float(np.mean(apart**3)) / square**1.5,
        kurtosis=float(np.mean(apart**4)) / square**2,
    )


def series(returns: Returns, at_least: int = 1, what: str = "returns") -> NDArray[np.float64]:
    """The values as one row of finite numbers.

    Raises:
        StatsError: fewer than `at_least`, or one that is no finite number, named by its place.
    """
    values = np.asarray(returns, dtype=np.float64)
    if values.ndim != 1:
        raise StatsError(f"{what}: one row of numbers is needed, not {values.ndim} dimensions")
    if len(values) < at_least:
        raise StatsError(f"{what}: {len(values)} given, at least {at_least} are needed")
    require_finite(values, what)
    return values


def require_finite(values: NDArray[np.float64], what: str) -> None:
    """Raise StatsError naming the first place that holds no finite number."""
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        place = ", ".join(str(index) for index in bad[0])
        raise StatsError(f"{what}: the one at place {place} (from 0) is {values[tuple(bad[0])]}")
