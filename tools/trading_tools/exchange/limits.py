"""A market's rules and fees from ccxt's structure; pure.

A rule that the venue does not publish stays unknown. Holding an order against them is `fit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from trading_tools.exchange.errors import BadReply
from trading_tools.exchange.fit import Order, fit
from trading_tools.exchange.listing import Market
from trading_tools.exchange.readings import MarketLimits, Source, TradingFees
from trading_tools.money import MoneyError, from_json, plain

DECIMAL_PLACES: Final = 2
SIGNIFICANT_DIGITS: Final = 3
TICK_SIZE: Final = 4
"""ccxt's precision modes."""

_NOT_GIVEN: Final = "not published, or not read by ccxt"


@dataclass(frozen=True)
class Units:
    """What a market's prices, amounts and notional are counted in."""

    price: str
    amount: str
    notional: str
    contract_size: Decimal | None
    inverse: bool


def units(market: Market) -> Units:
    """The units of a market's numbers; a contract that is not one of the base says so."""
    size = number(market.raw.get("contractSize"), f"{market.symbol} contract_size")
    inverse = bool(market.raw.get("inverse"))
    amount = market.base
    if market.kind != "spot":
        unit = market.quote if inverse else market.base
        if size is None:
            amount = "contracts of unknown size"
        elif inverse or size != 1:
            amount = f"contracts of {plain(size)} {unit}"
    return Units(market.quote, amount, market.quote, size, inverse)


def number(value: object, what: str) -> Decimal | None:
    """A number of ccxt's structures, exact; None where there is none. `what` names it in an error.

    Raises:
        BadReply: it is no finite number.
    """
    if value is None or value == "":
        return None
    try:
        return from_json(value, what)
    except MoneyError as error:
        raise BadReply(str(error)) from None


def limits_of(
    venue: str, market: Market, precision_mode: int, order: Order | None, source: Source
) -> MarketLimits:
    """The rules of a market, and the order held against them where one is given.

    Raises:
        BadReply: a rule is no number.
    """
    missing: dict[str, str] = {}
    unit = units(market)
    precision = _part(market.raw, "precision")
    limits = _part(market.raw, "limits")

    def step(key: str, name: str) -> Decimal | None:
        found = number(precision.get(key), f"{venue} {market.symbol} {name}")
        return _step(found, precision_mode, name, missing)

    def limit(group: str, bound: str, name: str) -> Decimal | None:
        found = number(_part(limits, group).get(bound), f"{venue} {market.symbol} {name}")
        if found is None or (bound == "max" and not found):
            missing[name] = _NOT_GIVEN
            return None
        return found

    tick, lot = step("price", "tick_size"), step("amount", "step_size")
    if market.active is None:
        missing["status"] = _NOT_GIVEN
    if unit.contract_size is None and market.kind != "spot":
        missing["contract_size"] = _NOT_GIVEN
    found = MarketLimits(
        venue=venue,
        symbol=market.symbol,
        venue_symbol=market.venue_symbol,
        kind=market.kind,
        status={True: "trading", False: "not trading", None: None}[market.active],
        price_unit=unit.price,
        amount_unit=unit.amount,
        notional_unit=unit.notional,
        tick_size=tick,
        step_size=lot,
        price_decimals=decimals(tick),
        amount_decimals=decimals(lot),
        min_amount=limit("amount", "min", "min_amount"),
        max_amount=limit("amount", "max", "max_amount"),
        max_market_amount=limit("market", "max", "max_market_amount"),
        min_price=limit("price", "min", "min_price"),
        max_price=limit("price", "max", "max_price"),
        min_notional=limit("cost", "min", "min_notional"),
        max_notional=limit("cost", "max", "max_notional"),
        contract_size=unit.contract_size,
        missing=missing,
        order=None,
        source=source,
    )
    if order is None or (order.amount is None and order.price is None):
        return found
    return replace(found, order=fit(found, order, inverse=unit.inverse))


def fees_of(venue: str, market: Market, basis: str, source: Source) -> TradingFees:
    """The published default fees of a market.

    Raises:
        BadReply: a fee is no number.
    """
    maker = number(market.raw.get("maker"), f"{venue} {market.symbol} maker")
    taker = number(market.raw.get("taker"), f"{venue} {market.symbol} taker")
    named = {"maker": maker, "taker": taker}
    return TradingFees(
        venue=venue,
        symbol=market.symbol,
        kind=market.kind,
        maker=maker,
        taker=taker,
        maker_percent=None if maker is None else maker.scaleb(2),
        taker_percent=None if taker is None else taker.scaleb(2),
        basis=basis,
        missing={name: _NOT_GIVEN for name, value in named.items() if value is None},
        source=source,
    )


def decimals(step: Decimal | None) -> int | None:
    """Digits after the point that a step of a power of ten leaves: 0.001 gives 3, 10 gives -1.

    None where the step is no power of ten (0.5, 25): rounding to digits would be wrong there.
    """
    if step is None:
        return None
    _, digits, exponent = step.normalize().as_tuple()
    return -int(exponent) if digits == (1,) else None


def _step(
    precision: Decimal | None, mode: int, name: str, missing: dict[str, str]
) -> Decimal | None:
    """The step that ccxt's precision stands for in its mode."""
    if precision is None:
        missing[name] = _NOT_GIVEN
        return None
    if mode == SIGNIFICANT_DIGITS:
        missing[name] = f"the venue rounds to {plain(precision)} significant digits, not to a step"
        return None
    if mode == DECIMAL_PLACES:
        return Decimal(1).scaleb(-int(precision))
    if precision <= 0:
        missing[name] = f"the venue gives {plain(precision)}, which is no step"
        return None
    return precision


def _part(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = raw.get(key)
    return found if isinstance(found, Mapping) else {}
