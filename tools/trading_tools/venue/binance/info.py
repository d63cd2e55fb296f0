"""What does not change while the venue runs: time, rules, instruments, coins and fees."""

from __future__ import annotations

from typing import Any

from trading_tools.venue.binance.call import Call
from trading_tools.venue.binance.forms import ZERO
from trading_tools.venue.binance.limits import Rules
from trading_tools.venue.binance.listing import NAMES
from trading_tools.venue.core.instruments import Instrument, text_of
from trading_tools.venue.core.orders import Kind

_KEY_MADE_MS = 1_698_645_219_000


def ping(call: Call) -> dict[str, Any]:
    """Nothing, to see that the venue is there."""
    del call
    return {}


def time(call: Call) -> dict[str, Any]:
    """The venue's clock."""
    return {"serverTime": call.at}


def system_status(call: Call) -> dict[str, Any]:
    """Whether the system is in maintenance."""
    del call
    return {"status": 0, "msg": "normal"}


def exchange_info(call: Call) -> dict[str, Any]:
    """Limits, instruments and their filters."""
    return {
        "timezone": "UTC",
        "serverTime": call.at,
        "rateLimits": rate_limits(call.venue.limits.rules),
        "exchangeFilters": [],
        "symbols": [_instrument(each) for each in call.instruments()],
    }


def no_contracts(call: Call) -> dict[str, Any]:
    """The contract venues' exchangeInfo: nothing is listed there."""
    return {
        "timezone": "UTC",
        "serverTime": call.at,
        "rateLimits": [],
        "exchangeFilters": [],
        "assets": [],
        "symbols": [],
    }


def no_margin(call: Call) -> list[Any]:
    """Margin pairs: there are none."""
    del call
    return []


def api_restrictions(call: Call) -> dict[str, Any]:
    """What the key may do: look, and trade on the spot market, from its own addresses."""
    del call
    return {
        "ipRestrict": True,
        "createTime": _KEY_MADE_MS,
        "enableReading": True,
        "enableWithdrawals": False,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": False,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
        "enableSpotAndMarginTrading": True,
        "enablePortfolioMarginTrading": False,
    }


def coins(call: Call) -> list[dict[str, Any]]:
    """Coins with their balances; deposits and withdrawals are closed."""
    account = call.account
    return [
        {
            "coin": asset,
            "depositAllEnable": False,
            "withdrawAllEnable": False,
            "name": NAMES.get(asset, asset),
            "free": text_of(account.balance(asset)[0]),
            "locked": text_of(account.balance(asset)[1]),
            "freeze": "0",
            "withdrawing": "0",
            "ipoing": "0",
            "ipoable": "0",
            "storage": "0",
            "isLegalMoney": False,
            "trading": True,
            "networkList": [_network(asset)],
        }
        for asset in call.venue.assets
    ]


def trade_fees(call: Call) -> list[dict[str, Any]]:
    """The account's fees for each instrument."""
    maker, taker = _rate(call.account.maker_fee_ppm), _rate(call.account.taker_fee_ppm)
    return [
        {"symbol": each.symbol, "makerCommission": maker, "takerCommission": taker}
        for each in call.instruments()
    ]


def rate_limits(rules: Rules) -> list[dict[str, Any]]:
    """The limits as they are told to clients."""
    return [
        _limit("REQUEST_WEIGHT", "MINUTE", 1, rules.weight_1m),
        *(_limit("ORDERS", each.interval, each.number, each.limit) for each in rules.orders),
    ]


def _limit(kind: str, interval: str, number: int, limit: int) -> dict[str, Any]:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}


def _rate(ppm: int) -> str:
    return text_of(ppm * 100).rstrip("0")


def _network(asset: str) -> dict[str, Any]:
    return {
        "network": asset,
        "coin": asset,
        "withdrawIntegerMultiple": "0.00000001",
        "isDefault": True,
        "depositEnable": False,
        "withdrawEnable": False,
        "depositDesc": "",
        "withdrawDesc": "",
        "specialTips": "",
        "name": asset,
        "resetAddressStatus": False,
        "addressRegex": "^.*$",
        "memoRegex": "",
        "withdrawFee": "0",
        "withdrawMin": "0",
        "withdrawMax": "0",
        "minConfirm": 1,
        "unLockConfirm": 1,
        "sameAddress": False,
        "estimatedArrivalTime": 5,
        "busy": False,
        "country": "",
    }


def _instrument(each: Instrument) -> dict[str, Any]:
    return {
        "symbol": each.symbol,
        "status": "TRADING",
        "baseAsset": each.base,
        "baseAssetPrecision": 8,
        "quoteAsset": each.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": [kind.value for kind in Kind],
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": True,
        "amendAllowed": False,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(each),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_MAKER"],
    }


def _filters(each: Instrument) -> list[dict[str, Any]]:
    up, down = str(each.price_band), text_of(10**8 // each.price_band).rstrip("0")
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
            "stepSize": each.size_text(1),
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": ZERO,
            "maxQty": each.size_text(each.max_market_steps),
            "stepSize": ZERO,
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": up,
            "bidMultiplierDown": down,
            "askMultiplierUp": up,
            "askMultiplierDown": down,
            "avgPriceMins": 0,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": text_of(each.min_worth),
            "applyMinToMarket": True,
            "maxNotional": text_of(each.max_worth),
            "applyMaxToMarket": False,
            "avgPriceMins": 0,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": each.max_orders},
    ]
