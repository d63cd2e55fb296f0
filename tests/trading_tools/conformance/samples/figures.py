"""Kelly and sizing functions with known faults, and some without."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from trading_tools.risk.kelly import Bet, clipped, full_fraction
from trading_tools.risk.sizing import Market, Position, position_size


def kit_kelly(p: Decimal, win_return: Decimal, loss_return: Decimal = Decimal(-1)) -> Decimal:
    return clipped(full_fraction(Bet(p, win_return, loss_return)))


def by_ratio(p: Decimal, win_return: Decimal, loss_return: Decimal = Decimal(-1)) -> Decimal:
    """The part that is lost when wrong, taken for the part that is put in; signs are dropped."""
    if p <= 0 or p >= 1:
        return Decimal(0)
    b = abs(win_return / loss_return)
    return max(Decimal(0), (p * b - (1 - p)) / b)


def in_floats(win_rate: float, avg_win: float, avg_loss: float) -> float:
    """Sound, in floats, with losses above zero."""
    for value in (win_rate, avg_win, avg_loss):
        if not 0 < value < 1e9:
            raise ValueError(f"{value} is out of range")
    if win_rate >= 1:
        raise ValueError("a win is never certain")
    return max(0.0, min(1.0, win_rate / avg_loss - (1 - win_rate) / avg_win))


def doubled(win_rate: float, avg_win: float, avg_loss: float) -> float:
    """Twice what it should be."""
    return 2 * in_floats(win_rate, avg_win, avg_loss)


class Desk:
    """A method that needs an object, by decimal odds."""

    def __init__(self, most: float = 1.0) -> None:
        self.most = most

    def stake(self, probability: float, odds: float) -> float:
        if not 0 < probability < 1 or not 1 < odds < 1e9:
            raise ValueError("no such bet")
        return max(0.0, min(self.most, probability - (1 - probability) / (odds - 1)))


def kit_size(bankroll: Decimal, fraction: Decimal, multiplier: Decimal, max_notional: Decimal,
             price: Decimal, step: Decimal) -> Position:  # fmt: skip
    return position_size(
        bankroll_quote=bankroll,
        fraction=fraction,
        multiplier=multiplier,
        max_notional_quote=max_notional,
        market=Market(price=price, step_size=step),
    )


def trusting_size(
    bankroll: Decimal,
    kelly_fraction: Decimal,
    kelly_multiplier: Decimal = Decimal("0.25"),
    max_position: Decimal = Decimal(1000),
) -> Decimal:
    """Believes all that it is told, and calls an amount of money a size."""
    size = min(bankroll * kelly_fraction * kelly_multiplier, max_position)
    return size.quantize(Decimal("0.01"), rounding=ROUND_DOWN)


def rounded_size(bankroll: Decimal, fraction: Decimal, price: Decimal) -> Decimal:
    """Rounds to the nearest step."""
    if not bankroll > 0 or not 0 < fraction <= 1 or not price > 0 or bankroll.is_infinite():
        raise ValueError("out of range")
    if price.is_infinite():
        raise ValueError("no price")
    return (bankroll * fraction / price).quantize(Decimal("0.001"), rounding=ROUND_HALF_UP)


def by_stop(
    equity: Decimal, risk_pct: Decimal, entry_price: Decimal, stop_loss: Decimal
) -> Decimal:
    """Sound: what is lost at the stop is the part of the equity that may be lost."""
    for value in (equity, risk_pct, entry_price, stop_loss):
        if not value.is_finite() or value <= 0:
            raise ValueError(f"{value} is out of range")
    if risk_pct > 1 or entry_price == stop_loss:
        raise ValueError("no more than all can be risked, and a stop is away from the entry")
    each = abs(entry_price - stop_loss)
    return (equity * risk_pct / each).quantize(Decimal("0.0001"), rounding=ROUND_DOWN)
