"""A venue in memory whose every request stands still until it is told what becomes of it.

`Books` is the truth of the venue; `Scripted` is the port over it. What the manager asks becomes a
`Call`: it may arrive or be lost, early or late, and its reply may come, be lost or come when all
has changed. Nothing here happens by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from tests.trading_tools.exchange.orders.guards import NOW
from trading_tools.audit.trade import Outcome
from trading_tools.exchange.orders.contracts import is_contract
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.judging import Judged
from trading_tools.exchange.orders.life import ENDS, Stage
from trading_tools.exchange.orders.port import (
    SET_BY_MS,
    Unanswered,
    VenueFill,
    VenueOrder,
)

VALIDITY_S = 5.0
FEE = Decimal("0.001")
PRICE = Decimal(60_000)
STRANGER = "stranger"
_LIVE = frozenset({Stage.WAITING, Stage.OPEN})


@dataclass
class Order:
    """An order as the venue has it, from `shown_at` on: lists lag behind."""

    number: str
    name: str
    symbol: str
    side: Literal["buy", "sell"]
    size: Decimal
    accepted_at: float
    shown_at: float
    filled: Decimal = Decimal(0)
    stage: Stage = Stage.OPEN
    waiting: str | None = None
    """The number that a stop has while it waits, as USD-M gives it: its order gets another one."""
    hidden_until: float = 0.0
    """One that has just ended is in neither list for a moment."""

    def shown(self) -> VenueOrder:
        return VenueOrder(
            self.number, self.name, self.symbol, self.side, self.stage, self.size, self.filled
        )

    @property
    def left(self) -> Decimal:
        """What may still fill."""
        return Decimal(0) if self.stage in ENDS else self.size - self.filled


@dataclass
class Books:
    """What is true. `seconds` is the venue's clock, and `lag_s` how far its lists are behind."""

    seconds: float = 0.0
    lag_s: float = 0.0
    orders: list[Order] = field(default_factory=list)
    fills: list[tuple[float, VenueFill]] = field(default_factory=list)
    """Each with when it is in the list."""
    news: list[VenueOrder] = field(default_factory=list)
    """Every view of every order that a stream may tell, in whatever order."""

    def now_ms(self) -> int:
        return round((NOW.timestamp() + self.seconds) * 1_000)

    def accept(
        self,
        name: str,
        symbol: str,
        side: Literal["buy", "sell"],
        size: Decimal,
        *,
        waits: bool = False,
    ) -> Order:
        # Numbers are a market's own: those of two markets collide.
        number = str(1 + sum(order.symbol == symbol for order in self.orders))
        shown_at = self.seconds + self.lag_s
        order = Order(number, name, symbol, side, size, self.seconds, shown_at)
        if waits:
            order.number = order.waiting = f"algo:{number}"
            order.stage = Stage.WAITING
        self.orders.append(order)
        self.news.append(order.shown())
        return order

    def trigger(self, order: Order) -> None:
        """A stop's price has come: it is an order of another number from now on."""
        order.number, order.stage = order.number.removeprefix("algo:"), Stage.OPEN
        self.news.append(order.shown())

    def trade(self, order: Order, size: Decimal) -> None:
        """Some of an order fills. A trade's number is its order's own."""
        size = min(size, order.left)
        order.filled += size
        if order.filled == order.size:
            self._end(order, Stage.FILLED)
        number = str(sum(fill.venue_order_id == order.number for _, fill in self.fills))
        fee = Decimal(0) if is_contract(order.symbol) else size * FEE
        fill = VenueFill(
            number,
            order.number,
            order.symbol,
            order.side,
            size,
            PRICE,
            self.now_ms(),
            fee_base=fee,
        )
        self.fills.append((self.seconds + self.lag_s, fill))
        self.news.append(order.shown())

    def end(self, order: Order) -> None:
        """By a cancel, by the venue itself; it may say that it refused what it had taken."""
        self._end(order, Stage.CANCELED)
        self.news.append(order.shown())

    def refuse(self, order: Order) -> None:
        """Bybit takes an order for processing first, and may refuse it then."""
        self._end(order, Stage.REJECTED)
        self.news.append(order.shown())

    def _end(self, order: Order, stage: Stage) -> None:
        order.stage = stage
        order.hidden_until = self.seconds + self.lag_s

    def visible(self, order: Order) -> bool:
        return order.shown_at <= self.seconds and not (
            order.stage in ENDS and self.seconds < order.hidden_until
        )

    def position(self, symbol: str, *, strangers: bool = True) -> Decimal:
        """What all fills of a market come to."""
        return sum(
            (
                (order.filled if order.side == "buy" else -order.filled)
                - (Decimal(0) if is_contract(symbol) else order.filled * FEE)
                for order in self.orders
                if order.symbol == symbol and (strangers or order.name != STRANGER)
            ),
            Decimal(0),
        )


