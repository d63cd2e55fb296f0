"""From a fraction, or from a stop, to an order size that a venue accepts.

Policy: every limit makes the order smaller, none makes it bigger. Sizes are rounded down to the
venue's step, because rounding up would exceed the limit just applied; an order that falls below the
venue's minimum becomes no order, never the minimum, because the minimum was not what the bankroll
allows. Each limit that bites leaves a `Bound` that says so.
The order of steps (multiplier, fraction cap, notional cap, step, minimum) is fixed: the caps bind
on what would be sent, so a smaller multiplier never gives a larger order.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, Self

from trading_tools.money import exact_product, plain, whole_steps
from trading_tools.risk._inputs import EVERY_DIGIT, not_negative, number, positive, rounded, working
from trading_tools.risk.errors import RiskError

Rule = Literal["no_edge", "cap_fraction", "max_notional", "step_size", "min_notional"]

_ONE: Final = Decimal(1)
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What a venue says of a market: the price sized at, the size step, the least notional."""

    price: Decimal
    step_size: Decimal
    min_notional: Decimal = _ZERO

    def __post_init__(self) -> None:
        positive(self.price, "price")
        positive(self.step_size, "step_size")
        not_negative(self.min_notional, "min_notional")


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit that changed the order, and why in words."""

    rule: Rule
    why: str


@dataclass(frozen=True, slots=True)
class Position:
    """An order size and what bound it.

    `size_base` is in the base currency (or contracts), a multiple of the step; `notional_quote` is
    its worth at the given price; `fraction` is that of the bankroll, leverage above 1.
    """

    size_base: Decimal
    notional_quote: Decimal
    fraction: Decimal
    bounds: tuple[Bound, ...]


@working(EVERY_DIGIT)
def position_size(
    *,
    bankroll_quote: Decimal,
    fraction: Decimal,
    market: Market,
    multiplier: Decimal = _ONE,
    cap_fraction: Decimal = _ONE,
    max_notional_quote: Decimal | None = None,
) -> Position:
    """Size a position of `fraction` · `multiplier` of the bankroll.

    `fraction` is Kelly's (of the bankroll, into the position; negative = no edge, no position);
    `multiplier` scales it down, so it must lie in (0, 1]; `cap_fraction` 1 = no leverage.

    Raises:
        RiskError: bankroll, multiplier or a limit is out of range.
    """
    positive(bankroll_quote, "bankroll_quote")
    _at_most_one(multiplier, "multiplier")
    positive(cap_fraction, "cap_fraction")
    wanted = number(fraction, "fraction") * multiplier
    if wanted <= 0:
        why = f"fraction is {plain(fraction)}: without an edge there is no position"
        return _nothing(Bound("no_edge", why))
    budget = _Budget(bankroll_quote * wanted, market.price)
    return _place(budget, bankroll_quote, market, cap_fraction, max_notional_quote)


@working(EVERY_DIGIT)
def stop_size(
    *,
    bankroll_quote: Decimal,
    risk_fraction: Decimal,
    stop_price: Decimal,
    market: Market,
    cost_per_unit_quote: Decimal = _ZERO,
    cap_fraction: Decimal = _ONE,
    max_notional_quote: Decimal | None = None,
) -> Position:
    """Size a position so that being stopped out loses at most `risk_fraction` of the bankroll.

    The loss per unit is |price - stop| plus `cost_per_unit_quote` (both fees and the slippage you
    expect at the stop). A gap through the stop loses more; no size prevents that.

    Raises:
        RiskError: the stop is at the entry price, or an input is out of range.
    """
    positive(bankroll_quote, "bankroll_quote")
    _at_most_one(risk_fraction, "risk_fraction")
    positive(stop_price, "stop_price")
    positive(cap_fraction, "cap_fraction")
    distance = abs(market.price - stop_price)
    if distance == 0:
        raise RiskError(
            f"stop_price is {plain(stop_price)}, the entry price itself: without a distance there "
            "is no risk to size by"
        )
    loss_per_unit = distance + not_negative(cost_per_unit_quote, "cost_per_unit_quote")
    budget = _Budget(bankroll_quote * risk_fraction, loss_per_unit)
    return _place(budget, bankroll_quote, market, cap_fraction, max_notional_quote)


@dataclass(frozen=True, slots=True)
class _Budget:
    """An amount of quote currency, and how much of it one unit of base takes."""

    quote: Decimal
    per_unit_quote: Decimal

    def allows_less_than(self, other: Self) -> bool:
        """Whether fewer units fit into this budget."""
        # crosswise, since a quotient could be rounded to above a limit
        return self.quote * other.per_unit_quote < other.quote * self.per_unit_quote


def _place(
    budget: _Budget,
    bankroll: Decimal,
    market: Market,
    cap_fraction: Decimal,
    max_notional: Decimal | None,
) -> Position:
    bounds: list[Bound] = []
    cap = _Budget(bankroll * cap_fraction, market.price)
    if cap.allows_less_than(budget):
        uncapped = budget.quote / budget.per_unit_quote * market.price / bankroll
        why = f"{_brief(uncapped)} of the bankroll is above the cap {plain(cap_fraction)}"
        bounds.append(Bound("cap_fraction", why))
        budget = cap
    if max_notional is not None:
        limit = _Budget(positive(max_notional, "max_notional_quote"), market.price)
        if limit.allows_less_than(budget):
            why = f"the notional is held at the limit {plain(max_notional)}"
            bounds.append(Bound("max_notional", why))
            budget = limit
    per_step = exact_product(budget.per_unit_quote, market.step_size)
    steps = whole_steps(budget.quote, per_step, "down")
    if steps == 0:
        worth = _brief(market.step_size * market.price)
        why = f"rounds down to 0 steps of {plain(market.step_size)} (one step is worth {worth})"
        return _nothing(*bounds, Bound("step_size", f"{why}: no order"))
    size = steps * market.step_size
    notional = size * market.price
    if budget.quote != steps * per_step:
        why = f"rounded down to {plain(size)}, a multiple of the step {plain(market.step_size)}"
        bounds.append(Bound("step_size", why))
    if notional < market.min_notional:
        why = f"worth {_brief(notional)}, below the least order {_brief(market.min_notional)}"
        return _nothing(*bounds, Bound("min_notional", f"{why}: no order"))
    return Position(size, notional, rounded(notional / bankroll), tuple(bounds))


def _nothing(*bounds: Bound) -> Position:
    return Position(_ZERO, _ZERO, _ZERO, bounds)


def _at_most_one(value: Decimal, what: str) -> None:
    if not 0 < number(value, what) <= 1:
        raise RiskError(f"{what} is {plain(value)}: it must lie in (0, 1], as a fraction")


def _brief(value: Decimal) -> str:
    return plain(rounded(value, 8))
