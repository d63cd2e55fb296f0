"""Orders at Kalshi by ccxt's own prediction client, for the YES outcomes of its markets.

A symbol is a market's ticker. NO is bought by selling YES: Kalshi quotes that leg alone, and how it
would name an order for NO afterwards is not known. Lists are read by ccxt's raw calls, page by
page: its unified ones read one page, and its parser of fills multiplies text (ccxt 4.5.90).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, Final

from trading_tools.audit.trade import Outcome as Came
from trading_tools.exchange.links.prediction.facts import Outcome, outcome_of
from trading_tools.exchange.orders.ccxt_port import NOT_SENT, CcxtOrders, UnsupportedVenue
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.judging import Judged
from trading_tools.exchange.orders.port import Unanswered
from trading_tools.exchange.orders.ways import NoSuchOrder, Raw, Ways
from trading_tools.money import from_json, plain

_STATUSES: Final[Mapping[str, str]] = MappingProxyType(
    {"resting": "open", "pending": "open", "executed": "closed", "canceled": "canceled"}
)
_OTHER_LEG: Final = "-NO"


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
            why = f"to buy NO, sell YES: {intent.symbol.removesuffix(_OTHER_LEG)}"
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
        return outcome_of("kalshi", market, ticker, datetime.now(UTC))


def _named(client: Any, name: str) -> dict[str, Any]:
    # ccxt hands an unknown parameter on as it is; it has no word of its own for this one.
    return {"client_order_id": name}


async def _cancel(client: Any, symbol: str, name: str, number: str | None) -> Any:
    known = number or (await _find(client, symbol, name, None, 0))["id"]
    return await client.cancel_order(known, symbol)


async def _find(client: Any, symbol: str, name: str, number: str | None, since_ms: int) -> Raw:
    for order in await _orders(client, symbol, {}):
        if name == order["clientOrderId"] or number == order["id"]:
            return order
    raise NoSuchOrder


async def _orders(client: Any, symbol: str, asked: Mapping[str, Any]) -> list[Raw]:
    rows = await _pages(client.kalshiPrivateGetPortfolioOrders, "orders", symbol, asked)
    return [
        {
            "id": row["order_id"],
            "clientOrderId": row.get("client_order_id"),
            "symbol": symbol,
            "side": row["action"],
            "status": _STATUSES[row["status"]],
            "amount": row.get("initial_count_fp") or row.get("count"),
            "filled": row.get("fill_count_fp") or row.get("filled_count") or "0",
            "info": row,
        }
        for row in rows
        if row["side"] == "yes"
    ]


async def _fills(client: Any, symbol: str, since_ms: int) -> Sequence[Raw]:
    asked = {"min_ts": since_ms // 1_000}
    rows = await _pages(client.kalshiPrivateGetPortfolioFills, "fills", symbol, asked)
    return [
        {
            "id": row.get("fill_id") or row["trade_id"],
            "order": row["order_id"],
            "symbol": symbol,
            "side": row["action"],
            "amount": str(row.get("count_fp") or row["count"]),
            "price": _dollars(row),
            "timestamp": client.parse8601(row["created_time"]),
            "info": row,
        }
        for row in rows
        if row["side"] == "yes"
    ]


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
