"""Market data of contracts alone: their rules, tiers, prices, funding and open interest."""

from __future__ import annotations

import random
from typing import Any, Final

from trading_tools.venue.bybit import errors, texts
from trading_tools.venue.bybit.call import Call
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.bybit.pages import times
from trading_tools.venue.bybit.place import BybitPlace
from trading_tools.venue.core.contracts import RATE_ONE, Contract
from trading_tools.venue.core.instruments import ATOMS, Instrument
from trading_tools.venue.core.perpetuals import Funding

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_PAST_PAYMENTS = 200
_LAUNCHED: Final = "1585526400000"
_INTERVALS: Final = ("5min", "15min", "30min", "1h", "4h", "1d")


def instrument_row(place: BybitPlace, each: Instrument) -> dict[str, Any]:
    """A contract and its rules."""
    contract = terms(each)
    cap = texts.plain(contract.funding_cap)
    return {
        "symbol": place.name(each.symbol),
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": each.base,
        "quoteCoin": each.quote,
        "launchTime": _LAUNCHED,
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(texts.decimals(each.tick_size)),
        "leverageFilter": {
            "minLeverage": "1",
            "maxLeverage": f"{contract.max_leverage}.00",
            "leverageStep": "1",
        },
        "priceFilter": {
            "minPrice": str(each.tick_size),
            "maxPrice": str(each.max_price),
            "tickSize": str(each.tick_size),
        },
        "lotSizeFilter": {
            "maxOrderQty": str(each.max_size),
            "minOrderQty": str(each.min_size),
            "qtyStep": str(each.step_size),
            "postOnlyMaxOrderQty": str(each.max_size),
            "maxMktOrderQty": str(each.max_market_size),
            "minNotionalValue": str(each.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": contract.funding_interval_ms // _MINUTE_MS,
        "settleCoin": each.quote,
        "copyTrading": "none",
        "upperFundingRate": cap,
        "lowerFundingRate": f"-{cap}",
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": {
            "priceLimitRatioX": str(each.price_band - 1),
            "priceLimitRatioY": str(each.price_band - 1),
        },
        "displayName": "",
        "symbolType": "",
    }


def figures(place: BybitPlace, each: Instrument, at: int) -> dict[str, str]:
    """What a contract's ticker has besides a spot one's."""
    contract, book = terms(each), place.exchange.books[each.symbol]
    prices = place.exchange.prices[each.symbol]
    interval = contract.funding_interval_ms
    due = prices.next_funding_ms or (at // interval + 1) * interval
    held = open_interest(place, each)
    hour = place.candles[each.symbol].window(at, _HOUR_MS).open
    return {
        "indexPrice": texts.price(each, prices.index),
        "markPrice": texts.price(each, book.mark),
        "prevPrice1h": texts.price(each, hour),
        "openInterest": texts.size(each, held),
        "openInterestValue": texts.plain(held * book.mark * each.lot_value),
        "fundingRate": texts.plain(prices.rate(contract, book.mark)),
        "nextFundingTime": str(due),
        "predictedDeliveryPrice": "",
        "basisRate": "",
        "deliveryFeeRate": "",
        "deliveryTime": "0",
        "basis": "",
        "preOpenPrice": "",
        "preQty": "",
        "curPreListingPhase": "",
        "fundingIntervalHour": str(interval // _HOUR_MS),
        "basisRateYear": "",
        "fundingCap": texts.plain(contract.funding_cap),
    }


def open_interest(place: BybitPlace, each: Instrument) -> int:
    """What all long positions of a contract have together, in steps."""
    return sum(
        position.size
        for account in place.exchange.accounts.values()
        for position in account.positions_of(each.symbol)
        if position.size > 0
    )


def risk_limits(call: Call) -> dict[str, Any]:
    """The tiers of one contract or of all."""
    rows = [
        {
            "id": number + 1,
            "symbol": call.place.name(each.symbol),
            "riskLimitValue": texts.plain(tier.cap),
            "maintenanceMargin": texts.rate(tier.maintenance_ppm),
            "initialMargin": texts.plain(ATOMS // tier.max_leverage),
            "isLowestRisk": int(number == 0),
            "maxLeverage": f"{tier.max_leverage}.00",
            "mmDeduction": texts.plain(contract.deductions[number]) if number else "",
        }
        for each in call.instruments()
        if (contract := each.contract) is not None
        for number, tier in enumerate(contract.tiers)
    ]
    return {"category": call.category(), "list": rows, "nextPageCursor": ""}


def funding_history(call: Call) -> dict[str, Any]:
    """What was paid, newest first, with a made-up past before the start.

    Raises:
        BybitError: it is no contract, or there is a start without an end.
    """
    each, limit = call.instrument(), call.params.limit(200, 200)
    start, end = times(call, "startTime", "endTime")
    if start is not None and end is None:
        raise errors.missing("endTime")
    paid = [*_past(call.place, each), *call.place.exchange.prices[each.symbol].paid]
    rows = [
        {
            "symbol": call.place.name(each.symbol),
            "fundingRate": texts.plain(one.rate),
            "fundingRateTimestamp": str(one.at),
        }
        for one in reversed(paid)
        if one.at >= (start or 0) and (end is None or one.at <= end)
    ]
    return {"category": call.category(), "list": rows[:limit]}


def interest(call: Call) -> dict[str, Any]:
    """The open interest as it is now: the venue keeps no past ones."""
    each = call.instrument()
    terms(each)
    if call.params.text("intervalTime") not in _INTERVALS:
        raise BybitError(10001, "Invalid intervalTime")
    row = {
        "openInterest": texts.size(each, open_interest(call.place, each)),
        "timestamp": str(call.at),
    }
    return {
        "symbol": call.place.name(each.symbol),
        "category": call.category(),
        "list": [row],
        "nextPageCursor": "",
    }


def terms(each: Instrument) -> Contract:
    """The terms of an instrument.

    Raises:
        BybitError: it is no contract.
    """
    if each.contract is None:
        raise BybitError(*errors.BAD_CATEGORY)
    return each.contract


def _past(place: BybitPlace, each: Instrument) -> list[Funding]:
    """Payments before the start, oldest first: near what is paid when nothing happens."""
    contract = terms(each)
    draw = random.Random(f"{place.seed}:funding:{each.symbol}").random  # noqa: S311 - no secret
    last = place.started_ms // contract.funding_interval_ms
    found = [
        Funding(
            (last - number) * contract.funding_interval_ms,
            round(contract.interest * (0.5 + draw())),
            0,
        )
        for number in range(_PAST_PAYMENTS)
    ]
    return found[::-1]


def funded_steps(each: Instrument, paid: Funding, amount: int) -> int:
    """The size of the position that paid or got `amount` atoms of funding, in steps."""
    per_step = abs(paid.mark * each.lot_value * paid.rate)
    return round(abs(amount) * RATE_ONE / per_step) if per_step else 0
