"""Our orders as the trade audit has them: a fold over its entries, the same after every restart.

Nothing is remembered beside the audit. What the entries are is `trading_tools.audit.trade`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from typing import Final

from trading_tools.audit.account_entries import PositionChange, Reconciled
from trading_tools.audit.order_ends import ReplaceIntent
from trading_tools.audit.trade import (
    Entry,
    OfOrder,
    OrderFill,
    OrderIntent,
    OrderResult,
    OrderStage,
    Outcome,
)
from trading_tools.exchange.orders.life import ENDS, UNSURE, Stage, turn
from trading_tools.exchange.orders.port import NOT_SENT

EXACT: Final = Context(prec=300, traps=[InvalidOperation, DivisionByZero, Overflow])
"""Sums keep every digit, whatever the context of the thread that asks."""

WRITTEN_OFF: Final = "written off: "
"""How the source of a stage begins that an order's owner stated."""


@dataclass
class OrderRecord:
    """One order of ours. `filled_size_base` is the sum of its fills, each counted once."""

    client_order_id: str
    symbol: str
    side: str
    size_base: Decimal
    price_quote: Decimal | None
    intended_at: datetime
    stage: Stage = Stage.INTENDED
    venue_order_id: str | None = None
    reason: str | None = None
    fills: dict[str, OrderFill] = field(default_factory=dict)
    reported_size_base: Decimal = Decimal(0)
    """What the venue said is filled; more than the fills where some have not arrived yet."""
    successor: str | None = None
    """The client id of the one order that may go in its place."""
    key: str | None = None
    """That of its intent. This and the next are None of an order that an older version wrote."""
    time_in_force: str | None = None
    reduce_only: bool | None = None
    stop_price_quote: Decimal | None = None
    """The price that it waits for at the venue, if it is a stop."""
    written_off: bool = False
    """Whether its owner said what it filled, of which the venue may tell nothing more."""

    @property
    def ended(self) -> bool:
        """Whether nothing more can come of it but fills that are on their way."""
        return self.stage in ENDS

    @property
    def filled_size_base(self) -> Decimal:
        """The most that is known to be filled."""
        return max(
            self.reported_size_base,
            sum((fill.size_base for fill in self.fills.values()), Decimal(0)),
        )

    @property
    def fee_base(self) -> Decimal:
        """What was kept of the base asset for its fills, of those that have arrived."""
        return sum((fill.fee_base for fill in self.fills.values()), Decimal(0))

    @property
    def open_size_base(self) -> Decimal:
        """What may still fill: all of it while the outcome is not known."""
        left = self.size_base - self.filled_size_base
        return Decimal(0) if self.ended else max(Decimal(0), left)

    @property
    def settled(self) -> bool:
        """Whether it has ended and every fill that the venue reported has arrived."""
        arrived = sum((fill.size_base for fill in self.fills.values()), Decimal(0))
        return self.ended and (self.written_off or arrived >= self.reported_size_base)


