"""The markets of the local venues: what each venue would list, with its full set of fields.

Shaped like the venues' documented replies; the numbers are made up, no market ever had them. What
is answered to which request is `venue_replies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

AT_S = 1_795_190_400
"""2026-11-20 16:00:00 UTC: when the local venues live."""
AT_MS = AT_S * 1000


@dataclass(frozen=True)
class Listed:
    """One market in the table; numbers as the venue writes them."""

    base: str
    quote: str
    price: str
    tick: str
    step: str
    least: str
    least_notional: str

    @property
    def pair(self) -> str:
        return self.base + self.quote

    def ticks(self, steps: int) -> str:
        """The price, some ticks away."""
        return f"{Decimal(self.price) + steps * Decimal(self.tick):f}"


BINANCE_SPOT = (
    Listed("BTC", "USDT", "60000.00", "0.01000000", "0.00001000", "0.00001000", "5.00000000"),
    Listed("ETH", "USDT", "3000.00", "0.01000000", "0.00010000", "0.00010000", "5.00000000"),
    Listed("SOL", "USDT", "150.00", "0.01000000", "0.00100000", "0.00100000", "5.00000000"),
    Listed("DOGE", "USDT", "0.20000", "0.00001000", "1.00000000", "1.00000000", "1.00000000"),
    Listed("BTC", "JPY", "9300000", "1.00000000", "0.00001000", "0.00001000", "100.00000000"),
)
BINANCE_LINEAR = (
    Listed("BTC", "USDT", "60010.0", "0.10", "0.001", "0.001", "100"),
    Listed("ETH", "USDT", "3001.00", "0.01", "0.001", "0.001", "20"),
    Listed("SOL", "USDT", "150.0000", "0.0100", "0.01", "0.01", "5"),
    Listed("DOGE", "USDT", "0.200000", "0.000010", "1", "1", "5"),
)
BYBIT_SPOT = (
    Listed("BTC", "USDT", "60000.0", "0.1", "0.000001", "0.000011", "5"),
    Listed("ETH", "USDT", "3000.00", "0.01", "0.00001", "0.00022", "5"),
    Listed("SOL", "USDT", "150.00", "0.01", "0.001", "0.004", "5"),
    Listed("DOGE", "USDT", "0.20000", "0.00001", "0.1", "3.8", "5"),
)
BYBIT_LINEAR = (
    Listed("BTC", "USDT", "60010.00", "0.10", "0.001", "0.001", "5"),
    Listed("ETH", "USDT", "3001.00", "0.01", "0.01", "0.01", "5"),
    Listed("SOL", "USDT", "150.000", "0.010", "0.1", "0.1", "5"),
    Listed("DOGE", "USDT", "0.20000", "0.00001", "1", "1", "5"),
    Listed("SHIB1000", "USDT", "0.012000", "0.000001", "10", "10", "5"),
    Listed("BTC", "PERP", "60005.00", "0.50", "0.001", "0.001", "5"),
)
KRAKEN = (
    Listed("XBT", "USD", "60000.0", "0.1", "0.00000001", "0.00005", "0.5"),
    Listed("ETH", "USD", "3000.00", "0.01", "0.00000001", "0.001", "0.5"),
    Listed("SOL", "USD", "150.00", "0.01", "0.00000001", "0.02", "0.5"),
    Listed("XDG", "USD", "0.2000000", "0.0000001", "0.00000001", "13", "0.5"),
    Listed("XBT", "JPY", "9300000", "1", "0.00000001", "0.00005", "20"),
)
COINBASE = (
    Listed("BTC", "USD", "60000.00", "0.01", "0.00000001", "0.00000001", "1"),
    Listed("ETH", "USD", "3000.00", "0.01", "0.00000001", "0.00000001", "1"),
    Listed("SOL", "USD", "150.00", "0.01", "0.00000001", "0.00000001", "1"),
    Listed("DOGE", "USD", "0.20000", "0.00001", "0.1", "0.1", "1"),
    Listed("SHIB", "USD", "0.00001200", "0.00000001", "1", "1", "1"),
)

KRAKEN_CODES = {"XBT": "XXBT", "ETH": "XETH", "XDG": "XXDG", "USD": "ZUSD", "JPY": "ZJPY"}


def kraken_id(market: Listed) -> str:
    """Kraken's own name of a pair: XXBTZUSD, but SOLUSD."""
    if market.base not in KRAKEN_CODES or market.quote not in KRAKEN_CODES:
        return market.pair
    return KRAKEN_CODES[market.base] + KRAKEN_CODES[market.quote]


