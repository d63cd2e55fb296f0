"""Less than full Kelly: the growth that is kept, how deep it falls, and why estimates ask for it.

`multiplier` c is the part of full Kelly that is bet. The figures are those of the diffusion limit
(many small bets, interest 0), where wealth is a geometric Brownian motion; big single bets fall
deeper. Source: Thorp 2006, sections 3 and 7; MacLean, Ziemba & Blazenko 1992.
"""

from decimal import Decimal
from typing import Final

from trading_tools.money import plain
from trading_tools.risk._inputs import number, positive, probability, working
from trading_tools.risk.errors import RiskError

_DIGITS: Final = 100
_ONE: Final = Decimal(1)
_HALF: Final = Decimal("0.5")


@working()
def growth_share(multiplier: Decimal) -> Decimal:
    """The part of full Kelly's growth that is kept, 2c - c²: 3/4 at half, 0 at double, then < 0."""
    c = number(multiplier, "multiplier")
    return 2 * c - c * c


@working()
def level_after(drawdown: Decimal) -> Decimal:
    """What is left of the bankroll after a fall by `drawdown` (0.2 = 20%), 1 - drawdown."""
    return 1 - probability(drawdown, "drawdown")


@working()
def fall_probability(level: Decimal, multiplier: Decimal) -> Decimal:
    """The chance that the bankroll ever falls to `level` of where it starts, x^(2/c - 1).

    `level` is what is left: 0.5 = a fall by half. Certain from double Kelly on.
    """
    x = probability(level, "level")
    c = positive(multiplier, "multiplier")
    return _ONE if c >= 2 else x ** (2 / c - 1)


@working()
def multiplier_for_fall(level: Decimal, tolerated: Decimal) -> Decimal:
    """The largest multiplier at which a fall to `level` has at most the chance `tolerated`.

    The inverse of `fall_probability`: 2/(1 + ln(tolerated)/ln(level)).
    """
    x = probability(level, "level")
    return 2 / (1 + probability(tolerated, "tolerated").ln() / x.ln())


@working(_DIGITS)
def rise_before_fall_probability(
    multiplier: Decimal, rise: Decimal = Decimal(2), fall: Decimal = _HALF
) -> Decimal:
    """The chance to reach `rise` times the bankroll before `fall` times it (double before half).

    With k = 2/c - 1: (1 - fall^k)/(1 - (fall/rise)^k).

    Raises:
        RiskError: `rise` is not above 1, or `fall` not inside (0, 1).
    """
    c = positive(multiplier, "multiplier")
    down = probability(fall, "fall")
    up = number(rise, "rise")
    if up <= 1:
        raise RiskError(f"rise is {plain(up)}: it must be above 1")
    k = 2 / c - 1
    if k == 0:
        return down.ln() / (down.ln() - up.ln())
    return (1 - down**k) / (1 - (down / up) ** k)


@working()
def estimation_shrink(mean: Decimal, volatility: Decimal, observations: int) -> Decimal:
    """The part of a plug-in Kelly fraction to bet when the mean was estimated, μ²/(μ² + s²/n).

    `mean` and `volatility` are per observation. It gives the most expected growth where the
    mean is known with error s/√n (Baker & McHale 2013; Kan & Zhou 2007 for portfolios).
    """
    m = number(mean, "mean")
    s = positive(volatility, "volatility")
    n = positive(observations, "observations")
    return m * m / (m * m + s * s / n)
