"""What is known of one account's orders, and how it is learnt: queries, streams, lists, fills.

Nothing is sent here but questions. What changes something at the venue is `manager`; how all of an
account is compared with the venue is `reconciling`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from trading_tools.audit.trade import Entry, OrderFill, OrderResult, OrderStage
from trading_tools.exchange.orders.absence import Absences
from trading_tools.exchange.orders.journal import Journal
from trading_tools.exchange.orders.life import UNSURE, Stage, turn
from trading_tools.exchange.orders.port import OrderVenue, Unanswered, VenueFill, VenueOrder
from trading_tools.exchange.orders.records import OrderRecord, Records

_FIRST_WAIT_S = 0.25
_LONGEST_WAIT_S = 5.0
_STREAM_LOOK_S = 0.02
_EARLY_FILLS = 1_000


class Tracker:
    """Keeps the records of one audit true to its venue."""

    def __init__(
        self,
        venue: OrderVenue,
        journal: Journal,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.venue = venue
        self.now = now
        self.started = now()
        self.locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """By client order id: who holds one acts on that order, or asks after it."""
        self.compared: dict[str, datetime] = {}
        """By market, up to when this process compared its fills, by the venue's clock."""
        self._ahead = timedelta()
        self._journal = journal
        self._sleep = sleep
        self._absences = Absences(venue.validity_s)
        self._early: deque[VenueFill] = deque(maxlen=_EARLY_FILLS)

    @property
    def records(self) -> Records:
        """What is known."""
        return self._journal.records

    def write(self, entry: Entry) -> None:
        """Put an entry into the audit and into what is known, with what had waited for it."""
        self._journal.write(entry)
        if isinstance(entry, OrderResult | OrderStage) and entry.venue_order_id is not None:
            early, self._early = self._early, deque(maxlen=_EARLY_FILLS)
            for fill in early:
                self.on_fill(fill)

    def on_order(self, shown: VenueOrder) -> bool:
        """Take in what a stream or a list says of an order; whether it is ours.

        Raises:
            IllegalTransition: it was rejected or proven not to exist.
        """
        order = self.records.of_fill(shown.symbol, shown.venue_order_id, shown.client_order_id)
        if order is not None:
            self._learn(order, shown, "shown by the venue")
        return order is not None

    def on_fill(self, fill: VenueFill) -> bool:
        """Take in a fill, from wherever and however often it comes; whether it is of ours.

        One of an order whose number is not known yet is kept, and counts once the number is.
        """
        order = self.records.of_fill(fill.symbol, fill.venue_order_id, fill.client_order_id)
        if order is None:
            self._early.append(fill)
            return False
        if fill.trade_id not in order.fills:
            self.write(
                OrderFill(
                    order.client_order_id,
                    fill.trade_id,
                    datetime.fromtimestamp(fill.at_ms / 1000, UTC),
                    fill.size_base,
                    fill.price_quote,
                    fill.fee_base,
                )
            )
        return True

    async def told_within(self, order: OrderRecord, seconds: float) -> None:
        """Let a stream tell an order's end."""
        left = seconds
        while not order.ended and left > 0:
            await self._sleep(_STREAM_LOOK_S)
            left -= _STREAM_LOOK_S

    async def asked_until(
        self, order: OrderRecord, within_s: float, known: Callable[[], bool]
    ) -> OrderRecord:
        """Ask the venue after an order until it is `known`, less and less often."""
        wait, left = _FIRST_WAIT_S, within_s
        while not known():
            await self.ask(order)
            if known() or left <= 0:
                break
            await self._sleep(min(wait, left))
            left -= wait
            wait = min(wait * 2, _LONGEST_WAIT_S)
        return order

    async def ask(self, order: OrderRecord) -> bool:
        """One query; whether the venue showed the order.

        That there is no such order is proof only after its window has passed.
        """
        name = order.client_order_id
        try:
            venue_now = await self.venue_now() if order.stage in UNSURE else None
            since_ms = earlier(self.venues(order.intended_at))
            shown = await self.venue.find(order.symbol, name, order.venue_order_id, since_ms)
        except Unanswered:
            return False
        if shown is not None:
            self._learn(order, shown, "query")
        elif (
            venue_now is not None
            and order.stage in UNSURE
            and self._absences.proven(name, self.now(), venue_now)
        ):
            why = "its window has passed and the venue twice had no such order"
            filled = order.reported_size_base
            self.write(OrderStage(name, Stage.VOID, self.now(), filled, why))
        return shown is not None

    async def venue_now(self) -> datetime:
        """The venue's clock. How far ours is ahead of it is known from then on.

        Raises:
            Unanswered: it did not say.
        """
        shown = datetime.fromtimestamp(await self.venue.time_ms() / 1000, UTC)
        self._ahead = self.now() - shown
        return shown

    def venues(self, at: datetime) -> datetime:
        """A time of our clock by the venue's, or before that where ours is behind."""
        return at - max(self._ahead, timedelta())

    def _learn(self, order: OrderRecord, shown: VenueOrder, source: str) -> None:
        """Take in a view of the venue, unless it is older than what is known.

        Raises:
            IllegalTransition: it has an order that was never taken or proven not to exist.
        """
        # What the venue took, and refused then, has a number: an older view of it is no surprise.
        refused_after_all = order.stage is Stage.REJECTED and order.venue_order_id is not None
        over = refused_after_all or order.stage in (Stage.FILLED, Stage.CANCELED)
        # A stop that waits no more does so never again: the view, and the number in it, are older.
        known = over or order.stage in (Stage.WAITING, Stage.OPEN)
        if shown.stage is Stage.WAITING and known:
            return
        # Before it is written down: an audit with an illegal turn in it could not be read again.
        stage = turn(order.client_order_id, order.stage, order.stage if over else shown.stage)
        if (
            stage is order.stage
            and shown.filled_size_base <= order.reported_size_base
            and self.records.of_number(shown.symbol, shown.venue_order_id) is order
        ):
            return
        self.write(
            OrderStage(
                order.client_order_id,
                stage,
                self.now(),
                shown.filled_size_base,
                source,
                shown.venue_order_id,
            )
        )


def earlier(at: datetime) -> int:
    """A time in milliseconds that is surely before `at`."""
    return int((at - timedelta(minutes=1)).timestamp() * 1000)