def binance_spot(market: Listed) -> dict[str, Any]:
    return {
        "symbol": market.pair,
        "status": "TRADING",
        "baseAsset": market.base,
        "baseAssetPrecision": 8,
        "quoteAsset": market.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": [
            "LIMIT",
            "LIMIT_MAKER",
            "MARKET",
            "STOP_LOSS",
            "STOP_LOSS_LIMIT",
            "TAKE_PROFIT",
            "TAKE_PROFIT_LIMIT",
        ],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": True,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": market.tick,
                "maxPrice": "100000000.00000000",
                "tickSize": market.tick,
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": market.least,
                "maxQty": "9000.00000000",
                "stepSize": market.step,
            },
            {"filterType": "ICEBERG_PARTS", "limit": 100},
            {
                "filterType": "MARKET_LOT_SIZE",
                "minQty": "0.00000000",
                "maxQty": "100.00000000",
                "stepSize": "0.00000000",
            },
            {
                "filterType": "TRAILING_DELTA",
                "minTrailingAboveDelta": 10,
                "maxTrailingAboveDelta": 2000,
                "minTrailingBelowDelta": 10,
                "maxTrailingBelowDelta": 2000,
            },
            {
                "filterType": "PERCENT_PRICE_BY_SIDE",
                "bidMultiplierUp": "5",
                "bidMultiplierDown": "0.2",
                "askMultiplierUp": "5",
                "askMultiplierDown": "0.2",
                "avgPriceMins": 5,
            },
            {
                "filterType": "NOTIONAL",
                "minNotional": market.least_notional,
                "applyMinToMarket": True,
                "maxNotional": "9000000.00000000",
                "applyMaxToMarket": False,
                "avgPriceMins": 5,
            },
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
        ],
        "permissions": [],
        "permissionSets": [["SPOT", "MARGIN"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
    }


def binance_linear(market: Listed) -> dict[str, Any]:
    return {
        "symbol": market.pair,
        "pair": market.pair,
        "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000,
        "onboardDate": 1569398400000,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": market.base,
        "quoteAsset": market.quote,
        "marginAsset": market.quote,
        "pricePrecision": 2,
        "quantityPrecision": 3,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": ["PoW"],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10000,
        "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": market.tick,
                "maxPrice": "4529764",
                "tickSize": market.tick,
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": market.least,
                "maxQty": "1000000",
                "stepSize": market.step,
            },
            {
                "filterType": "MARKET_LOT_SIZE",
                "minQty": market.least,
                "maxQty": "120",
                "stepSize": market.step,
            },
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
            {"filterType": "MIN_NOTIONAL", "notional": market.least_notional},
            {
                "filterType": "PERCENT_PRICE",
                "multiplierUp": "1.0500",
                "multiplierDown": "0.9500",
                "multiplierDecimal": "4",
            },
        ],
    }


def bybit_spot(market: Listed) -> dict[str, Any]:
    return {
        "symbol": market.pair,
        "baseCoin": market.base,
        "quoteCoin": market.quote,
        "innovation": "0",
        "status": "Trading",
        "marginTrading": "utaOnly",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": market.step,
            "quotePrecision": "0.0000001",
            "minOrderQty": market.least,
            "maxOrderQty": "1700000",
            "minOrderAmt": market.least_notional,
            "maxOrderAmt": "8000000",
            "maxLimitOrderQty": "1700000",
            "maxMarketOrderQty": "850000",
            "postOnlyMaxLimitOrderSize": "1700000",
        },
        "priceFilter": {"tickSize": market.tick},
        "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
    }


