"""What does not change while the venue runs: contracts, their rules and brackets."""

from __future__ import annotations

from typing import Any

from trading_tools.venue.binance import info as common
from trading_tools.venue.binance.call import Call
from trading_tools.venue.binance.forms import STP, account_form
from trading_tools.venue.binance.info import rate_limits
from trading_tools.venue.core.contracts import Contract
from trading_tools.venue.core.instruments import ATOMS, Instrument, text_of

_NEVER_MS = 4_133_404_800_000
_ONBOARD_MS = 1_569_398_400_000
_ORDER_TYPES = ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"]


def exchange_info(call: Call) -> dict[str, Any]:
    """Limits, contracts and their filters."""
    return {
        "timezone": "UTC",
        "serverTime": call.at,
        "futuresType": "U_MARGINED",
        "rateLimits": rate_limits(call.venue.limits.rules),
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": [_contract(call, each) for each in call.instruments()],
    }


def api_restrictions(call: Call) -> dict[str, Any]:
    """What the key may do: as on the spot market, and trade contracts."""
    return {**common.api_restrictions(call), "enableFutures": True}


def spot_account(call: Call) -> dict[str, Any]:
    """The spot account of whoever trades contracts here: there is nothing in it."""
    return account_form(call.account, [], omit_zero=False)


def brackets(call: Call) -> list[dict[str, Any]]:
    """The brackets of each contract: how large at which leverage, and what it needs."""
    return [
        {
            "symbol": each.symbol,
            "brackets": _brackets(call.venue.exchange.margins.terms(each.symbol)[1]),
        }
        for each in call.instruments()
    ]


def _brackets(contract: Contract) -> list[dict[str, Any]]:
    rows, floor = [], 0
    for number, tier in enumerate(contract.tiers):
        rows.append(
            {
                "bracket": number + 1,
                "initialLeverage": tier.max_leverage,
                "notionalCap": tier.cap // ATOMS,
                "notionalFloor": floor,
                "maintMarginRatio": tier.maintenance_ppm / 1_000_000,
                "cum": contract.deductions[number] / ATOMS,
            }
        )
        floor = tier.cap // ATOMS
    return rows


def _contract(call: Call, each: Instrument) -> dict[str, Any]:
    contract = call.venue.exchange.margins.terms(each.symbol)[1]
    return {
        "symbol": each.symbol,
        "pair": each.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": _NEVER_MS,
        "onboardDate": _ONBOARD_MS,
        "status": "TRADING",
        "maintMarginPercent": text_of(contract.tiers[0].maintenance_ppm * 10_000)[:-4],
        "requiredMarginPercent": text_of(100 * ATOMS // contract.default_leverage)[:-4],
        "baseAsset": each.base,
        "quoteAsset": each.quote,
        "marginAsset": each.quote,
        "pricePrecision": _digits(each.price_text(1)),
        "quantityPrecision": _digits(each.size_text(1)),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.000000",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10_000,
        "filters": _filters(each),
        "orderTypes": _ORDER_TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
        "permissionSets": ["GRID", "COPY"],
        "defaultSelfTradePreventionMode": STP,
    }


def _filters(each: Instrument) -> list[dict[str, Any]]:
    step = each.size_text(1)
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": each.price_text(each.tick_units),
            "maxPrice": each.price_text(each.max_ticks),
            "tickSize": each.price_text(each.tick_units),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": each.size_text(each.min_steps),
            "maxQty": each.size_text(each.max_steps),
            "stepSize": step,
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": each.size_text(each.min_steps),
            "maxQty": each.size_text(each.max_market_steps),
            "stepSize": step,
        },
        {"filterType": "MAX_NUM_ORDERS", "limit": each.max_orders},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": each.max_orders},
        {"filterType": "MIN_NOTIONAL", "notional": f"{each.min_notional.normalize():f}"},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": f"{each.price_band}.0000",
            "multiplierDown": text_of(ATOMS // each.price_band)[:-4],
            "multiplierDecimal": "4",
        },
    ]


def _digits(text: str) -> int:
    return len(text.partition(".")[2])
