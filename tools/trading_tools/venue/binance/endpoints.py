"""The endpoints of spot: what answers a request, what it weighs, which parameters it takes.

Weights as documented for the spot API in 2026. A request that is not in these tables is answered as
an unknown one, and the ledger says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from trading_tools.venue.binance import info, quotes, tickets, trading
from trading_tools.venue.binance.endpoint import (
    Endpoint,
    Values,
    by_limit,
    by_symbols,
    public,
    signed,
)
from trading_tools.venue.wire.messages import Operation


def _depth(values: Values) -> int:
    return by_limit(values, 100, ((100, 5), (500, 25), (1000, 50)), 250)


def _day(values: Values) -> int:
    return 2 if values.get("symbol") or 0 < values.get("symbols", "").count('"') <= 40 else 80


_WHICH = "orderId origClientOrderId"
_RANGE = "startTime endTime limit"

_PING = public(Operation.TIME, info.ping, 1)
_TIME = public(Operation.TIME, info.time, 1)
_EXCHANGE_INFO = public(
    Operation.MARKETS,
    info.exchange_info,
    20,
    "symbol symbols permissions showPermissionSets symbolStatus",
)
_DEPTH = public(Operation.MARKET_DATA, quotes.depth, _depth, "symbol limit")
_TRADES = public(Operation.MARKET_DATA, quotes.trades, 25, "symbol limit")
_OLD_TRADES = public(Operation.MARKET_DATA, quotes.trades, 25, "symbol limit fromId")
_AGG_TRADES = public(Operation.MARKET_DATA, quotes.agg_trades, 4, f"symbol fromId {_RANGE}")
_KLINES = public(Operation.MARKET_DATA, quotes.klines, 2, f"symbol interval timeZone {_RANGE}")
_AVERAGE = public(Operation.MARKET_DATA, quotes.average_price, 2, "symbol")
_DAY = public(Operation.MARKET_DATA, quotes.day_tickers, _day, "symbol symbols type")
_ROLLING_NAMES = "symbol symbols windowSize type"
_ROLLING = public(Operation.MARKET_DATA, quotes.rolling_tickers, 4, _ROLLING_NAMES)
_PRICE = public(Operation.MARKET_DATA, quotes.price_tickers, by_symbols(2, 4), "symbol symbols")
_BOOK = public(Operation.MARKET_DATA, quotes.book_tickers, by_symbols(2, 4), "symbol symbols")
_PLACE = signed(Operation.PLACE, trading.place, 1, tickets.NAMES)
_TEST = signed(Operation.OTHER, trading.test, 1, f"{tickets.NAMES} computeCommissionRates")
_QUERY = signed(Operation.QUERY_ORDER, trading.query, 4, f"symbol {_WHICH}")
_CANCEL_NAMES = f"symbol {_WHICH} newClientOrderId cancelRestrictions"
_CANCEL = signed(Operation.CANCEL, trading.cancel, 1, _CANCEL_NAMES)
_REPLACE = signed(
    Operation.AMEND,
    trading.replace,
    1,
    f"{tickets.NAMES} cancelReplaceMode cancelOrderId cancelOrigClientOrderId "
    "cancelNewClientOrderId cancelRestrictions orderRateLimitExceededMode",
)
_OPEN = signed(Operation.OPEN_ORDERS, trading.open_orders, by_symbols(6, 80), "symbol")
_CANCEL_ALL = signed(Operation.CANCEL_ALL, trading.cancel_all, 1, "symbol")
_ALL = signed(Operation.ORDER_HISTORY, trading.all_orders, 20, f"symbol orderId {_RANGE}")
_MINE = signed(Operation.MY_TRADES, trading.my_trades, 20, f"symbol orderId fromId {_RANGE}")
_ACCOUNT = signed(Operation.BALANCE, trading.account, 20, "omitZeroBalances")
_COMMISSION = signed(Operation.SETTINGS, trading.commission, 20, "symbol")
_COUNTS = signed(Operation.SETTINGS, trading.order_counts, 40)
_FEES = signed(Operation.SETTINGS, info.trade_fees, 1, "symbol")
_KEY = signed(Operation.SETTINGS, info.api_restrictions, 1)
_PAIRS = signed(Operation.MARKETS, info.no_margin, 1, "symbol")
_ISOLATED_PAIRS = signed(Operation.MARKETS, info.no_margin, 10, "symbol")

REST: Final[Mapping[tuple[str, str], Endpoint]] = {
    ("GET", "/api/v3/ping"): _PING,
    ("GET", "/api/v3/time"): _TIME,
    ("GET", "/api/v3/exchangeInfo"): _EXCHANGE_INFO,
    ("GET", "/api/v3/depth"): _DEPTH,
    ("GET", "/api/v3/trades"): _TRADES,
    ("GET", "/api/v3/historicalTrades"): _OLD_TRADES,
    ("GET", "/api/v3/aggTrades"): _AGG_TRADES,
    ("GET", "/api/v3/klines"): _KLINES,
    ("GET", "/api/v3/uiKlines"): _KLINES,
    ("GET", "/api/v3/avgPrice"): _AVERAGE,
    ("GET", "/api/v3/ticker/24hr"): _DAY,
    ("GET", "/api/v3/ticker"): _ROLLING,
    ("GET", "/api/v3/ticker/price"): _PRICE,
    ("GET", "/api/v3/ticker/bookTicker"): _BOOK,
    ("POST", "/api/v3/order"): _PLACE,
    ("POST", "/api/v3/order/test"): _TEST,
    ("GET", "/api/v3/order"): _QUERY,
    ("DELETE", "/api/v3/order"): _CANCEL,
    ("POST", "/api/v3/order/cancelReplace"): _REPLACE,
    ("GET", "/api/v3/openOrders"): _OPEN,
    ("DELETE", "/api/v3/openOrders"): _CANCEL_ALL,
    ("GET", "/api/v3/allOrders"): _ALL,
    ("GET", "/api/v3/myTrades"): _MINE,
    ("GET", "/api/v3/account"): _ACCOUNT,
    ("GET", "/api/v3/account/commission"): _COMMISSION,
    ("GET", "/api/v3/rateLimit/order"): _COUNTS,
    ("GET", "/sapi/v1/system/status"): public(Operation.OTHER, info.system_status, 1),
    ("GET", "/sapi/v1/capital/config/getall"): signed(Operation.MARKETS, info.coins, 10),
    ("GET", "/sapi/v1/account/apiRestrictions"): _KEY,
    ("GET", "/sapi/v1/asset/tradeFee"): _FEES,
    ("GET", "/sapi/v1/margin/allPairs"): _PAIRS,
    ("GET", "/sapi/v1/margin/isolated/allPairs"): _ISOLATED_PAIRS,
    ("GET", "/fapi/v1/exchangeInfo"): public(Operation.MARKETS, info.no_contracts, 1),
    ("GET", "/dapi/v1/exchangeInfo"): public(Operation.MARKETS, info.no_contracts, 1),
}
"""Endpoints by method and path."""

SOCKET: Final[Mapping[str, Endpoint]] = {
    "ping": _PING,
    "time": _TIME,
    "exchangeInfo": _EXCHANGE_INFO,
    "depth": _DEPTH,
    "trades.recent": _TRADES,
    "trades.historical": _OLD_TRADES,
    "trades.aggregate": _AGG_TRADES,
    "klines": _KLINES,
    "uiKlines": _KLINES,
    "avgPrice": _AVERAGE,
    "ticker.24hr": _DAY,
    "ticker": _ROLLING,
    "ticker.price": _PRICE,
    "ticker.book": _BOOK,
    "order.place": _PLACE,
    "order.test": _TEST,
    "order.status": _QUERY,
    "order.cancel": _CANCEL,
    "order.cancelReplace": _REPLACE,
    "openOrders.status": _OPEN,
    "openOrders.cancelAll": _CANCEL_ALL,
    "allOrders": _ALL,
    "myTrades": _MINE,
    "account.status": _ACCOUNT,
    "account.commission": _COMMISSION,
    "account.rateLimits.orders": _COUNTS,
}
"""The same endpoints by their methods of the WebSocket API."""