@dataclass
class Call:
    """A request of the manager's, and what it gets where nobody says what became of it."""

    kind: str
    name: str
    sent_at: float
    apply: Callable[[], Any]
    unheard: Any
    answer: asyncio.Future[Any]
    arrived: bool = False
    reply: Any = None

    def arrive(self) -> None:
        """The venue does what is asked of it."""
        self.arrived = True
        self.reply = self.apply()

    def tell(self, reply: Any) -> None:
        """The manager hears of it, if it is still there."""
        if self.answer.done():
            return
        if isinstance(reply, Exception):
            self.answer.set_exception(reply)
        else:
            self.answer.set_result(reply)


@dataclass
class Scripted:
    """The port. `calls` are the requests that something is still to become of."""

    books: Books
    name: str = "binance"
    validity_s: float = VALIDITY_S
    calls: list[Call] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    """Client ids of all submits, whatever became of them."""
    beside: dict[str, list[str]] = field(default_factory=dict)
    """By the client id of a submit, which orders were open when it was sent."""
    crowded: bool = False
    """Whether an order waits for its turn."""
    refusing: bool = False
    """Whether the venue refuses new orders for want of funds."""

    async def _call(self, kind: str, name: str, apply: Callable[[], Any], unheard: Any) -> Any:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        call = Call(kind, name, self.books.seconds, apply, unheard, answer)
        self.calls.append(call)
        return await answer

    async def turn(self, intent: Intent) -> None:
        if self.crowded:
            await self._call("turn", intent.key, lambda: None, None)

    async def submit(self, intent: Intent, client_order_id: str) -> Judged:
        sent_at = self.books.seconds
        self.sent.append(client_order_id)
        self.beside[client_order_id] = [order.name for order in self.books.orders if order.left]

        def apply() -> Judged:
            if self.books.seconds - sent_at > VALIDITY_S:
                return Judged(Outcome.REJECTED, "-1021", "too late")
            if self.refusing:
                return Judged(Outcome.REJECTED, "-2010", "no funds")
            order = self.books.accept(
                client_order_id,
                intent.symbol,
                intent.side,
                intent.size_base,
                waits=intent.stop_price_quote is not None,
            )
            return Judged(Outcome.ACCEPTED, venue_order_id=order.number)

        told: Judged = await self._call("submit", client_order_id, apply, _unheard())
        return told

    async def cancel(self, symbol: str, client_order_id: str, venue_order_id: str | None) -> Judged:
        def apply() -> Judged:
            for order in self.books.orders:
                known = order.symbol == symbol and (
                    order.number == venue_order_id
                    if venue_order_id is not None
                    else order.name == client_order_id
                )
                if known and order.stage in _LIVE:
                    self.books.end(order)
                    return Judged(Outcome.ACCEPTED)
            return Judged(Outcome.UNKNOWN, "-2011", "unknown order")

        told: Judged = await self._call("cancel", client_order_id, apply, _unheard())
        return told

    async def find(
        self, symbol: str, client_order_id: str, venue_order_id: str | None, since_ms: int
    ) -> VenueOrder | None:
        def wanted(order: Order) -> bool:
            if venue_order_id is not None:
                return venue_order_id in (order.number, order.waiting)
            at_ms = (NOW.timestamp() + order.accepted_at) * 1_000
            return order.name == client_order_id and at_ms >= since_ms - SET_BY_MS

        def apply() -> VenueOrder | None:
            for order in self.books.orders:
                if order.symbol == symbol and wanted(order) and self.books.visible(order):
                    return order.shown()
            return None

        told: VenueOrder | None = await self._call("find", client_order_id, apply, _no_reply())
        return told

    async def open_orders(self, symbol: str) -> Sequence[VenueOrder]:
        def apply() -> list[VenueOrder]:
            return [
                order.shown()
                for order in self.books.orders
                if order.symbol == symbol and order.stage in _LIVE and self.books.visible(order)
            ]

        told: Sequence[VenueOrder] = await self._call("open_orders", symbol, apply, _no_reply())
        return told

    async def fills(self, symbol: str, since_ms: int) -> Sequence[VenueFill]:
        def apply() -> list[VenueFill]:
            return [
                fill
                for shown_at, fill in self.books.fills
                if fill.symbol == symbol
                and fill.at_ms >= since_ms
                and shown_at <= self.books.seconds
            ]

        told: Sequence[VenueFill] = await self._call("fills", symbol, apply, _no_reply())
        return told

    async def position(self, symbol: str) -> Decimal:
        def apply() -> Decimal:
            return self.books.position(symbol)

        told: Decimal = await self._call("position", symbol, apply, _no_reply())
        return told

    async def time_ms(self) -> int:
        told: int = await self._call("time", "", self.books.now_ms, _no_reply())
        return told

    def may_arrive(self, name: str) -> bool:
        """Whether an order is on its way still, and the venue would take it."""
        return any(
            (call.kind, call.name, call.arrived) == ("submit", name, False)
            and self.books.seconds - call.sent_at <= VALIDITY_S
            for call in self.calls
        )


def _unheard() -> Judged:
    return Judged(Outcome.UNKNOWN, message="no reply came")


def _no_reply() -> Unanswered:
    return Unanswered("no reply came")
