"""How far and how long an equity curve was under its peak, and how far it may fall by chance.

Ruin of a fixed stake in closed form is in `trading_tools.risk.ruin`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trading_tools.stats.errors import StatsError
from trading_tools.stats.samples import Returns, series


@dataclass(frozen=True)
class Drawdown:
    """The deepest fall from a peak, and the longest stay below one."""

    deepest: float
    """As a fraction of the peak, 0 or more: 0.2 is a fall by a fifth. 1 and more: all is lost."""
    peak_at: int
    trough_at: int
    longest_under: int
    """The most periods in a row that were below an earlier peak."""


def drawdown(equity: Returns) -> Drawdown:
    """The drawdown of an equity curve, in its own unit; places count from 0.

    Raises:
        StatsError: no value, one that is no finite number, or a first value that is not positive.
    """
    values = series(equity, what="equity")
    if values[0] <= 0:
        raise StatsError(f"equity begins with {values[0]:g}: a drawdown needs a positive start")
    peaks = np.maximum.accumulate(values)
    falls = 1 - values / peaks
    trough = int(falls.argmax())
    peak = int(np.flatnonzero(values[: trough + 1] == peaks[trough])[-1])
    at_peak = np.append(np.flatnonzero(values >= peaks), len(values))
    return Drawdown(
        deepest=float(falls[trough]),
        peak_at=peak,
        trough_at=trough,
        longest_under=int(np.diff(at_peak).max()) - 1,
    )


def drawdown_chance(
    returns: Returns, limit: float, periods: int, mean_block: float, draws: int, seed: int
) -> float:
    """The chance that the next `periods` hold a drawdown of at least `limit`, by resampling.

    Stationary bootstrap (Politis and Romano, JASA 89, 1994): runs of geometric length with mean
    `mean_block` are drawn from the past, so that its streaks stay. What the past did not hold is
    not in it. The same seed gives the same figure.

    Raises:
        StatsError: a sample of less than two, a limit outside (0, 1), or a count below 1.
    """
    past = series(returns, at_least=2)
    if not 0 < limit < 1:
        raise StatsError(f"limit is {limit}: give a fraction between 0 and 1")
    for name, value in (("periods", periods), ("mean_block", mean_block), ("draws", draws)):
        if value < 1:
            raise StatsError(f"{name} is {value}: give at least 1")
    chance = np.random.default_rng(seed)
    place = chance.integers(len(past), size=draws)
    equity = np.ones(draws)
    peak = np.ones(draws)
    hit = np.zeros(draws, dtype=bool)
    for _ in range(periods):
        equity *= np.maximum(1 + past[place], 0)
        peak = np.maximum(peak, equity)
        hit |= equity <= (1 - limit) * peak
        anew = chance.random(draws) < 1 / mean_block
        place = np.where(anew, chance.integers(len(past), size=draws), (place + 1) % len(past))
    return float(hit.mean())
