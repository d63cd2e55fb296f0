"""Venue libraries as data: which classes are clients, and what their methods do.

A new library is a new `Library` here; nothing else has to know it. Names of arguments are brought
to the words that rules ask for: symbol, order_type, side, amount, price, params.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Act(StrEnum):
    """What a call does at the venue."""

    SUBMIT = "submit"
    EDIT = "edit"
    CANCEL = "cancel"
    READ = "read"
    WATCH = "watch"
    MOVE = "move"
    """Takes money out of the account, or to another one."""


@dataclass(frozen=True)
class Library:
    """One client library.

    `clients` are dotted names of classes; one that ends in ".*" means every class of a module.
    `methods` maps a method to what it does and to the names of its positional arguments.
    """

    name: str
    clients: tuple[str, ...]
    methods: Mapping[str, tuple[Act, tuple[str, ...]]]
    asynchronous: tuple[str, ...] = ()
    """Prefixes of `clients` whose methods are coroutines; all others block."""
    prefixes: Mapping[str, Act] = field(default_factory=dict)
    """What methods do whose name begins so and that are not listed."""


_S, _C, _E, _R, _M = Act.SUBMIT, Act.CANCEL, Act.EDIT, Act.READ, Act.MOVE
_FULL: Final = ("symbol", "order_type", "side", "amount", "price")
_SIDED: Final = ("symbol", "side", "amount", "price")
_BARE: Final = ("symbol", "amount", "price")

CCXT: Final = Library(
    name="ccxt",
    clients=("ccxt.*", "ccxt.async_support.*", "ccxt.pro.*"),
    asynchronous=("ccxt.async_support.", "ccxt.pro."),
    methods={
        "create_order": (_S, (*_FULL, "params")),
        "create_order_ws": (_S, (*_FULL, "params")),
        "create_orders": (_S, ("orders", "params")),
        "create_limit_order": (_S, (*_SIDED, "params")),
        "create_market_order": (_S, (*_SIDED, "params")),
        "create_limit_buy_order": (_S, (*_BARE, "params")),
        "create_limit_sell_order": (_S, (*_BARE, "params")),
        "create_market_buy_order": (_S, ("symbol", "amount", "params")),
        "create_market_sell_order": (_S, ("symbol", "amount", "params")),
        "create_market_order_with_cost": (_S, ("symbol", "side", "cost", "params")),
        "create_market_buy_order_with_cost": (_S, ("symbol", "cost", "params")),
        "create_market_sell_order_with_cost": (_S, ("symbol", "cost", "params")),
        "create_post_only_order": (_S, (*_FULL, "params")),
        "create_reduce_only_order": (_S, (*_FULL, "params")),
        "create_stop_order": (_S, (*_FULL, "trigger_price", "params")),
        "create_stop_limit_order": (_S, (*_SIDED, "trigger_price", "params")),
        "create_stop_market_order": (_S, ("symbol", "side", "amount", "trigger_price", "params")),
        "create_trigger_order": (_S, (*_FULL, "trigger_price", "params")),
        "create_stop_loss_order": (_S, (*_FULL, "trigger_price", "params")),
        "create_take_profit_order": (_S, (*_FULL, "trigger_price", "params")),
        "edit_order": (_E, ("id", *_FULL, "params")),
        "edit_order_ws": (_E, ("id", *_FULL, "params")),
        "cancel_order": (_C, ("id", "symbol", "params")),
        "cancel_order_ws": (_C, ("id", "symbol", "params")),
        "cancel_orders": (_C, ("ids", "symbol", "params")),
        "cancel_all_orders": (_C, ("symbol", "params")),
        "load_markets": (_R, ("reload", "params")),
        "load_time_difference": (_R, ("params",)),
        "withdraw": (_M, ("code", "amount", "address", "tag", "params")),
        "transfer": (_M, ("code", "amount", "from_account", "to_account", "params")),
    },
    prefixes={"fetch_": _R, "watch_": Act.WATCH},
)
_BINANCE_ORDER: Final = (_S, ())
BINANCE: Final = Library(
    name="python-binance",
    clients=(
        "binance.client.Client", "binance.Client", "binance.client.AsyncClient",
        "binance.AsyncClient", "binance.async_client.AsyncClient", "binance.spot.Spot",
        "binance.um_futures.UMFutures", "binance.cm_futures.CMFutures",
    ),
    asynchronous=("binance.AsyncClient", "binance.client.AsyncClient", "binance.async_client."),
    methods={
        "create_order": _BINANCE_ORDER,
        "create_oco_order": _BINANCE_ORDER,
        "create_margin_order": _BINANCE_ORDER,
        "futures_create_order": _BINANCE_ORDER,
        "futures_place_batch_order": (_S, ()),
        "order_market": _BINANCE_ORDER,
        "order_market_buy": _BINANCE_ORDER,
        "order_market_sell": _BINANCE_ORDER,
        "order_limit": _BINANCE_ORDER,
        "order_limit_buy": _BINANCE_ORDER,
        "order_limit_sell": _BINANCE_ORDER,
        "new_order": (_S, ("symbol", "side", "order_type")),
        "cancel_order": (_C, ("symbol",)),
        "futures_cancel_order": (_C, ()),
        "futures_cancel_all_open_orders": (_C, ()),
        "withdraw": (_M, ()),
    },
    prefixes={"get_": _R, "futures_get_": _R, "futures_account": _R},
)  # fmt: skip
PYBIT: Final = Library(
    name="pybit",
    clients=("pybit.unified_trading.HTTP", "pybit.HTTP", "pybit.usdt_perpetual.HTTP"),
    methods={
        "place_order": (_S, ()),
        "place_batch_order": (_S, ()),
        "amend_order": (_E, ()),
        "cancel_order": (_C, ()),
        "cancel_all_orders": (_C, ()),
        "create_internal_transfer": (_M, ()),
        "withdraw": (_M, ()),
    },
    prefixes={"get_": _R},
)
KRAKEN: Final = Library(
    name="kraken",
    clients=("krakenex.API", "kraken.spot.Trade", "kraken.spot.client.Trade"),
    methods={
        "create_order": (_S, ("order_type", "side", "amount", "symbol", "price")),
        "cancel_order": (_C, ("id",)),
        "query_private": (_R, ("endpoint", "params")),
        "query_public": (_R, ("endpoint", "params")),
    },
    prefixes={"get_": _R},
)
CLOB: Final = Library(
    name="py-clob-client",
    clients=("py_clob_client.client.ClobClient", "py_clob_client_v2.client.ClobClient"),
    methods={
        "post_order": (_S, ("signed", "time_in_force")),
        "post_orders": (_S, ("orders",)),
        "create_and_post_order": (_S, ("order",)),
        "create_and_post_market_order": (_S, ("order",)),
        "cancel": (_C, ("id",)),
        "cancel_orders": (_C, ("ids",)),
        "cancel_all": (_C, ()),
    },
    prefixes={"get_": _R},
)
IB: Final = Library(
    name="ib_async",
    clients=("ib_async.IB", "ib_insync.IB", "ib_async.ib.IB"),
    methods={
        "placeOrder": (_S, ("contract", "order")),
        "cancelOrder": (_C, ("order",)),
        "reqGlobalCancel": (_C, ()),
    },
    prefixes={"req": _R},
)
ALPACA: Final = Library(
    name="alpaca",
    clients=(
        "alpaca.trading.client.TradingClient", "alpaca.trading.TradingClient",
        "alpaca_trade_api.REST", "alpaca_trade_api.rest.REST",
    ),
    methods={
        "submit_order": (_S, ("order", "amount", "side", "order_type", "time_in_force")),
        "replace_order_by_id": (_E, ("id", "order")),
        "cancel_order": (_C, ("id",)),
        "cancel_order_by_id": (_C, ("id",)),
        "cancel_orders": (_C, ()),
        "cancel_all_orders": (_C, ()),
        "close_position": (_S, ("symbol",)),
        "close_all_positions": (_S, ()),
    },
    prefixes={"get_": _R, "list_": _R},
)  # fmt: skip
COINBASE: Final = Library(
    name="coinbase-advanced-py",
    clients=("coinbase.rest.RESTClient",),
    methods={
        "create_order": (_S, ("client_order_id", "symbol", "side", "order")),
        "market_order_buy": (_S, ("client_order_id", "symbol", "cost")),
        "market_order_sell": (_S, ("client_order_id", "symbol", "amount")),
        "limit_order_gtc_buy": (_S, ("client_order_id", "symbol", "amount", "price")),
        "limit_order_gtc_sell": (_S, ("client_order_id", "symbol", "amount", "price")),
        "cancel_orders": (_C, ("ids",)),
    },
    prefixes={"get_": _R, "list_": _R},
)
HYPERLIQUID: Final = Library(
    name="hyperliquid",
    clients=("hyperliquid.exchange.Exchange",),
    methods={
        "order": (
            _S,
            ("symbol", "is_buy", "amount", "price", "order_type", "reduce_only", "cloid"),
        ),
        "market_open": (_S, ("symbol", "is_buy", "amount", "price", "slippage", "cloid")),
        "market_close": (_S, ("symbol", "amount", "price", "slippage", "cloid")),
        "cancel": (_C, ("symbol", "id")),
        "withdraw_from_bridge": (_M, ("amount", "address")),
        "usd_transfer": (_M, ("amount", "address")),
    },
)
OKX: Final = Library(
    name="okx",
    clients=("okx.Trade.TradeAPI",),
    methods={
        "place_order": (_S, ("symbol", "mode", "side", "order_type", "amount")),
        "cancel_order": (_C, ("symbol", "id")),
        "amend_order": (_E, ("symbol",)),
    },
    prefixes={"get_": _R},
)

LIBRARIES: Final = (
    CCXT, BINANCE, PYBIT, KRAKEN, CLOB, IB, ALPACA, COINBASE, HYPERLIQUID, OKX
)  # fmt: skip

TRADING_PACKAGES: Final = frozenset(
    client.partition(".")[0] for library in LIBRARIES for client in library.clients
)
"""Top names of packages that a file imports which trades."""

RENAMED: Final = {
    "type": "order_type",
    "ordertype": "order_type",
    "qty": "amount",
    "quantity": "amount",
    "volume": "amount",
    "size": "amount",
    "sz": "amount",
    "px": "price",
    "limit_price": "price",
    "limit_px": "price",
    "pair": "symbol",
    "product_id": "symbol",
    "instid": "symbol",
    "order_data": "order",
    "order_args": "order",
    "create_order_request": "request",
    "order_request": "request",
    "amt": "amount",
}
"""Names of arguments, as libraries have them, in the words that rules ask for."""

CLIENT_IDS: Final = frozenset(
    {
        "clientorderid", "newclientorderid", "orderlinkid", "clordid", "clientoid", "cloid",
        "userref", "orderref", "coid", "clientid", "clienttag", "listclientorderid",
        "newclordid", "externaloid", "clientorder",
    }
)  # fmt: skip
"""Names, without underscores and in small letters, under which venues take an id of ours."""

NO_CLIENT_ID: Final = frozenset({"py-clob-client", "ib_async"})
"""Libraries whose orders are known by something else: a signed hash, an order id of TWS's."""

