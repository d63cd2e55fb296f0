"""The endpoints: what answers a request, what it is for, and how many a second an account may send.

Allowances as documented for accounts without a VIP level. A request that is not in this table is
answered as an unknown one, and the ledger says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from trading_tools.venue.bybit import (
    account,
    contracts,
    history,
    info,
    position_stops,
    positions,
    quotes,
    trading,
    wallet,
)
from trading_tools.venue.bybit.call import Call
from trading_tools.venue.bybit.listing import SPOT
from trading_tools.venue.bybit.params import Params
from trading_tools.venue.wire.messages import Operation


@dataclass(frozen=True)
class Endpoint:
    """One endpoint. Without `per_s` it is public; `per_s_spot` is the allowance for spot.

    `by_id` is what it is for where an order's id is sent.
    """

    answer: Callable[[Call], Any]
    operation: Operation
    per_s: int = 0
    per_s_spot: int = 0
    by_id: Operation | None = None
    cost: Callable[[Call], int] | None = None

    def allowed(self, params: Params) -> int:
        """Requests a second that an account may send."""
        spot = self.per_s_spot and params.optional("category") == SPOT
        return self.per_s_spot if spot else self.per_s

    def purpose(self, values: Mapping[str, Any]) -> Operation:
        """What a request with these parameters is for."""
        if self.by_id is not None and (values.get("orderId") or values.get("orderLinkId")):
            return self.by_id
        return self.operation


_CREATE = Endpoint(trading.create, Operation.PLACE, 10, 20)
_AMEND = Endpoint(trading.amend, Operation.AMEND, 10)
_AMEND_MANY = Endpoint(trading.amend_batch, Operation.AMEND, 10, cost=trading.items_in)
_CANCEL = Endpoint(trading.cancel, Operation.CANCEL, 10, 20)
_CREATE_MANY = Endpoint(trading.create_batch, Operation.PLACE, 10, 20, cost=trading.items_in)
_CANCEL_MANY = Endpoint(trading.cancel_batch, Operation.CANCEL, 10, 20, cost=trading.items_in)

REST: Final[Mapping[tuple[str, str], Endpoint]] = {
    ("GET", "/v5/market/time"): Endpoint(info.time, Operation.TIME),
    ("GET", "/v5/system/status"): Endpoint(info.status, Operation.TIME),
    ("GET", "/v5/market/instruments-info"): Endpoint(info.instruments, Operation.MARKETS),
    ("GET", "/v5/market/orderbook"): Endpoint(quotes.book, Operation.MARKET_DATA),
    ("GET", "/v5/market/tickers"): Endpoint(quotes.tickers, Operation.MARKET_DATA),
    ("GET", "/v5/market/kline"): Endpoint(quotes.candles, Operation.MARKET_DATA),
    ("GET", "/v5/market/mark-price-kline"): Endpoint(quotes.price_candles, Operation.MARKET_DATA),
    ("GET", "/v5/market/index-price-kline"): Endpoint(quotes.price_candles, Operation.MARKET_DATA),
    ("GET", "/v5/market/recent-trade"): Endpoint(quotes.trades, Operation.MARKET_DATA),
    ("POST", "/v5/order/create"): _CREATE,
    ("GET", "/v5/market/risk-limit"): Endpoint(contracts.risk_limits, Operation.MARKETS),
    ("GET", "/v5/market/funding/history"): Endpoint(
        contracts.funding_history, Operation.MARKET_DATA
    ),
    ("GET", "/v5/market/open-interest"): Endpoint(contracts.interest, Operation.MARKET_DATA),
    ("POST", "/v5/order/amend"): _AMEND,
    ("POST", "/v5/order/amend-batch"): _AMEND_MANY,
    ("POST", "/v5/order/cancel"): _CANCEL,
    ("POST", "/v5/order/create-batch"): _CREATE_MANY,
    ("POST", "/v5/order/cancel-batch"): _CANCEL_MANY,
    ("POST", "/v5/order/cancel-all"): Endpoint(trading.cancel_all, Operation.CANCEL_ALL, 10, 20),
    ("GET", "/v5/order/realtime"): Endpoint(
        history.realtime, Operation.OPEN_ORDERS, 50, by_id=Operation.QUERY_ORDER
    ),
    ("GET", "/v5/order/history"): Endpoint(
        history.history, Operation.ORDER_HISTORY, 50, by_id=Operation.QUERY_ORDER
    ),
    ("GET", "/v5/execution/list"): Endpoint(history.executions, Operation.MY_TRADES, 50),
    ("GET", "/v5/position/list"): Endpoint(positions.listed, Operation.POSITIONS, 50),
    ("POST", "/v5/position/set-leverage"): Endpoint(positions.set_leverage, Operation.SETTINGS, 10),
    ("POST", "/v5/position/switch-mode"): Endpoint(positions.switch_mode, Operation.SETTINGS, 10),
    ("POST", "/v5/position/add-margin"): Endpoint(positions.add_margin, Operation.SETTINGS, 10),
    ("POST", "/v5/position/trading-stop"): Endpoint(
        position_stops.trading_stop, Operation.PLACE, 10
    ),
    ("GET", "/v5/account/wallet-balance"): Endpoint(wallet.balance, Operation.BALANCE, 50),
    ("GET", "/v5/account/info"): Endpoint(account.info, Operation.SETTINGS, 50),
    ("GET", "/v5/account/fee-rate"): Endpoint(account.fee_rates, Operation.SETTINGS, 10, 5),
    ("POST", "/v5/account/set-margin-mode"): Endpoint(
        account.set_margin_mode, Operation.SETTINGS, 5
    ),
    ("GET", "/v5/account/query-dcp-info"): Endpoint(account.switches, Operation.SETTINGS, 5),
    ("POST", "/v5/order/disconnected-cancel-all"): Endpoint(
        account.arm_switch, Operation.SETTINGS, 5
    ),
    ("GET", "/v5/user/query-api"): Endpoint(info.api_key, Operation.SETTINGS, 10),
    ("GET", "/v5/asset/coin/query-info"): Endpoint(info.coins, Operation.MARKETS, 5),
}
"""By method and path."""

TRADE: Final[Mapping[str, tuple[Endpoint, str]]] = {
    "order.create": (_CREATE, "/v5/order/create"),
    "order.amend": (_AMEND, "/v5/order/amend"),
    "order.amend-batch": (_AMEND_MANY, "/v5/order/amend-batch"),
    "order.cancel": (_CANCEL, "/v5/order/cancel"),
    "order.create-batch": (_CREATE_MANY, "/v5/order/create-batch"),
    "order.cancel-batch": (_CANCEL_MANY, "/v5/order/cancel-batch"),
}
"""What orders over WebSocket do, and the REST path whose allowance they share."""


def serve(endpoint: Endpoint, call: Call) -> tuple[Any, Mapping[str, Any]]:
    """Answer a request that has been charged for: its result and what stands beside it.

    Raises:
        BybitError: it is refused.
    """
    told = endpoint.answer(call)
    if isinstance(told, trading.Batch):
        return {"list": told.rows}, {"list": told.codes}
    return told, {}
