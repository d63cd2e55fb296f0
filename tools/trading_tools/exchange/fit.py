"""Whether an order fits a market's limits, and the nearest order that does no harm.

Amounts are only ever rounded down and cut, prices in the direction that does not pay more or ask
less. Where a rule is not known, the verdict is not known either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from trading_tools.exchange.readings import Fit, MarketLimits
from trading_tools.money import exact_product, plain, quantise


@dataclass(frozen=True, kw_only=True)
class Order:
    """What someone thinks of sending; either may be left out."""

    amount: Decimal | None = None
    price: Decimal | None = None


@dataclass
class _Finding:
    """What was found out about one part of an order."""

    problems: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    def verdict(self) -> bool | None:
        """False with a problem, None with something unknown, else True."""
        if self.problems:
            return False
        return None if self.unchecked else True


def fit(limits: MarketLimits, order: Order, *, inverse: bool) -> Fit:
    """The order held against the limits; `inverse` is a contract worth its size in quote."""
    of_amount, of_price, of_notional, of_status = _Finding(), _Finding(), _Finding(), _Finding()
    amount = _amount(limits, order.amount, of_amount)
    buy, sell = _prices(limits, order.price, of_price)
    notional = _notional(limits, amount, buy, inverse=inverse)
    if order.amount is not None:
        dearest = _notional(limits, amount, sell, inverse=inverse)
        _check_notional(limits, notional, dearest, of_notional, priced=order.price is not None)
    if limits.status == "not trading":
        of_status.problems.append(f"{limits.symbol} is not trading")
    elif limits.status is None:
        of_status.unchecked.append("whether it is trading: the venue does not publish it")
    parts = (of_amount, of_price, of_notional, of_status)
    verdicts = [part.verdict() for part in parts]
    return Fit(
        fits=False if False in verdicts else None if None in verdicts else True,
        amount_fits=None if order.amount is None else of_amount.verdict(),
        price_fits=None if order.price is None else of_price.verdict(),
        notional_fits=None if order.amount is None else of_notional.verdict(),
        amount=amount,
        price_buy=buy,
        price_sell=sell,
        notional=notional,
        problems=tuple(problem for part in parts for problem in part.problems),
        unchecked=tuple(unknown for part in parts for unknown in part.unchecked),
    )


def _amount(limits: MarketLimits, asked: Decimal | None, found: _Finding) -> Decimal | None:
    if asked is None:
        return None
    if asked <= 0:
        found.problems.append(f"amount {plain(asked)} is not above 0")
        return None
    most, least, step = limits.max_amount, limits.min_amount, limits.step_size
    if most is not None and asked > most:
        found.problems.append(f"amount {plain(asked)} is above the most, {plain(most)}")
    if step is None:
        found.unchecked.append(f"step_size: {limits.missing['step_size']}")
        return None
    if quantise(asked, step, "down") != asked:
        found.problems.append(f"amount {plain(asked)} is no multiple of the step, {plain(step)}")
    rounded = quantise(asked if most is None else min(asked, most), step, "down")
    if least is None:
        found.unchecked.append(f"min_amount: {limits.missing['min_amount']}")
    elif rounded < least:
        found.problems.append(
            f"amount {plain(asked)} leaves {plain(rounded)}, below the least, {plain(least)}: "
            "no order"
        )
        return None
    return rounded or None


def _prices(
    limits: MarketLimits, asked: Decimal | None, found: _Finding
) -> tuple[Decimal | None, Decimal | None]:
    """The price for a buyer and for a seller."""
    if asked is None:
        return None, None
    if asked <= 0:
        found.problems.append(f"price {plain(asked)} is not above 0")
        return None, None
    tick, least, most = limits.tick_size, limits.min_price, limits.max_price
    if tick is None:
        found.unchecked.append(f"tick_size: {limits.missing['tick_size']}")
        return None, None
    buy, sell = quantise(asked, tick, "down"), quantise(asked, tick, "up")
    if buy != asked:
        found.problems.append(f"price {plain(asked)} is no multiple of the tick, {plain(tick)}")
    if least is not None and asked < least:
        found.problems.append(f"price {plain(asked)} is below the least, {plain(least)}")
    if most is not None and asked > most:
        found.problems.append(f"price {plain(asked)} is above the most, {plain(most)}")

    def sendable(price: Decimal) -> bool:
        return price > 0 and (least is None or price >= least) and (most is None or price <= most)

    return (buy if sendable(buy) else None), (sell if sendable(sell) else None)


def _notional(
    limits: MarketLimits, amount: Decimal | None, price: Decimal | None, *, inverse: bool
) -> Decimal | None:
    size = Decimal(1) if limits.kind == "spot" else limits.contract_size
    if amount is None or size is None:
        return None
    if inverse:
        return exact_product(amount, size)
    return None if price is None else exact_product(amount, price, size)


def _check_notional(
    limits: MarketLimits,
    notional: Decimal | None,
    dearest: Decimal | None,
    found: _Finding,
    *,
    priced: bool,
) -> None:
    """`notional` against the least, `dearest` against the most: each the less favourable one."""
    least, most = limits.min_notional, limits.max_notional
    if notional is None:
        why = "no amount and price are left to check it with" if priced else "no price is given"
        found.unchecked.append(f"notional: {why}")
        return
    unit = limits.notional_unit
    if least is None:
        found.unchecked.append(f"min_notional: {limits.missing['min_notional']}")
    elif notional < least:
        found.problems.append(
            f"the order is worth {plain(notional)} {unit}, below the least, {plain(least)} {unit}"
        )
    worth = notional if dearest is None else dearest
    if most is not None and worth > most:
        found.problems.append(
            f"the order is worth {plain(worth)} {unit}, above the most, {plain(most)} {unit}"
        )
