"""The endpoints of USD-M: what answers a request, and what it weighs.

Weights as documented for the USD-M API in 2026. Parameters that an endpoint does not know are let
pass, other than on spot. A request that is not in these tables is answered as an unknown one, and
the ledger says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from trading_tools.venue.binance import info as common
from trading_tools.venue.binance import quotes as spot_quotes
from trading_tools.venue.binance import trading as spot_trading
from trading_tools.venue.binance.call import Call
from trading_tools.venue.binance.endpoint import (
    Endpoint,
    Values,
    Weight,
    by_limit,
    by_symbols,
)
from trading_tools.venue.binance.usdm import account, algos, info, quotes, trading
from trading_tools.venue.wire.messages import Operation as Op

Answer = Callable[[Call], Any]


def _public(operation: Op, answer: Answer, weight: Weight) -> Endpoint:
    """One that anybody may ask."""
    return Endpoint(answer, weight, None, operation)


def _signed(operation: Op, answer: Answer, weight: Weight) -> Endpoint:
    """One that wants a signature."""
    return Endpoint(answer, weight, None, operation, signed=True)


def _keyed(operation: Op, answer: Answer, weight: Weight) -> Endpoint:
    """One that wants a key and no signature: the listen keys."""
    return Endpoint(answer, weight, None, operation, keyed=True)


def _depth(values: Values) -> int:
    return by_limit(values, 500, ((50, 2), (100, 5), (500, 10)), 20)


def _klines(values: Values) -> int:
    return by_limit(values, 500, ((99, 1), (499, 2), (1_000, 5)), 10)


_TIME = _public(Op.TIME, common.time, 1)
_DEPTH = _public(Op.MARKET_DATA, quotes.depth, _depth)
_TRADES = _public(Op.MARKET_DATA, quotes.trades, 5)
_PRICE = _public(Op.MARKET_DATA, quotes.price_tickers, by_symbols(1, 2))
_BOOK = _public(Op.MARKET_DATA, quotes.book_tickers, by_symbols(2, 5))
_MARK_KLINES = _public(Op.MARKET_DATA, quotes.mark_klines, _klines)
_PLACE = _signed(Op.PLACE, trading.place, 0)
_MODIFY = _signed(Op.AMEND, trading.modify, 1)
_CANCEL = _signed(Op.CANCEL, trading.cancel, 1)
_QUERY = _signed(Op.QUERY_ORDER, trading.query, 1)
_BALANCE = _signed(Op.BALANCE, account.balance, 5)
_ACCOUNT_V2 = _signed(Op.BALANCE, account.account_v2, 5)
_ACCOUNT_V3 = _signed(Op.BALANCE, account.account_v3, 5)
_POSITIONS_V2 = _signed(Op.POSITIONS, account.positions_v2, 5)
_POSITIONS_V3 = _signed(Op.POSITIONS, account.positions_v3, 5)
_PLACE_ALGO = _signed(Op.PLACE, algos.place, 0)
_CANCEL_ALGO = _signed(Op.CANCEL, algos.cancel, 1)

REST: Final[Mapping[tuple[str, str], Endpoint]] = {
    ("GET", "/fapi/v1/ping"): _public(Op.TIME, common.ping, 1),
    ("GET", "/fapi/v1/time"): _TIME,
    ("GET", "/fapi/v1/exchangeInfo"): _public(Op.MARKETS, info.exchange_info, 1),
    ("GET", "/fapi/v1/depth"): _DEPTH,
    ("GET", "/fapi/v1/trades"): _TRADES,
    ("GET", "/fapi/v1/historicalTrades"): _TRADES,
    ("GET", "/fapi/v1/aggTrades"): _public(Op.MARKET_DATA, quotes.agg_trades, 20),
    ("GET", "/fapi/v1/klines"): _public(Op.MARKET_DATA, spot_quotes.klines, _klines),
    ("GET", "/fapi/v1/continuousKlines"): _public(Op.MARKET_DATA, quotes.pair_klines, _klines),
    ("GET", "/fapi/v1/indexPriceKlines"): _public(Op.MARKET_DATA, quotes.pair_mark_klines, _klines),
    ("GET", "/fapi/v1/markPriceKlines"): _MARK_KLINES,
    ("GET", "/fapi/v1/premiumIndexKlines"): _public(Op.MARKET_DATA, quotes.premium_klines, _klines),
    ("GET", "/fapi/v1/symbolAdlRisk"): _public(Op.MARKET_DATA, account.adl_risk, 1),
    ("GET", "/fapi/v1/premiumIndex"): _public(
        Op.MARKET_DATA, quotes.premium_index, by_symbols(1, 10)
    ),
    ("GET", "/fapi/v1/fundingRate"): _public(Op.MARKET_DATA, quotes.funding_rates, 1),
    ("GET", "/fapi/v1/fundingInfo"): _public(Op.MARKET_DATA, quotes.funding_info, 0),
    ("GET", "/fapi/v1/ticker/24hr"): _public(Op.MARKET_DATA, quotes.day_tickers, by_symbols(1, 40)),
    ("GET", "/fapi/v1/ticker/price"): _PRICE,
    ("GET", "/fapi/v2/ticker/price"): _PRICE,
    ("GET", "/fapi/v1/ticker/bookTicker"): _BOOK,
    ("GET", "/fapi/v1/openInterest"): _public(Op.MARKET_DATA, quotes.open_interest, 1),
    ("POST", "/fapi/v1/order"): _PLACE,
    ("POST", "/fapi/v1/order/test"): _signed(Op.OTHER, trading.test, 0),
    ("PUT", "/fapi/v1/order"): _MODIFY,
    ("DELETE", "/fapi/v1/order"): _CANCEL,
    ("GET", "/fapi/v1/order"): _QUERY,
    ("POST", "/fapi/v1/batchOrders"): _signed(Op.PLACE, trading.place_batch, 5),
    ("PUT", "/fapi/v1/batchOrders"): _signed(Op.AMEND, trading.modify_batch, 5),
    ("DELETE", "/fapi/v1/batchOrders"): _signed(Op.CANCEL, trading.cancel_batch, 1),
    ("DELETE", "/fapi/v1/allOpenOrders"): _signed(Op.CANCEL_ALL, trading.cancel_all, 1),
    ("POST", "/fapi/v1/countdownCancelAll"): _signed(Op.SETTINGS, trading.count_down, 10),
    ("GET", "/fapi/v1/openOrder"): _signed(Op.QUERY_ORDER, trading.query_open, 1),
    ("GET", "/fapi/v1/openOrders"): _signed(Op.OPEN_ORDERS, trading.open_orders, by_symbols(1, 40)),
    ("GET", "/fapi/v1/allOrders"): _signed(Op.ORDER_HISTORY, trading.all_orders, 5),
    ("GET", "/fapi/v1/userTrades"): _signed(Op.MY_TRADES, trading.user_trades, 5),
    ("GET", "/fapi/v1/forceOrders"): _signed(
        Op.ORDER_HISTORY, trading.force_orders, by_symbols(20, 50)
    ),
    ("POST", "/fapi/v1/algoOrder"): _PLACE_ALGO,
    ("DELETE", "/fapi/v1/algoOrder"): _CANCEL_ALGO,
    ("GET", "/fapi/v1/algoOrder"): _signed(Op.QUERY_ORDER, algos.query, 1),
    ("GET", "/fapi/v1/openAlgoOrders"): _signed(
        Op.OPEN_ORDERS, algos.open_orders, by_symbols(1, 40)
    ),
    ("GET", "/fapi/v1/allAlgoOrders"): _signed(Op.ORDER_HISTORY, algos.all_orders, 5),
    ("DELETE", "/fapi/v1/algoOpenOrders"): _signed(Op.CANCEL_ALL, algos.cancel_all, 1),
    ("GET", "/fapi/v2/account"): _ACCOUNT_V2,
    ("GET", "/fapi/v3/account"): _ACCOUNT_V3,
    ("GET", "/fapi/v2/balance"): _BALANCE,
    ("GET", "/fapi/v3/balance"): _BALANCE,
    ("GET", "/fapi/v2/positionRisk"): _POSITIONS_V2,
    ("GET", "/fapi/v3/positionRisk"): _POSITIONS_V3,
    ("POST", "/fapi/v1/leverage"): _signed(Op.SETTINGS, account.set_leverage, 1),
    ("POST", "/fapi/v1/marginType"): _signed(Op.SETTINGS, account.set_margin_type, 1),
    ("POST", "/fapi/v1/positionMargin"): _signed(Op.SETTINGS, account.change_margin, 1),
    ("GET", "/fapi/v1/positionSide/dual"): _signed(Op.SETTINGS, account.position_mode, 30),
    ("POST", "/fapi/v1/positionSide/dual"): _signed(Op.SETTINGS, account.set_position_mode, 1),
    ("GET", "/fapi/v1/multiAssetsMargin"): _signed(Op.SETTINGS, account.multi_assets, 30),
    ("GET", "/fapi/v1/feeBurn"): _signed(Op.SETTINGS, account.fee_burn, 30),
    ("GET", "/fapi/v1/leverageBracket"): _signed(Op.MARKETS, info.brackets, 1),
    ("GET", "/fapi/v1/accountConfig"): _signed(Op.SETTINGS, account.account_config, 5),
    ("GET", "/fapi/v1/symbolConfig"): _signed(Op.SETTINGS, account.symbol_config, 5),
    ("GET", "/fapi/v1/commissionRate"): _signed(Op.SETTINGS, account.commission_rate, 20),
    ("GET", "/fapi/v1/income"): _signed(Op.OTHER, account.income, 30),
    ("GET", "/fapi/v1/adlQuantile"): _signed(Op.POSITIONS, account.adl_quantile, 5),
    ("GET", "/fapi/v1/rateLimit/order"): _signed(Op.SETTINGS, spot_trading.order_counts, 1),
    ("POST", "/fapi/v1/listenKey"): _keyed(Op.STREAM_KEY, account.start_stream, 1),
    ("PUT", "/fapi/v1/listenKey"): _keyed(Op.STREAM_KEY, account.keep_stream, 1),
    ("DELETE", "/fapi/v1/listenKey"): _keyed(Op.STREAM_KEY, account.end_stream, 1),
    ("GET", "/api/v3/account"): _signed(Op.BALANCE, info.spot_account, 20),
    ("GET", "/sapi/v1/account/apiRestrictions"): _signed(Op.SETTINGS, info.api_restrictions, 1),
    ("GET", "/sapi/v1/system/status"): _public(Op.OTHER, common.system_status, 1),
    ("GET", "/sapi/v1/capital/config/getall"): _signed(Op.MARKETS, common.coins, 10),
    ("GET", "/sapi/v1/margin/allPairs"): _signed(Op.MARKETS, common.no_margin, 1),
    ("GET", "/sapi/v1/margin/isolated/allPairs"): _signed(Op.MARKETS, common.no_margin, 10),
}
"""Endpoints by method and path; `/sapi/` and `/api/` are where clients look up coins and keys."""

SOCKET: Final[Mapping[str, Endpoint]] = {
    "depth": _DEPTH,
    "ticker.price": _PRICE,
    "ticker.book": _BOOK,
    "order.place": _PLACE,
    "order.modify": _MODIFY,
    "order.cancel": _CANCEL,
    "order.status": _QUERY,
    "algoOrder.place": _PLACE_ALGO,
    "algoOrder.cancel": _CANCEL_ALGO,
    "account.balance": _BALANCE,
    "v2/account.balance": _BALANCE,
    "account.status": _ACCOUNT_V2,
    "v2/account.status": _ACCOUNT_V3,
    "account.position": _POSITIONS_V2,
    "v2/account.position": _POSITIONS_V3,
    "userDataStream.start": _keyed(Op.STREAM_KEY, account.start_stream, 5),
    "userDataStream.ping": _keyed(Op.STREAM_KEY, account.keep_stream, 1),
    "userDataStream.stop": _keyed(Op.STREAM_KEY, account.end_stream, 1),
}
"""The same endpoints by their methods of the WebSocket API."""
