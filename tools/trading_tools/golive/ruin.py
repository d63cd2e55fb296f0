"""How likely the declared drawdown is within a year, by the record's own returns."""

from __future__ import annotations

from trading_tools.golive.check import Case
from trading_tools.golive.inputs.equity import read_equity
from trading_tools.golive.inputs.table import InputError
from trading_tools.stats.drawdown import drawdown_chance
from trading_tools.stats.errors import StatsError

_MOST_PERIODS = 10_000
_DRAWS, _SEED = 2_000, 1


def limit_chance(case: Case) -> float | None:
    """The chance that `max_drawdown_quote` is reached within a year of trading as in `[returns]`.

    None where either is not declared or cannot be read, or where a year has more than 10,000
    periods. Runs of the past of about the cube root of its length are drawn.
    """
    limits, declared = case.project.config.limits, case.project.config.returns
    if declared is None or limits.max_drawdown_quote is None or limits.bankroll_quote is None:
        return None
    periods = round(declared.periods_a_year)
    if periods > _MOST_PERIODS:
        return None
    path = case.project.path(declared.file)
    share = float(limits.max_drawdown_quote / limits.bankroll_quote)
    try:
        past = read_equity(path, declared.time_zone, declared.time, declared.value).returns
        block = max(1.0, len(past) ** (1 / 3))
        return drawdown_chance(past, share, max(periods, 1), block, _DRAWS, _SEED)
    except (InputError, StatsError):
        return None
