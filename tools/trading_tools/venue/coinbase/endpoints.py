"""The endpoints: what answers a request, what it is for, and who may ask.

A request that is not in this table is answered as an unknown one, and the ledger says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from trading_tools.venue.coinbase import (
    edits,
    history,
    info,
    previews,
    products,
    trading,
    wallets,
)
from trading_tools.venue.coinbase.call import Call
from trading_tools.venue.wire.messages import Operation

Answer = Callable[[Call], dict[str, Any]]
_NAME = "{}"


@dataclass(frozen=True)
class Endpoint:
    """One endpoint. `private`: a signed token is needed."""

    answer: Answer
    operation: Operation
    private: bool = False


def find(method: str, path: str) -> tuple[Endpoint | None, str]:
    """The endpoint of a path, and what stands where it has a name."""
    found = REST.get((method, path))
    if found is not None:
        return found, ""
    parts = path.split("/")
    for place, part in enumerate(parts):
        template = "/".join([*parts[:place], _NAME, *parts[place + 1 :]])
        if part and (found := REST.get((method, template))) is not None:
            return found, part
    return None, ""


def _public(answer: Answer, operation: Operation) -> Endpoint:
    return Endpoint(answer, operation)


def _private(answer: Answer, operation: Operation) -> Endpoint:
    return Endpoint(answer, operation, private=True)


_DATA = Operation.MARKET_DATA
_V3 = "/api/v3/brokerage"

REST: Final[Mapping[tuple[str, str], Endpoint]] = {
    ("GET", "/v2/time"): _public(info.older_time, Operation.TIME),
    ("GET", "/v2/currencies"): _public(info.currencies, Operation.MARKETS),
    ("GET", "/v2/currencies/crypto"): _public(info.crypto_currencies, Operation.MARKETS),
    ("GET", "/v2/exchange-rates"): _public(info.exchange_rates, _DATA),
    ("GET", "/v2/prices/{}/spot"): _public(info.spot_price, _DATA),
    ("GET", "/v2/prices/{}/buy"): _public(info.buy_price, _DATA),
    ("GET", "/v2/prices/{}/sell"): _public(info.sell_price, _DATA),
    ("GET", "/v2/accounts"): _private(wallets.older_accounts, Operation.BALANCE),
    ("GET", "/v2/accounts/{}"): _private(wallets.older_account, Operation.BALANCE),
    ("GET", f"{_V3}/time"): _public(info.time, Operation.TIME),
    ("GET", f"{_V3}/market/products"): _public(products.products, Operation.MARKETS),
    ("GET", f"{_V3}/market/products/{{}}"): _public(products.product, Operation.MARKETS),
    ("GET", f"{_V3}/market/products/{{}}/ticker"): _public(products.trades, _DATA),
    ("GET", f"{_V3}/market/products/{{}}/candles"): _public(products.candles, _DATA),
    ("GET", f"{_V3}/market/product_book"): _public(products.book, _DATA),
    ("GET", f"{_V3}/products"): _private(products.products, Operation.MARKETS),
    ("GET", f"{_V3}/products/{{}}"): _private(products.product, Operation.MARKETS),
    ("GET", f"{_V3}/products/{{}}/ticker"): _private(products.trades, _DATA),
    ("GET", f"{_V3}/products/{{}}/candles"): _private(products.candles, _DATA),
    ("GET", f"{_V3}/product_book"): _private(products.book, _DATA),
    ("GET", f"{_V3}/best_bid_ask"): _private(products.best_bid_ask, _DATA),
    ("POST", f"{_V3}/orders"): _private(trading.create, Operation.PLACE),
    ("POST", f"{_V3}/orders/preview"): _private(previews.preview, Operation.OTHER),
    ("POST", f"{_V3}/orders/edit"): _private(edits.edit, Operation.AMEND),
    ("POST", f"{_V3}/orders/edit_preview"): _private(edits.preview, Operation.OTHER),
    ("POST", f"{_V3}/orders/batch_cancel"): _private(trading.cancel, Operation.CANCEL),
    ("POST", f"{_V3}/orders/close_position"): _private(trading.close_position, Operation.PLACE),
    ("GET", f"{_V3}/orders/historical/batch"): _private(history.orders, Operation.ORDER_HISTORY),
    ("GET", f"{_V3}/orders/historical/fills"): _private(history.fills, Operation.MY_TRADES),
    ("GET", f"{_V3}/orders/historical/{{}}"): _private(history.order, Operation.QUERY_ORDER),
    ("GET", f"{_V3}/accounts"): _private(wallets.accounts, Operation.BALANCE),
    ("GET", f"{_V3}/accounts/{{}}"): _private(wallets.account, Operation.BALANCE),
    ("GET", f"{_V3}/transaction_summary"): _private(
        wallets.transaction_summary, Operation.SETTINGS
    ),
    ("GET", f"{_V3}/portfolios"): _private(wallets.portfolios, Operation.BALANCE),
    ("GET", f"{_V3}/portfolios/{{}}"): _private(wallets.portfolio, Operation.BALANCE),
    ("GET", f"{_V3}/key_permissions"): _private(wallets.key_permissions, Operation.SETTINGS),
    ("GET", f"{_V3}/payment_methods"): _private(wallets.payment_methods, Operation.OTHER),
    ("GET", f"{_V3}/cfm/balance_summary"): _private(wallets.futures_balance, Operation.BALANCE),
    ("GET", f"{_V3}/cfm/positions"): _private(wallets.futures_positions, Operation.POSITIONS),
    ("GET", f"{_V3}/cfm/positions/{{}}"): _private(wallets.futures_position, Operation.POSITIONS),
    ("GET", f"{_V3}/cfm/sweeps"): _private(wallets.futures_sweeps, Operation.OTHER),
}
"""Endpoints by method and path; `{}` stands for a name."""
