"""The endpoints: what answers a request, what it weighs, who may ask, which parameters it takes.

Weights as documented for the spot API in 2026. A request that is not in these tables is answered as
an unknown one, and the ledger says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from trading_tools.venue.binance import errors, info, quotes, tickets, trading
from trading_tools.venue.binance.call import Call
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.params import Params
from trading_tools.venue.binance.spot import SpotVenue
from trading_tools.venue.wire.messages import Operation

Values = Mapping[str, str]
Weight = int | Callable[[Values], int]
SIGNING: Final = frozenset({"timestamp", "recvWindow", "signature"})
"""What a signed request has besides its own parameters."""


@dataclass(frozen=True)
class Endpoint:
    """One endpoint. `signed`: a key and a signature are needed."""

    answer: Callable[[Call], Any]
    weight: Weight
    names: frozenset[str]
    operation: Operation
    signed: bool = False

    @property
    def orders(self) -> bool:
        """Whether it counts as an order."""
        return self.operation in (Operation.PLACE, Operation.AMEND)

    def weigh(self, values: Values) -> int:
        """What one request weighs."""
        return self.weight if isinstance(self.weight, int) else self.weight(values)

    def check_names(self, values: Values, also: frozenset[str] = frozenset()) -> None:
        """See that nothing is sent that the endpoint does not know.

        Raises:
            BinanceError: -1101 or -1104.
        """
        known = self.names | also | (SIGNING if self.signed else frozenset())
        unknown = values.keys() - known
        if unknown and not known:
            sent = len(values)
            raise BinanceError(-1101, f"Too many parameters; expected '0' and received '{sent}'.")
        if unknown:
            raise errors.unread(len(values) - len(unknown), len(values))


def serve(
    venue: SpotVenue,
    endpoint: Endpoint,
    values: Values,
    key: str | None,
    payload: str,
    at: int,
    request: int,
) -> Any:
    """Answer a request that has been charged for. `payload` is what its signature covers.

    Raises:
        BinanceError: it is refused.
    """
    params = Params(values)
    account = ""
    if endpoint.signed:
        account = venue.gate.signed(key, payload, params, at).account
    return endpoint.answer(Call(venue, params, at, request, account))


def _public(
    operation: Operation, answer: Callable[[Call], Any], weight: Weight, names: str = ""
) -> Endpoint:
    return Endpoint(answer, weight, frozenset(names.split()), operation)


def _signed(
    operation: Operation, answer: Callable[[Call], Any], weight: Weight, names: str = ""
) -> Endpoint:
    return Endpoint(answer, weight, frozenset(names.split()), operation, signed=True)


def _depth(values: Values) -> int:
    limit = values.get("limit", "100")
    wanted = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 10 else 100
    return next(
        (weight for most, weight in ((100, 5), (500, 25), (1000, 50)) if wanted <= most), 250
    )


def _by_symbols(one: int, all_of_them: int) -> Callable[[Values], int]:
    def weigh(values: Values) -> int:
        return one if values.get("symbol") else all_of_them

    return weigh


def _day(values: Values) -> int:
    return 2 if values.get("symbol") or 0 < values.get("symbols", "").count('"') <= 40 else 80


_WHICH = "orderId origClientOrderId"
_RANGE = "startTime endTime limit"

_PING = _public(Operation.TIME, info.ping, 1)
_TIME = _public(Operation.TIME, info.time, 1)
_EXCHANGE_INFO = _public(
    Operation.MARKETS,
    info.exchange_info,
    20,
    "symbol symbols permissions showPermissionSets symbolStatus",
)
_DEPTH = _public(Operation.MARKET_DATA, quotes.depth, _depth, "symbol limit")
_TRADES = _public(Operation.MARKET_DATA, quotes.trades, 25, "symbol limit")
_OLD_TRADES = _public(Operation.MARKET_DATA, quotes.trades, 25, "symbol limit fromId")
_AGG_TRADES = _public(Operation.MARKET_DATA, quotes.agg_trades, 4, f"symbol fromId {_RANGE}")
_KLINES = _public(Operation.MARKET_DATA, quotes.klines, 2, f"symbol interval timeZone {_RANGE}")
_AVERAGE = _public(Operation.MARKET_DATA, quotes.average_price, 2, "symbol")
_DAY = _public(Operation.MARKET_DATA, quotes.day_tickers, _day, "symbol symbols type")
_ROLLING_NAMES = "symbol symbols windowSize type"
_ROLLING = _public(Operation.MARKET_DATA, quotes.rolling_tickers, 4, _ROLLING_NAMES)
_PRICE = _public(Operation.MARKET_DATA, quotes.price_tickers, _by_symbols(2, 4), "symbol symbols")
_BOOK = _public(Operation.MARKET_DATA, quotes.book_tickers, _by_symbols(2, 4), "symbol symbols")
_PLACE = _signed(Operation.PLACE, trading.place, 1, tickets.NAMES)
_TEST = _signed(Operation.OTHER, trading.test, 1, f"{tickets.NAMES} computeCommissionRates")
_QUERY = _signed(Operation.QUERY_ORDER, trading.query, 4, f"symbol {_WHICH}")
_CANCEL_NAMES = f"symbol {_WHICH} newClientOrderId cancelRestrictions"
_CANCEL = _signed(Operation.CANCEL, trading.cancel, 1, _CANCEL_NAMES)
_REPLACE = _signed(
    Operation.AMEND,
    trading.replace,
    1,
    f"{tickets.NAMES} cancelReplaceMode cancelOrderId cancelOrigClientOrderId "
    "cancelNewClientOrderId cancelRestrictions orderRateLimitExceededMode",
)
_OPEN = _signed(Operation.OPEN_ORDERS, trading.open_orders, _by_symbols(6, 80), "symbol")
_CANCEL_ALL = _signed(Operation.CANCEL_ALL, trading.cancel_all, 1, "symbol")
_ALL = _signed(Operation.ORDER_HISTORY, trading.all_orders, 20, f"symbol orderId {_RANGE}")
_MINE = _signed(Operation.MY_TRADES, trading.my_trades, 20, f"symbol orderId fromId {_RANGE}")
_ACCOUNT = _signed(Operation.BALANCE, trading.account, 20, "omitZeroBalances")
_COMMISSION = _signed(Operation.SETTINGS, trading.commission, 20, "symbol")
_COUNTS = _signed(Operation.SETTINGS, trading.order_counts, 40)
_FEES = _signed(Operation.SETTINGS, info.trade_fees, 1, "symbol")
_PAIRS = _signed(Operation.MARKETS, info.no_margin, 1, "symbol")
_ISOLATED_PAIRS = _signed(Operation.MARKETS, info.no_margin, 10, "symbol")

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
    ("GET", "/sapi/v1/system/status"): _public(Operation.OTHER, info.system_status, 1),
    ("GET", "/sapi/v1/capital/config/getall"): _signed(Operation.MARKETS, info.coins, 10),
    ("GET", "/sapi/v1/asset/tradeFee"): _FEES,
    ("GET", "/sapi/v1/margin/allPairs"): _PAIRS,
    ("GET", "/sapi/v1/margin/isolated/allPairs"): _ISOLATED_PAIRS,
    ("GET", "/fapi/v1/exchangeInfo"): _public(Operation.MARKETS, info.no_contracts, 1),
    ("GET", "/dapi/v1/exchangeInfo"): _public(Operation.MARKETS, info.no_contracts, 1),
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
