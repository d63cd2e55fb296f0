"""How long a record must be before it says anything: minimum track record and backtest length.

Sources: Bailey and López de Prado, "The Sharpe Ratio Efficient Frontier", Journal of Risk 15(2),
2012; Bailey, Borwein, López de Prado and Zhu, "Pseudo-Mathematics and Financial Charlatanism",
Notices of the AMS 61(5), 2014.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from trading_tools.stats.errors import StatsError
from trading_tools.stats.samples import Moments
from trading_tools.stats.sharpe import expected_best_sharpe, spread


def min_track_record(sample: Moments, benchmark: float = 0.0, confidence: float = 0.95) -> float:
    """How many periods are needed to say with `confidence` that the ratio is above `benchmark`.

    MinTRL = 1 + (1 - γ3·SR + (γ4 - 1)/4·SR²)·(z/(SR - SR*))², in periods of the sample. Infinite
    where the sample's ratio is not above the benchmark.

    Raises:
        StatsError: a confidence outside (0.5, 1), or moments that no series can have.
    """
    if not 0.5 < confidence < 1:
        raise StatsError(f"confidence is {confidence}: give more than 0.5 and less than 1")
    ahead = sample.sharpe - benchmark
    if ahead <= 0:
        return math.inf
    return 1 + spread(sample) * (NormalDist().inv_cdf(confidence) / ahead) ** 2


def min_backtest_years(trials: int, annual_sharpe: float = 1.0) -> float:
    """How many years `trials` backtests need, for the best worthless one to stay below a ratio.

    MinBTL = (E[max of N standard normals] / SR)². Five years carry 45 trials at a ratio of 1.

    Raises:
        StatsError: no trial, or a ratio that is not positive.
    """
    if not (math.isfinite(annual_sharpe) and annual_sharpe > 0):
        raise StatsError(f"annual_sharpe is {annual_sharpe}: give a positive ratio")
    return (expected_best_sharpe(trials, 1.0) / annual_sharpe) ** 2
