"""One account of one venue by ccxt's asynchronous client.

What a reply means for an order is `judging`: ccxt's exceptions are caught here, all of them,
because which class one has says nothing that can be relied on. ccxt's own retries are off.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeVar

from trading_tools.audit.trade import Outcome
from trading_tools.exchange.faults import Answer
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.judging import Judged, judge
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import Unanswered, VenueFill, VenueOrder
from trading_tools.exchange.orders.ways import WAYS, WINDOW_MS, NoSuchOrder

R = TypeVar("R")

NOT_SENT: Final = "not sent"
"""The code of an order that ccxt refused itself, before any request."""

_STAGES: Final[Mapping[str, Stage]] = {
    "open": Stage.OPEN,
    "closed": Stage.FILLED,
    "canceled": Stage.CANCELED,
    "expired": Stage.CANCELED,
    "rejected": Stage.REJECTED,
    # Coinbase's own words, which ccxt passes through.
    "PENDING": Stage.OPEN,
    "QUEUED": Stage.OPEN,
    "CANCEL_QUEUED": Stage.OPEN,
    "EDIT_QUEUED": Stage.OPEN,
}


@dataclass
class _Exchanged:
    """What one call of the client sent and got."""

    sent: bool = False
    answer: Answer | None = None


_exchanged: ContextVar[_Exchanged] = ContextVar("what this call sent and got")


class UnsupportedVenue(ValueError):
    """Orders at this venue are not known to be safe by this port."""


class CcxtOrders:
    """Orders by a ccxt client that its owner made, with keys; it is changed for this use."""

    def __init__(self, client: Any) -> None:
        """Take over a client of `ccxt.async_support` or `ccxt.pro`.

        Raises:
            UnsupportedVenue: the venue is not one whose ways with orders are known here.
        """
        if client.id not in WAYS:
            raise UnsupportedVenue(
                f"orders at {client.id} are not supported: use one of {', '.join(WAYS)}"
            )
        self.name: str = client.id
        self._ways = WAYS[client.id]
        self.validity_s = self._ways.validity_s
        self._client = client
        client.options["maxRetriesOnFailure"] = 0
        client.options["recvWindow"] = WINDOW_MS
        client.number = str
        client.on_rest_response = self._noted
        self._fetch = client.fetch
        client.fetch = self._sending

    async def submit(self, intent: Intent, client_order_id: str) -> Judged:
        """Send an order, once."""
        params = self._ways.named(self._client, client_order_id)
        if intent.time_in_force == "PO":
            params["postOnly"] = True
        elif intent.order_type == "limit":
            params["timeInForce"] = intent.time_in_force
        # `reduce_only` is the guard's to keep. Spot venues have no such order: Binance refuses the
        # parameter, Bybit passes it over, and ccxt's coinbase closes the whole position instead.
        price = None if intent.price_quote is None else str(intent.price_quote)

        async def send() -> Any:
            return await self._client.create_order(
                intent.symbol, intent.order_type, intent.side, str(intent.size_base), price, params
            )

        return await self._judged(send)

    async def cancel(self, symbol: str, client_order_id: str, venue_order_id: str | None) -> Judged:
        """Ask for the end of an order, once."""

        async def send() -> Any:
            return await self._ways.cancel(self._client, symbol, client_order_id, venue_order_id)

        return await self._judged(send)

    async def find(
        self, symbol: str, client_order_id: str, venue_order_id: str | None, since_ms: int
    ) -> VenueOrder | None:
        """The order by its client id, or by the venue's where it is known."""

        async def ask() -> Any:
            return await self._ways.find(
                self._client, symbol, client_order_id, venue_order_id, since_ms
            )

        try:
            shown = await self._asked(ask)
        except Unanswered as error:
            if isinstance(error.__cause__, NoSuchOrder):
                return None
            raise
        return _order(shown)

    async def open_orders(self, symbol: str | None) -> Sequence[VenueOrder]:
        """All open orders of the account, in one market or, for None, in all of them."""

        async def ask() -> Any:
            params = dict(self._ways.listing)
            return await self._client.fetch_open_orders(symbol, params=params)

        return [_order(shown) for shown in await self._asked(ask)]

    async def fills(self, symbol: str, since_ms: int) -> Sequence[VenueFill]:
        """All fills of the account since then, page after page."""

        async def ask() -> Any:
            return await self._ways.fills(self._client, symbol, since_ms)

        found = {
            (fill.venue_order_id, fill.trade_id): fill
            for fill in map(_fill, await self._asked(ask))
        }
        return sorted(found.values(), key=lambda fill: (fill.at_ms, fill.trade_id))

    async def balances(self) -> Mapping[str, tuple[Decimal, Decimal]]:
        """What the account holds of each asset: in all, and how much of it is free."""
        shown = await self._asked(self._client.fetch_balance)
        try:
            return {
                asset: (Decimal(shown["total"][asset]), Decimal(shown["free"][asset] or 0))
                for asset in sorted(shown["total"])
                if shown["total"][asset] is not None and Decimal(shown["total"][asset])
            }
        except (KeyError, TypeError, ArithmeticError) as error:
            raise Unanswered(f"a balance that cannot be read: {_line(error)}") from error

    async def time_ms(self) -> int:
        """The venue's clock."""
        return int(await self._asked(self._client.fetch_time))

    async def close(self) -> None:
        """Let go of the client's connections."""
        await self._client.close()

    async def _judged(self, send: Callable[[], Awaitable[Any]]) -> Judged:
        exchanged = _Exchanged()
        order: Any = None
        try:
            order = await self._asked(send, exchanged)
        except Unanswered as error:
            if not exchanged.sent:
                return Judged(Outcome.REJECTED, NOT_SENT, _line(error.__cause__ or error))
            if exchanged.answer is None:
                return Judged(Outcome.UNKNOWN, message=_line(error.__cause__ or error))
        number = order.get("id") if isinstance(order, Mapping) else None
        return judge(self.name, exchanged.answer, None if number is None else str(number))

    async def _asked(
        self, ask: Callable[[], Awaitable[R]], exchanged: _Exchanged | None = None
    ) -> R:
        """The one place where every exception of ccxt's is caught; `exchanged` is filled."""
        _exchanged.set(exchanged or _Exchanged())
        try:
            return await ask()
        except Exception as error:
            raise Unanswered(f"{self.name} did not say: {_line(error)}") from error

    async def _sending(self, *request: Any, **more: Any) -> Any:
        """ccxt's one way out: notes that something is sent, and forgets the reply before."""
        exchanged = _exchanged.get(None)
        if exchanged is not None:
            exchanged.sent, exchanged.answer = True, None
        return await self._fetch(*request, **more)

    def _noted(
        self,
        status: int,
        reason: str,
        url: str,
        method: str,
        headers: Mapping[str, str],
        body: str,
        *_request: object,
    ) -> str:
        """ccxt's hook for each reply."""
        exchanged = _exchanged.get(None)
        if exchanged is not None:
            low = {name.lower(): value for name, value in headers.items()}
            exchanged.answer = Answer(status, low, body)
        return body.strip()


