"""How claimed figures are compared, judged and written in messages."""

from decimal import Decimal
from typing import Final

from trading_tools.money import plain
from trading_tools.risk._inputs import rounded, working
from trading_tools.risk.claims.claim import Code, Severity

Reading = tuple[Code, Decimal, str]
"""A known mistake, the figure it gives, and how to say so."""

ONE: Final = Decimal(1)
ZERO: Final = Decimal(0)
_NOISE: Final = Decimal("1e-9")
_COARSE: Final = Decimal("0.005")


@working()
def same(claimed: Decimal, value: Decimal) -> bool:
    """Whether `claimed` is `value`, up to float noise or a sensible rounding of what was written.

    A rounding counts when it is right to its last digit and off by at most half a percent.
    """
    miss = abs(claimed - value)
    if miss <= abs(value) * _NOISE:
        return True
    return is_rounding(claimed, value) and miss <= abs(value) * _COARSE


@working()
def is_rounding(claimed: Decimal, value: Decimal) -> bool:
    """Whether `claimed` is `value` rounded, or cut off, at the digits it is written with."""
    unit = Decimal((0, (1,), int(claimed.as_tuple().exponent)))
    cut_off = 0 <= value - claimed < unit
    return cut_off or abs(claimed - value) <= unit / 2


def judged(claimed: Decimal, expected: Decimal) -> Severity:
    """The severity of a wrong figure: too large is an error, too small a warning."""
    return "error" if claimed > expected else "warning"


def brief(value: Decimal) -> str:
    """A figure as it stands in a message: at most eight significant digits."""
    return plain(rounded(value, 8))