class Records:
    """All orders of one audit stream, by client order id, in the order of their intents."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.orders: dict[str, OrderRecord] = {}
        self._unsettled: dict[str, OrderRecord] = {}
        self._by_venue_id: dict[tuple[str, str], OrderRecord] = {}
        self._positions: dict[str, Decimal] = defaultdict(Decimal)
        self._open: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self._days: Counter[date] = Counter()
        self._alike: dict[tuple[str, str, Decimal], list[datetime]] = defaultdict(list)
        self._replaced: dict[str, OrderRecord] = {}
        self._changes: set[tuple[str, str]] = set()
        self._anothers: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        """What changes made of a position, by market and number of an order that is not here."""
        self.reconciled_at: dict[str, datetime] = {}
        """By market, up to when its fills were compared with the venue's."""
        self.on_news: Callable[[str], None] = lambda symbol: None
        """Gets the market whenever something is learnt of an order there, or of the position."""
        for entry in entries:
            self.apply(entry)

    def apply(self, entry: Entry) -> None:
        """Take in one entry.

        Raises:
            IllegalTransition: it says what cannot follow.
            KeyError: it is of an order without an intent.
        """
        with localcontext(EXACT):
            self._take(entry)

    def _take(self, entry: Entry) -> None:
        if isinstance(entry, PositionChange):
            if not self.knows_change(entry.symbol, entry.name):
                self._changes.add((entry.symbol, entry.name))
                self._positions[entry.symbol] += entry.change_base
                self._anothers[entry.symbol, entry.name.partition("/")[0]] += entry.change_base
                self.on_news(entry.symbol)
        elif isinstance(entry, Reconciled):
            self.reconciled_at[entry.symbol] = entry.at
        if not isinstance(entry, OfOrder):
            return
        before = self.orders.get(entry.client_order_id)
        if before is not None:
            self._count(before, -1)
        try:
            self._change(entry)
        finally:
            after = self.orders.get(entry.client_order_id)
            if after is not None:
                self._count(after, 1)
                if after.settled:
                    self._unsettled.pop(after.client_order_id, None)
                else:
                    self._unsettled[after.client_order_id] = after
                if isinstance(entry, OrderStage | OrderFill):
                    self.on_news(after.symbol)

    def _count(self, order: OrderRecord, sign: int) -> None:
        """Add an order to the sums, or take it out of them before it changes."""
        filled = order.filled_size_base * sign
        bought = filled if order.side == "buy" else -filled
        self._positions[order.symbol] += bought - order.fee_base * sign
        self._open[order.symbol, order.side] += order.open_size_base * sign

    def _change(self, entry: OfOrder) -> None:
        if isinstance(entry, OrderIntent):
            if entry.client_order_id not in self.orders:
                self._days[entry.at.astimezone(UTC).date()] += 1
                alike = self._alike[entry.symbol, entry.side, entry.size_base]
                # In order also where a clock was set back: a repeat counts for longer then.
                alike.append(max(entry.at, alike[-1]) if alike else entry.at)
            self.orders.setdefault(
                entry.client_order_id,
                OrderRecord(
                    entry.client_order_id,
                    entry.symbol,
                    entry.side,
                    entry.size_base,
                    entry.price_quote,
                    entry.at,
                    key=entry.key,
                    time_in_force=entry.time_in_force,
                    reduce_only=entry.reduce_only,
                    stop_price_quote=entry.stop_price_quote,
                ),
            )
        elif isinstance(entry, OrderResult):
            order = self.orders[entry.client_order_id]
            stages = {
                Outcome.ACCEPTED: Stage.OPEN if order.stop_price_quote is None else Stage.WAITING,
                Outcome.REJECTED: Stage.REJECTED,
                Outcome.UNKNOWN: Stage.UNKNOWN,
            }
            # A fill or an update on the stream may have overtaken the reply, with a later number.
            later = order.venue_order_id
            if order.stage in UNSURE:
                order.stage = turn(order.client_order_id, order.stage, stages[entry.outcome])
            self._name(order, entry.venue_order_id)
            self._name(order, later)
            # Why it was not sent says more than that it was not.
            code = None if entry.code == NOT_SENT else entry.code
            order.reason = code or entry.message
        elif isinstance(entry, OrderStage):
            order = self.orders[entry.client_order_id]
            order.stage = turn(order.client_order_id, order.stage, Stage(entry.stage))
            self._name(order, entry.venue_order_id)
            order.reported_size_base = max(order.reported_size_base, entry.filled_size_base)
            order.written_off = order.written_off or entry.source.startswith(WRITTEN_OFF)
        elif isinstance(entry, OrderFill):
            order = self.orders[entry.client_order_id]
            order.fills.setdefault(entry.trade_id, entry)
        elif isinstance(entry, ReplaceIntent):
            order = self.orders[entry.client_order_id]
            order.successor = entry.successor
            self._replaced[entry.successor] = order

    def of_fill(
        self, symbol: str, venue_order_id: str, client_order_id: str | None
    ) -> OrderRecord | None:
        """The order that a fill is of, by either of its names."""
        if client_order_id is not None and client_order_id in self.orders:
            return self.orders[client_order_id]
        return self.of_number(symbol, venue_order_id)

    def of_number(self, symbol: str, venue_order_id: str) -> OrderRecord | None:
        """The order that has or had this number; one that was triggered may have two."""
        return self._by_venue_id.get((symbol, venue_order_id))

    def numbered(self, venue_order_id: str) -> list[OrderRecord]:
        """The orders that have this number at the venue: one for each market at most."""
        named = self._by_venue_id.items()
        return [order for (_, number), order in named if number == venue_order_id]

    def filled_in_all(self, order: OrderRecord) -> Decimal:
        """What an order and all those that it replaced, one after the other, have filled."""
        with localcontext(EXACT):
            filled = order.filled_size_base
            before = self._replaced.get(order.client_order_id)
            while before is not None:
                filled += before.filled_size_base
                before = self._replaced.get(before.client_order_id)
        return filled

    def knows_change(self, symbol: str, name: str) -> bool:
        """Whether a change of a position by others is counted already."""
        return (symbol, name) in self._changes

    def _name(self, order: OrderRecord, venue_order_id: str | None) -> None:
        if venue_order_id is not None:
            order.venue_order_id = venue_order_id
            # What was taken for another's fills, before the number was known, counts by its order.
            booked = self._anothers.pop((order.symbol, venue_order_id), Decimal(0))
            self._positions[order.symbol] -= booked
            self._by_venue_id[order.symbol, venue_order_id] = order

    def unsettled(self) -> list[OrderRecord]:
        """Orders of which something is still to be learnt: few, however many there have been."""
        return list(self._unsettled.values())

    def not_ended(self) -> list[OrderRecord]:
        """Orders that are open, or may be."""
        return [order for order in self.unsettled() if not order.ended]

    @property
    def symbols(self) -> Collection[str]:
        """The markets of all orders."""
        return self._positions.keys()

    @property
    def exposed(self) -> set[str]:
        """The markets where there is a position, or may be one of what is open."""
        return {each for each in self.symbols if any(self.exposure_base(each))}

    def without(self, order: OrderRecord) -> Records:
        """All this as it would be had an order just ended: to judge by, not to be told more."""
        then = copy(self)
        then._open = self._open.copy()
        with localcontext(EXACT):
            then._open[order.symbol, order.side] -= order.open_size_base
        return then

    def sent_on(self, day: date) -> int:
        """How many orders were meant on a day (UTC)."""
        return self._days[day]

    def alike_since(self, symbol: str, side: str, size_base: Decimal, since: datetime) -> int:
        """How many orders of a market, side and size were meant after then."""
        times = self._alike.get((symbol, side, size_base), [])
        return len(times) - bisect_right(times, since)

    def position_base(self, symbol: str) -> Decimal:
        """What all fills of a symbol come to: bought less sold, less fees in the base asset.

        The fee of what the venue reported as filled is missing until its fills have arrived.
        """
        return self._positions.get(symbol, Decimal(0))

    def exposure_base(self, symbol: str) -> tuple[Decimal, Decimal]:
        """The position if every open buy fills and no sell, and the other way round."""
        position = self.position_base(symbol)
        bought, sold = (self._open.get((symbol, side), Decimal(0)) for side in ("buy", "sell"))
        return position + bought, position - sold
