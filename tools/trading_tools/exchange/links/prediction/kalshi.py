"""Orders at Kalshi by ccxt's own prediction client.

A symbol is a market's ticker, and a size shares of YES: Kalshi has one book a market and one
position, of which NO is the part below zero. An order for NO is one for YES on the other side at
the complement of its price, and is listed as such (Kalshi, "Order direction"); `yes_of` makes it.

Lists are read by ccxt's raw calls, page by page: its unified ones read one page, and its parser of
fills multiplies text (ccxt 4.5.90). What ended about three months ago is in lists of its own
(Kalshi, "Historical data"), which are read too where it may be so old.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, Final, Literal

from trading_tools.audit.trade import Outcome as Came
from trading_tools.exchange.limits import number
from trading_tools.exchange.links.prediction.facts import Outcome, outcome_of
from trading_tools.exchange.orders.ccxt_port import CcxtOrders, UnsupportedVenue
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.judging import Judged
from trading_tools.exchange.orders.port import NOT_SENT, Unanswered
from trading_tools.exchange.orders.records import EXACT
from trading_tools.exchange.orders.ways import NoSuchOrder, Raw, Ways
from trading_tools.money import from_json, plain

_STATUSES: Final[Mapping[str, str]] = MappingProxyType(
    {"resting": "open", "pending": "open", "executed": "closed", "canceled": "canceled"}
)
_OTHER_LEG: Final = "-NO"
_SIDES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("book_side", "bid"): "buy",
        ("book_side", "ask"): "sell",
        ("outcome_side", "yes"): "buy",
        ("outcome_side", "no"): "sell",
    }
)
"""On the book of YES, by either of the fields that Kalshi tells a direction with."""
_LEGACY: Final[Mapping[tuple[Any, Any], str]] = MappingProxyType(
    {
        ("buy", "yes"): "buy",
        ("sell", "no"): "buy",
        ("sell", "yes"): "sell",
        ("buy", "no"): "sell",
    }
)
_PAID: Final = frozenset({"finalized", "settled"})
"""Statuses of a market that has been paid out. Before, its result may still be disputed and amended
(Kalshi, "Market lifecycle")."""
_LISTED_MS: Final = 30 * 86_400_000
"""Younger than that is surely in the lists of the present, which hold about three months."""


def yes_of(intent: Intent) -> Intent:
    """The intent as it is sent, guarded and recorded: `TICKER-NO` is YES on the other side.

    Raises:
        ValueError: a price of NO that is not below 1.
    """
    ticker = intent.symbol.removesuffix(_OTHER_LEG)
    price = intent.price_quote
    if ticker == intent.symbol:
        return intent
    if price is not None:
        if price >= 1:
            raise ValueError(f"a share of {intent.symbol} pays 1: {plain(price)} is no price of it")
        with localcontext(EXACT):
            price = 1 - price
    side: Literal["buy", "sell"] = "sell" if intent.side == "buy" else "buy"
    return replace(intent, symbol=ticker, side=side, price_quote=price)


class KalshiOrders(CcxtOrders):
    """Orders by a client of `ccxt.prediction.kalshi`, with key and private key; it is changed."""

    def __init__(self, client: Any) -> None:
        """Take over the client.

        Raises:
            UnsupportedVenue: it is no client of Kalshi.
        """
        if client.id != "kalshi":
            raise UnsupportedVenue(f"this is the port of kalshi, not of {client.id}")
        super().__init__(client, ways=_WAYS)

        async def open_orders(symbol: str, params: Mapping[str, Any]) -> Sequence[Raw]:
            return await _orders(client, symbol, {"status": "resting", **params})

        async def time_ms() -> int:
            await client.fetch_status()
            date = client.last_response_headers["Date"]
            return int(parsedate_to_datetime(date).timestamp() * 1000)

        client.fetch_open_orders, client.fetch_time = open_orders, time_ms
        self._kalshi = client

    async def submit(self, intent: Intent, client_order_id: str) -> Judged:
        """Send an order, once."""
        why = None
        if intent.symbol.endswith(_OTHER_LEG):
            # Under a symbol of its own its part of the position would be counted apart.
            why = f"submit yes_of(...) of it, which is {intent.symbol.removesuffix(_OTHER_LEG)}"
        elif intent.order_type == "market":
            why = "kalshi has limit orders only"
        elif intent.time_in_force == "PO":
            why = "ccxt sends no post-only order to kalshi"
        if why is not None:
            return Judged(Came.REJECTED, NOT_SENT, why)
        return await super().submit(intent, client_order_id)

    async def outcome(self, ticker: str) -> Outcome:
        """What the guard must know of an outcome.

        Raises:
            BadReply: the venue tells a market that cannot be used.
            Unanswered: it does not answer.
        """
        import ccxt

        try:
            await self._kalshi.load_outcome(ticker, True)
        except ccxt.BaseError as error:
            raise Unanswered(f"kalshi did not tell outcome {ticker}: {error!r:.200}") from error
        market = next(each for each in self._kalshi.markets.values() if each["id"] == ticker)
        info, paid = market["info"], market["info"]["status"] in _PAID
        # ccxt's expiry is when a result is due at the latest; trading ends before.
        closes = self._kalshi.parse8601(info.get("close_time"))
        steps = [number(each["step"], f"{ticker} step") for each in info.get("price_ranges") or ()]
        told = outcome_of(
            "kalshi",
            {**market, "expiry": closes or market["expiry"], "resolved": paid},
            ticker,
            datetime.now(UTC),
            # Finer near 0 and 1 in some markets: the coarsest one fits everywhere.
            tick=max((each for each in steps if each), default=None),
        )
        return told if paid else replace(told, pays=None)


def _named(client: Any, name: str) -> dict[str, Any]:
    # ccxt hands an unknown parameter on as it is; it has no word of its own for this one.
    return {"client_order_id": name}


async def _cancel(client: Any, symbol: str, name: str, number: str | None) -> Any:
    known = number or (await _find(client, symbol, name, None, 0))["id"]
    return await client.cancel_order(known, symbol)


async def _find(client: Any, symbol: str, name: str, number: str | None, since_ms: int) -> Raw:
    lists = [client.kalshiPrivateGetPortfolioOrders]
    if _is_old(client, since_ms):
        lists.append(client.kalshiPrivateGetHistoricalOrders)
    for call in lists:
        for row in await _pages(call, "orders", symbol, {}):
            if name == row.get("client_order_id") or number == row["order_id"]:
                return _order(symbol, row)
    raise NoSuchOrder


async def _orders(client: Any, symbol: str, asked: Mapping[str, Any]) -> list[Raw]:
    rows = await _pages(client.kalshiPrivateGetPortfolioOrders, "orders", symbol, asked)
    return [_order(symbol, row) for row in rows]


def _order(symbol: str, row: Mapping[str, Any]) -> Raw:
    return {
        "id": row["order_id"],
        "clientOrderId": row.get("client_order_id"),
        "symbol": symbol,
        "side": _side(row),
        "status": _STATUSES.get(row["status"], row["status"]),
        "amount": row.get("initial_count_fp") or row.get("count"),
        "filled": row.get("fill_count_fp") or row.get("filled_count") or "0",
        "info": row,
    }


async def _fills(client: Any, symbol: str, since_ms: int) -> Sequence[Raw]:
    asked = {"min_ts": since_ms // 1_000 - 1}  # "after" it, in whole seconds
    rows = await _pages(client.kalshiPrivateGetPortfolioFills, "fills", symbol, asked)
    if _is_old(client, since_ms):
        rows += await _pages(client.kalshiPrivateGetHistoricalFills, "fills", symbol, {})
    fills = [
        {
            "id": row.get("fill_id") or row["trade_id"],
            "order": row["order_id"],
            "symbol": symbol,
            "side": _side(row),
            "amount": str(row.get("count_fp") or row["count"]),
            "price": _dollars(row),
            "timestamp": client.parse8601(row["created_time"]),
            "info": row,
        }
        for row in rows
    ]
    # One without a time is kept: that it cannot be read is to be told.
    return [each for each in fills if each["timestamp"] is None or each["timestamp"] >= since_ms]


def _is_old(client: Any, since_ms: int) -> bool:
    return bool(client.milliseconds() - since_ms > _LISTED_MS)


def _side(row: Mapping[str, Any]) -> str | None:
    """Whether an order or a fill buys or sells YES; None where it does not say.

    The pair of action and side is older, and not told any more; buying NO is selling YES.
    """
    for field in ("book_side", "outcome_side"):
        if row.get(field):
            return _SIDES.get((field, row[field]))
    return _LEGACY.get((row.get("action"), row.get("side")))


async def _pages(call: Any, key: str, symbol: str, asked: Mapping[str, Any]) -> list[Any]:
    rows: list[Any] = []
    more: dict[str, Any] = {}
    while True:
        told = await call({"ticker": symbol, **asked, **more})
        rows += told[key]
        if not told.get("cursor"):
            return rows
        more = {"cursor": told["cursor"]}


def _dollars(row: Mapping[str, Any]) -> str:
    dollars = row.get("yes_price_dollars")
    return str(dollars) if dollars else plain(from_json(row["yes_price"]) / Decimal(100))


# Kalshi names no time after which a signed request is refused: a margin for one on its way.
_WAYS: Final = Ways(60, _named, _cancel, _find, _fills)
