"""What the owner of an account allows: figures alone, of which none may hold nothing back.

The rules that hold orders to them are `guard`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from trading_tools.money import exact

_DAY_S: Final = 86_400


@dataclass(frozen=True)
class GuardLimits:
    """What the owner allows. Money in the quote asset, positions in the base asset.

    `price_collar` is how far a price may be from the mid, `slippage` how far the last level that a
    market order would take, `stop_collar` how far a stop's trigger, all as fractions. `repeats`
    orders alike may go out in `repeat_s`.
    `max_leverage` is how many times the account's equity contracts may be worth; without it none
    is traded. What is given as text or an int is kept as a Decimal.

    Raises:
        MoneyError: a figure that is not an exact finite decimal.
        ValueError: one that is not above zero, a fraction above one, a count that is no
            whole number, a time of more than a day.
    """

    max_order_quote: Decimal
    max_position_base: Mapping[str, Decimal]
    max_exposure_quote: Decimal
    max_orders_a_day: int
    price_collar: Decimal = Decimal("0.05")
    slippage: Decimal = Decimal("0.01")
    stop_collar: Decimal = Decimal("0.5")
    max_leverage: Decimal | None = None
    quote_age_s: float = 5.0
    repeats: int = 3
    repeat_s: float = 60.0

    def __post_init__(self) -> None:
        for name in ("max_order_quote", "max_exposure_quote", "max_leverage"):
            if name != "max_leverage" or self.max_leverage is not None:
                object.__setattr__(self, name, _above_zero(getattr(self, name), name))
        for name in ("price_collar", "slippage", "stop_collar"):
            fraction = _above_zero(getattr(self, name), name)
            if fraction > 1:
                raise ValueError(f"{name} is {fraction}: give a fraction, as 0.05 for 5 %")
            object.__setattr__(self, name, fraction)
        most = {
            symbol: _above_zero(size, f"max_position_base of {symbol}")
            for symbol, size in self.max_position_base.items()
        }
        object.__setattr__(self, "max_position_base", most)
        # NaN is below nothing and above nothing: a limit of it would hold nothing back.
        for name in ("max_orders_a_day", "repeats"):
            count = getattr(self, name)
            if type(count) is not int or count < 1:
                raise ValueError(f"{name} is {count!r:.40}: give a whole number above 0")
        for name in ("quote_age_s", "repeat_s"):
            seconds = getattr(self, name)
            if not 0 < seconds <= _DAY_S:
                raise ValueError(f"{name} is {seconds!r:.40}: give seconds above 0, a day at most")


def _above_zero(value: Decimal, name: str) -> Decimal:
    number = exact(value, name)
    if number <= 0:
        raise ValueError(f"{name} is {value}: give a limit above 0")
    return number