def bybit_linear(market: Listed) -> dict[str, Any]:
    usdc = market.quote == "PERP"
    return {
        "symbol": market.pair,
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": market.base,
        "quoteCoin": "USDC" if usdc else market.quote,
        "launchTime": "1585526400000",
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": "2",
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "priceFilter": {
            "minPrice": market.tick,
            "maxPrice": "1999999.80",
            "tickSize": market.tick,
        },
        "lotSizeFilter": {
            "maxOrderQty": "1190000",
            "minOrderQty": market.least,
            "qtyStep": market.step,
            "postOnlyMaxOrderQty": "1190000",
            "maxMktOrderQty": "500000",
            "minNotionalValue": market.least_notional,
        },
        "unifiedMarginTrade": True,
        "fundingInterval": 480,
        "settleCoin": "USDC" if usdc else market.quote,
        "copyTrading": "both",
        "upperFundingRate": "0.00375",
        "lowerFundingRate": "-0.00375",
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
        "displayName": "",
        "symbolType": "",
    }


def kraken_pair(market: Listed) -> dict[str, Any]:
    base = KRAKEN_CODES.get(market.base, market.base)
    return {
        "altname": market.pair,
        "wsname": f"{market.base}/{market.quote}",
        "aclass_base": "currency",
        "base": base,
        "aclass_quote": "currency",
        "quote": KRAKEN_CODES[market.quote],
        "lot": "unit",
        "cost_decimals": 5,
        "pair_decimals": -int(Decimal(market.tick).normalize().as_tuple().exponent),
        "lot_decimals": 8,
        "lot_multiplier": 1,
        "leverage_buy": [2, 3, 4, 5],
        "leverage_sell": [2, 3, 4, 5],
        "fees": [[0, 0.4], [10000, 0.35], [50000, 0.24]],
        "fees_maker": [[0, 0.25], [10000, 0.2], [50000, 0.14]],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": market.least,
        "costmin": market.least_notional,
        "tick_size": market.tick,
        "status": "online",
        "long_position_limit": 250,
        "short_position_limit": 200,
    }


def kraken_asset(code: str) -> dict[str, Any]:
    return {
        "aclass": "currency",
        "altname": code,
        "decimals": 4 if code in {"USD", "JPY"} else 10,
        "display_decimals": 2 if code in {"USD", "JPY"} else 5,
        "collateral_value": 1.0,
        "status": "enabled",
    }


def coinbase_product(market: Listed) -> dict[str, Any]:
    return {
        "product_id": f"{market.base}-{market.quote}",
        "price": market.price,
        "price_percentage_change_24h": "1.69",
        "volume_24h": "1000",
        "volume_percentage_change_24h": "5.1",
        "base_increment": market.step,
        "quote_increment": market.tick,
        "quote_min_size": market.least_notional,
        "quote_max_size": "150000000",
        "base_min_size": market.least,
        "base_max_size": "3400000",
        "base_name": market.base,
        "quote_name": "US Dollar",
        "watched": False,
        "is_disabled": False,
        "new": False,
        "status": "online",
        "cancel_only": False,
        "limit_only": False,
        "post_only": False,
        "trading_disabled": False,
        "auction_mode": False,
        "product_type": "SPOT",
        "quote_currency_id": market.quote,
        "base_currency_id": market.base,
        "fcm_trading_session_details": None,
        "mid_market_price": market.price,
        "alias": "",
        "alias_to": [],
        "base_display_symbol": market.base,
        "quote_display_symbol": market.quote,
        "view_only": False,
        "price_increment": market.tick,
        "display_name": f"{market.base}-{market.quote}",
        "product_venue": "CBE",
        "approximate_quote_24h_volume": "60000000",
    }