def _order(shown: Mapping[str, Any]) -> VenueOrder:
    """An order as ccxt parsed it.

    Raises:
        Unanswered: it lacks what an order must have.
    """
    try:
        stage = _STAGES[shown["status"]]
        size, filled = Decimal(shown["amount"]), Decimal(shown["filled"])
        # Bybit's PartiallyFilledCanceled is "closed" in ccxt's words.
        if stage is Stage.FILLED and filled < size:
            stage = Stage.CANCELED
        return VenueOrder(
            str(shown["id"]),
            str(shown["clientOrderId"] or ""),
            shown["symbol"],
            shown["side"],
            stage,
            size,
            filled,
            None if shown.get("price") is None else Decimal(shown["price"]),
        )
    except (KeyError, TypeError, ArithmeticError) as error:
        raise Unanswered(f"an order that cannot be read: {_line(error)}") from error


def _fill(shown: Mapping[str, Any]) -> VenueFill:
    try:
        return VenueFill(
            str(shown["id"]),
            str(shown["order"]),
            shown["symbol"],
            shown["side"],
            Decimal(shown["amount"]),
            Decimal(shown["price"]),
            int(shown["timestamp"]),
        )
    except (KeyError, TypeError, ArithmeticError) as error:
        raise Unanswered(f"a fill that cannot be read: {_line(error)}") from error


def _line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
