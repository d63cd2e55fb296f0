"""The endpoints: what answers a request, what it costs, and what it is for.

Costs as documented for the spot API in 2026: history counts two, orders on the counter of the
trading engine. A request that is not in this table is unknown, and the ledger says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from trading_tools.venue.kraken import account, amending, history, info, quotes, trading
from trading_tools.venue.kraken.call import Call
from trading_tools.venue.wire.messages import Operation

_PUBLIC, _PRIVATE = "/0/public/", "/0/private/"


@dataclass(frozen=True)
class Endpoint:
    """One endpoint. `cost` is counted on the account's counter, None on that of public calls."""

    operation: Operation
    answer: Callable[[Call], Any]
    cost: int | None = None


PUBLIC: Final[Mapping[str, Endpoint]] = {
    "Time": Endpoint(Operation.TIME, info.time),
    "SystemStatus": Endpoint(Operation.OTHER, info.system_status),
    "Assets": Endpoint(Operation.MARKETS, info.assets),
    "AssetPairs": Endpoint(Operation.MARKETS, info.asset_pairs),
    "Ticker": Endpoint(Operation.MARKET_DATA, quotes.ticker),
    "OHLC": Endpoint(Operation.MARKET_DATA, quotes.ohlc),
    "Depth": Endpoint(Operation.MARKET_DATA, quotes.depth),
    "Trades": Endpoint(Operation.MARKET_DATA, quotes.trades),
    "Spread": Endpoint(Operation.MARKET_DATA, quotes.spread),
}
"""`/0/public/…`, without a key."""

_DENIED: Final = (
    "DepositMethods DepositAddresses DepositStatus WithdrawMethods WithdrawAddresses WithdrawInfo "
    "Withdraw WithdrawStatus WithdrawCancel WalletTransfer CreateSubaccount AccountTransfer "
    "AddExport ExportStatus RetrieveExport RemoveExport Earn/Allocate Earn/Deallocate "
    "Earn/AllocateStatus Earn/DeallocateStatus Earn/Strategies Earn/Allocations"
)
PRIVATE: Final[Mapping[str, Endpoint]] = {
    **{name: Endpoint(Operation.OTHER, account.denied, 1) for name in _DENIED.split()},
    "Balance": Endpoint(Operation.BALANCE, account.balance, 1),
    "BalanceEx": Endpoint(Operation.BALANCE, account.balance_ex, 1),
    "TradeBalance": Endpoint(Operation.BALANCE, account.trade_balance, 1),
    "OpenOrders": Endpoint(Operation.OPEN_ORDERS, history.open_orders, 1),
    "ClosedOrders": Endpoint(Operation.ORDER_HISTORY, history.closed_orders, 1),
    "QueryOrders": Endpoint(Operation.QUERY_ORDER, history.query_orders, 1),
    "OrderAmends": Endpoint(Operation.ORDER_HISTORY, history.order_amends, 1),
    "TradesHistory": Endpoint(Operation.MY_TRADES, history.trades_history, 2),
    "QueryTrades": Endpoint(Operation.MY_TRADES, history.query_trades, 1),
    "OpenPositions": Endpoint(Operation.POSITIONS, account.open_positions, 1),
    "Ledgers": Endpoint(Operation.OTHER, account.ledgers, 2),
    "QueryLedgers": Endpoint(Operation.OTHER, account.query_ledgers, 2),
    "TradeVolume": Endpoint(Operation.SETTINGS, info.trade_volume, 1),
    "GetApiKeyInfo": Endpoint(Operation.SETTINGS, account.key_info, 3),
    "GetWebSocketsToken": Endpoint(Operation.STREAM_KEY, account.token, 1),
    "AddOrder": Endpoint(Operation.PLACE, trading.add, 0),
    "AddOrderBatch": Endpoint(Operation.PLACE, trading.add_batch, 0),
    "AmendOrder": Endpoint(Operation.AMEND, amending.amend, 0),
    "EditOrder": Endpoint(Operation.AMEND, trading.edit, 0),
    "CancelOrder": Endpoint(Operation.CANCEL, trading.cancel, 0),
    "CancelOrderBatch": Endpoint(Operation.CANCEL, trading.cancel_batch, 0),
    "CancelAll": Endpoint(Operation.CANCEL_ALL, trading.cancel_all, 1),
    "CancelAllOrdersAfter": Endpoint(Operation.SETTINGS, trading.cancel_after, 1),
}
"""`/0/private/…`, by POST with a signature."""


def endpoint(method: str, path: str) -> Endpoint | None:
    """What answers a request, or None."""
    if method in {"GET", "POST"} and path.startswith(_PUBLIC):
        return PUBLIC.get(path.removeprefix(_PUBLIC))
    if method == "POST" and path.startswith(_PRIVATE):
        return PRIVATE.get(path.removeprefix(_PRIVATE))
    return None
