"""How likely so few wins are under a win rate that is claimed."""

from __future__ import annotations

from trading_tools.stats.errors import StatsError


def chance_of_so_few(wins: int, trades: int, rate: float) -> float:
    """The chance of `wins` or fewer among `trades` that each win with chance `rate`.

    The binomial distribution; trades count as independent.

    Raises:
        StatsError: no trade, more wins than trades, or a rate outside (0, 1).
    """
    from scipy.special import bdtr

    if not 0 <= wins <= trades or trades < 1:
        raise StatsError(f"{wins} wins in {trades} trades: give 0 to {trades}, and one trade")
    if not 0 < rate < 1:
        raise StatsError(f"rate is {rate}: give a fraction between 0 and 1")
    return float(bdtr(wins, trades, rate))