RECEIVERS: Final = frozenset(
    {
        "alpaca", "api", "binance", "broker", "bybit", "ccxt", "client", "clob", "coinbase", "ex",
        "exch", "exchange", "exchanges", "gateio", "hyperliquid", "ib", "kraken", "kucoin", "okx",
        "session", "trader", "venue", "market",
    }
)  # fmt: skip
"""Words of names that a venue's client goes by where nothing else says what it is."""

DISTINCT: Final = frozenset(
    name for name, (act, _) in CCXT.methods.items() if act in {_S, _E} and name != "create_orders"
) | {"futures_create_order", "create_margin_order", "order_market_buy", "order_market_sell",
     "order_limit_buy", "order_limit_sell", "create_and_post_order", "cancel_order",
     "cancel_all_orders", "place_order", "submit_order", "placeOrder"}  # fmt: skip
"""Methods that speak for themselves when the receiver only has a telling name."""


def library_of(client: str) -> Library | None:
    """The library that a class, by its dotted name, is a client of."""
    for library in LIBRARIES:
        for each in library.clients:
            if client == each:
                return library
            if each.endswith(".*") and client.rpartition(".")[0] == each[:-2]:
                name = client.rpartition(".")[2]
                return library if name.islower() and name not in _CCXT_PARTS else None
    return None


_CCXT_PARTS: Final = frozenset({"pro", "async_support", "base", "exchanges", "errors", "static"})


def is_asynchronous(library: Library, client: str) -> bool | None:
    """Whether the methods of a client, by its dotted name, are coroutines.

    None for one that is neither: TWS is sent an order and answers by an event.
    """
    if library is IB:
        return None
    return client.startswith(library.asynchronous) if library.asynchronous else False


def meaning(library: Library, method: str) -> tuple[Act, tuple[str, ...]] | None:
    """What a method of a library does, and the names of its positional arguments."""
    known = library.methods.get(method)
    if known is not None:
        return known
    for prefix, act in library.prefixes.items():
        if method.startswith(prefix):
            return act, ()
    return None
