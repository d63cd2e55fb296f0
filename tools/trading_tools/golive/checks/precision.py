"""G07: prices and sizes are on the venues' steps, and rounded to no one's harm.

Two things are looked at: the kit's quantiser over the real steps of each symbol, and what the bot
itself sent in drills whose venue refuses what is off the steps.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal, localcontext
from typing import Final

from trading_tools.exchange.fit import Order, fit
from trading_tools.exchange.readings import Fit, MarketLimits
from trading_tools.golive.check import Case, Check
from trading_tools.golive.checks.drills import judged_by
from trading_tools.golive.checks.markets import by_symbol
from trading_tools.golive.config.model import Venue
from trading_tools.golive.venues.rules import Rule
from trading_tools.golive.verdict import Evidence, Finding, failed, joined, no_evidence, passed
from trading_tools.money import plain

DRAWS: Final = 10_000
_SEED: Final = 7


def _precision(case: Case) -> Finding:
    return joined([by_symbol(_quantiser)(case), judged_by("calm", "d16", "d17")(case)])


def _quantiser(case: Case, venue: Venue, symbol: str, rule: Rule, here: Evidence) -> Finding:
    del case
    limits, name = rule.limits, f"{venue.name} {symbol}"
    if limits.tick_size is None or limits.step_size is None:
        return no_evidence(f"{name}: its tick or step is not known", "keep its rules anew", here)
    with localcontext(prec=100):
        for order in _draws(limits):
            wrong = _wrong(limits, order, fit(limits, order, inverse=rule.inverse))
            if wrong:
                return failed(f"{name}: {wrong}", "do not trade it with this version", here)
    tried = Evidence(
        f"{DRAWS} draws, seed {_SEED}",
        None,
        {"tick_size": plain(limits.tick_size), "step_size": plain(limits.step_size)},
    )
    return passed(f"{name}: {DRAWS} drawn orders were rounded well", here, tried)


def _draws(limits: MarketLimits) -> Iterator[Order]:
    """Figures of every size, half of them near the steps and the bounds."""
    chance = random.Random(_SEED)  # noqa: S311 - draws for a test, no secret
    tick, step = limits.tick_size or Decimal(1), limits.step_size or Decimal(1)
    for number in range(DRAWS):
        if number % 2:
            yield Order(amount=_any(chance), price=_any(chance))
        else:
            yield Order(amount=_near(chance, step), price=_near(chance, tick))


def _any(chance: random.Random) -> Decimal:
    return Decimal(chance.randrange(1, 10**14)).scaleb(-chance.randrange(0, 14))


def _near(chance: random.Random, unit: Decimal) -> Decimal:
    off = Decimal(chance.choice((-1, 0, 0, 1))).scaleb(-chance.randrange(1, 9))
    return unit * (chance.randrange(1, 10**6) + off)


def _wrong(limits: MarketLimits, order: Order, told: Fit) -> str:
    """What is wrong with the rounding of one order, by sums that are not the kit's."""
    tick, step = limits.tick_size or Decimal(1), limits.step_size or Decimal(1)
    amount, price = order.amount or Decimal(0), order.price or Decimal(0)
    if told.amount is not None:
        within = (limits.min_amount or 0) <= told.amount <= (limits.max_amount or told.amount)
        if told.amount % step or told.amount > amount or not within:
            return f"the amount {plain(amount)} became {plain(told.amount)}"
    elif amount >= max(limits.min_amount or step, step) + step:
        return f"the amount {plain(amount)} became none"
    for side, found in (("buy", told.price_buy), ("sell", told.price_sell)):
        if found is None:
            least, most = limits.min_price or tick, limits.max_price
            if price >= max(least, tick) + tick and (most is None or price <= most - tick):
                return f"the {side} price {plain(price)} became none"
            continue
        harm = found - price if side == "buy" else price - found
        if found % tick or not -tick < harm <= 0:
            return f"the {side} price {plain(price)} became {plain(found)}"
    return ""


CHECKS = (
    Check(
        "G07",
        "Prices and sizes are rounded to the venue's steps",
        "venues' filters",
        _precision,
    ),
)
