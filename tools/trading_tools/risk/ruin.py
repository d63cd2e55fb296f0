"""The chance that a bankroll is lost when the stake stays the same size.

Stakes that are a fraction of the bankroll are never ruined outright; see `fractional` for how far
they fall. Source: Feller, "An Introduction to Probability Theory", vol. 1, ch. XIV.
"""

from decimal import Decimal

from trading_tools.money import plain
from trading_tools.risk._inputs import number, positive, probability, working
from trading_tools.risk.errors import RiskError


@working()
def ruin_probability(win_probability: Decimal, units: int) -> Decimal:
    """The chance that `units` are ever lost at even-money unit bets, (q/p)^N; certain at p <= q."""
    p = probability(win_probability, "win_probability")
    _count(units, "units")
    q = 1 - p
    return Decimal(1) if p <= q else (q / p) ** units


@working(120)
def reach_probability(win_probability: Decimal, units: int, target: int) -> Decimal:
    """The chance to reach `target` units from `units` before losing all, at even-money unit bets.

    (1 - (q/p)^i)/(1 - (q/p)^N), i/N at even chances; ruin is the rest.

    Raises:
        RiskError: `units` is not between 1 and `target`.
    """
    p = probability(win_probability, "win_probability")
    _count(units, "units")
    if units > target:
        raise RiskError(f"target is {target}: it must be at least the {units} units there are")
    q = 1 - p
    if p == q:
        return Decimal(units) / target
    ratio = q / p
    if ratio < 1:
        return (1 - ratio**units) / (1 - ratio**target)
    # the same quotient turned over, so that a large ratio cannot overflow
    inverse = p / q
    return (inverse ** (target - units) - inverse**target) / (1 - inverse**target)


@working()
def brownian_ruin_probability(
    mean_quote: Decimal, volatility_quote: Decimal, bankroll_quote: Decimal
) -> Decimal:
    """The chance that a bankroll is ever lost at a fixed stake, exp(-2·m·B/s²); 1 without a drift.

    `mean_quote` and `volatility_quote` are the profit's mean and standard deviation per period, in
    the unit of `bankroll_quote`; profit is taken as Brownian motion (many small results).
    """
    s = positive(volatility_quote, "volatility_quote")
    bankroll = positive(bankroll_quote, "bankroll_quote")
    mean = number(mean_quote, "mean_quote")
    return Decimal(1) if mean <= 0 else (-2 * mean * bankroll / s**2).exp()


def _count(units: int, what: str) -> None:
    if number(units, what) < 1 or not isinstance(units, int):
        raise RiskError(f"{what} is {plain(Decimal(units))}: give a whole number from 1")
