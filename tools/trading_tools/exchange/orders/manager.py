"""The order manager: intent before act, nothing sent twice, an unknown outcome only ever queried.

A client order id is no protection: a venue may take it again once its first order has ended. So
what was sent once is never sent again, whatever is known of it. What is known is `records`, a fold
over the trade audit; after a crash a new manager over the same audit goes on where it was.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta

from trading_tools.audit.event import Event
from trading_tools.audit.trade import (
    CancelIntent,
    CancelResult,
    Decision,
    Entry,
    OrderFill,
    OrderIntent,
    OrderResult,
    OrderStage,
    Outcome,
    TradeAudit,
)
from trading_tools.exchange.orders.client_ids import client_order_id, is_ours
from trading_tools.exchange.orders.guard import Guard, Refused
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.life import UNSURE, Stage, turn
from trading_tools.exchange.orders.port import OrderVenue, Unanswered, VenueFill, VenueOrder
from trading_tools.exchange.orders.records import OrderRecord, Records

VISIBLE_WITHIN_S = 10.0
"""Seconds within which a venue shows an order that it has accepted, with a wide margin."""

_FIRST_WAIT_S = 0.25
_LONGEST_WAIT_S = 5.0
_EARLY_FILLS = 1_000


class OtherIntent(ValueError):
    """The key of an intent was used before for another order."""


class AnotherManager(Exception):
    """Somebody else writes orders to this audit stream: what is known here is not all there is."""


@dataclass(frozen=True)
class Reconciliation:
    """What a reconciliation found beside what it mended."""

    unknown: list[OrderRecord] = field(default_factory=list)
    """Orders of which the venue would not say what became of them."""
    strange_orders: list[VenueOrder] = field(default_factory=list)
    """Open orders of the account that this audit has no intent of."""
    strange_fills: list[VenueFill] = field(default_factory=list)
    """Fills of the account that are of no order of this audit."""

    @property
    def clean(self) -> bool:
        """Whether the venue and the audit tell the same."""
        return not (self.unknown or self.strange_orders or self.strange_fills)


def _now() -> datetime:
    return datetime.now(UTC)


class OrderManager:
    """The orders of one account of one venue. There is one manager for an audit stream at a time.

    `account` is part of every client order id: the same for the same account, for good.
    """

    def __init__(
        self,
        venue: OrderVenue,
        audit: TradeAudit,
        account: str,
        guard: Guard,
        now: Callable[[], datetime] = _now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.venue = venue
        self._seen = audit.last_seq()
        self._alone = True
        self.records = Records(audit.trail())
        self._audit = audit
        self._account = account
        self._guard = guard
        self._now = now
        self._sleep = sleep
        self._started = now()
        self._sent_by: dict[str, datetime] = {}
        self._absent: dict[str, datetime] = {}
        self._fills_until: dict[str, datetime] = {}
        self._early: deque[VenueFill] = deque(maxlen=_EARLY_FILLS)
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def submit(self, intent: Intent, resolve_within_s: float = 5.0) -> OrderRecord:
        """Send an order unless its key was sent before; what is known of it then.

        An unknown outcome is asked after for `resolve_within_s` seconds; if the record still says
        so then, `reconcile` may learn more later. The intent is not sent again in any case.

        Raises:
            OtherIntent: the key is that of another order.
            Refused: the guard does not let it out; nothing was sent or written down as an order.
            AnotherManager: another process works on this audit stream. The order was not sent; of
                two that run at once both stop here, with no order sent twice.
        """
        name = client_order_id(self.venue.name, self._account, intent.key)
        async with self._locks[name]:
            known = self.records.orders.get(name)
            if known is not None:
                _require_same(known, intent)
                return await self._resolved(known, resolve_within_s)
            try:
                self._guard.check(intent, self.records)
            except Refused as refusal:
                refused = self._audit.decision("order refused", str(refusal), _shown(intent))
                self._count(refused.seq, ours=0)
                raise
            order = self._intend(intent, name)
            if not self._alone:
                raise AnotherManager(
                    f"{intent.key!r:.60} was not sent: another process writes orders to this audit "
                    "stream; stop one of them, and start the other anew"
                )
            try:
                judged = await self.venue.submit(intent, name)
            except asyncio.CancelledError:
                self._sent_by[name] = self._now()
                self._write(OrderResult(name, Outcome.UNKNOWN, self._now(), message="cancelled"))
                raise
            self._sent_by[name] = self._now()
            self._write(
                OrderResult(
                    name,
                    judged.outcome,
                    self._now(),
                    venue_order_id=judged.venue_order_id,
                    code=judged.code,
                    message=judged.message,
                )
            )
            return await self._resolved(order, resolve_within_s)

    async def cancel(self, name: str, reason: str, resolve_within_s: float = 5.0) -> OrderRecord:
        """Ask for an order's end, and learn how it ended: a fill may have been faster.

        Raises:
            KeyError: there is no such order.
        """
        order = self.records.orders[name]
        async with self._locks[name]:
            if order.ended:
                return order
            self._write(CancelIntent(name, self._now(), reason))
            judged = await self.venue.cancel(order.symbol, name, order.venue_order_id)
            self._write(
                CancelResult(name, judged.outcome, self._now(), judged.code, judged.message)
            )
            return await self._asked_until(order, resolve_within_s, lambda: order.ended)

    async def ask_after(self, name: str, resolve_within_s: float = 0.0) -> OrderRecord:
        """Ask the venue what has become of an order, until that is known or the time is up.

        Raises:
            KeyError: there is no such order.
        """
        order = self.records.orders[name]
        async with self._locks[name]:
            if not order.settled:
                await self._ask(order)
            return await self._resolved(order, resolve_within_s)

    async def reconcile(self, symbols: Sequence[str]) -> Reconciliation:
        """Compare with the venue in both directions, on start and after a time without stream.

        Raises:
            Unanswered: the venue did not say which orders or fills it has.
        """
        found = Reconciliation()
        listed: set[str] = set()
        for symbol in symbols:
            for shown in await self.venue.open_orders(symbol):
                listed.add(shown.client_order_id)
                if not self.on_order(shown):
                    found.strange_orders.append(shown)
        for order in self.records.unsettled():
            if order.client_order_id not in listed:
                async with self._locks[order.client_order_id]:
                    await self._ask(order)
        for symbol in symbols:
            began = self._now()
            for fill in await self.venue.fills(symbol, self._fills_since(symbol)):
                if not self.on_fill(fill):
                    found.strange_fills.append(fill)
            self._fills_until[symbol] = began
        found.unknown.extend(
            order for order in self.records.orders.values() if order.stage in UNSURE
        )
        return found

    def on_order(self, shown: VenueOrder) -> bool:
        """Take in what a stream or a list says of an order; whether it is ours.

        Raises:
            IllegalTransition: it was rejected or proven not to exist.
        """
        order = self.records.orders.get(shown.client_order_id)
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
            at = datetime.fromtimestamp(fill.at_ms / 1000, UTC)
            self._write(
                OrderFill(
                    order.client_order_id, fill.trade_id, at, fill.size_base, fill.price_quote
                )
            )
        return True

    def lost_intents(self, strange: Iterable[VenueOrder]) -> list[VenueOrder]:
        """Those that look like ours: of an audit that was lost, or of another stream's manager."""
        return [each for each in strange if is_ours(self.venue.name, each.client_order_id)]

    def _intend(self, intent: Intent, name: str) -> OrderRecord:
        self._write(
            OrderIntent(
                name,
                intent.symbol,
                intent.side,
                intent.order_type,
                intent.size_base,
                intent.price_quote,
                self._now(),
            )
        )
        return self.records.orders[name]

    async def _resolved(self, order: OrderRecord, within_s: float) -> OrderRecord:
        return await self._asked_until(order, within_s, lambda: order.stage not in UNSURE)

    async def _asked_until(
        self, order: OrderRecord, within_s: float, known: Callable[[], bool]
    ) -> OrderRecord:
        """Ask the venue after an order until it is `known`, less and less often."""
        wait, left = _FIRST_WAIT_S, within_s
        while not known():
            await self._ask(order)
            if known() or left <= 0:
                break
            await self._sleep(min(wait, left))
            left -= wait
            wait = min(wait * 2, _LONGEST_WAIT_S)
        return order

    async def _ask(self, order: OrderRecord) -> None:
        """One query. That there is no such order is proof only after its window has passed."""
        try:
            before_ms = await self.venue.time_ms()
            shown = await self.venue.find(
                order.symbol,
                order.client_order_id,
                order.venue_order_id,
                _earlier(order.intended_at),
            )
        except Unanswered:
            return
        if shown is not None:
            self._learn(order, shown, "query")
        elif self._void(order, before_ms):
            self._write(
                OrderStage(
                    order.client_order_id,
                    Stage.VOID,
                    self._now(),
                    order.reported_size_base,
                    "its window has passed and the venue twice had no such order",
                )
            )

    def _void(self, order: OrderRecord, venue_ms: int) -> bool:
        """Whether a venue that has no such order at `venue_ms` of its clock can never get it."""
        if order.stage not in UNSURE:
            return False
        # An intent of an earlier process was sent before this one started, if at all. Its time was
        # stamped by our clock or by the venue's: the window has passed when it has by both.
        sent_by = self._sent_by.get(order.client_order_id, self._started)
        earlier = min(self._now(), datetime.fromtimestamp(venue_ms / 1000, UTC))
        if earlier <= sent_by + timedelta(seconds=self.venue.validity_s + VISIBLE_WITHIN_S):
            return False
        # An order that ends while it is looked for may be in neither list: the one of open orders
        # has it no more, the one of ended orders not yet. It is in one of them when asked again.
        first = self._absent.setdefault(order.client_order_id, earlier)
        return earlier >= first + timedelta(seconds=VISIBLE_WITHIN_S)

    def _learn(self, order: OrderRecord, shown: VenueOrder, source: str) -> None:
        """Take in a view of the venue, unless it is older than what is known.

        Raises:
            IllegalTransition: it has an order that was rejected or proven not to exist.
        """
        over = order.stage in (Stage.FILLED, Stage.CANCELED)
        # Before it is written down: an audit with an illegal turn in it could not be read again.
        stage = turn(order.client_order_id, order.stage, order.stage if over else shown.stage)
        if (
            stage is order.stage
            and shown.filled_size_base <= order.reported_size_base
            and order.venue_order_id is not None
        ):
            return
        self._write(
            OrderStage(
                order.client_order_id,
                stage,
                self._now(),
                shown.filled_size_base,
                source,
                shown.venue_order_id,
            )
        )

    def _fills_since(self, symbol: str) -> int:
        """Since when fills may be missing, in the venue's milliseconds."""
        at = [order.intended_at for order in self.records.unsettled() if order.symbol == symbol]
        return _earlier(min([*at, self._fills_until.get(symbol, self._started)]))

    def _write(self, entry: Entry) -> None:
        """Put an entry into the audit, and then into what is known."""
        writers: dict[type[Entry], Callable[..., Event]] = {
            OrderIntent: self._audit.order_intent,
            OrderResult: self._audit.order_result,
            OrderStage: self._audit.order_stage,
            OrderFill: self._audit.order_fill,
            CancelIntent: self._audit.cancel_intent,
            CancelResult: self._audit.cancel_result,
        }
        given = {part.name: getattr(entry, part.name) for part in fields(entry)}
        self._count(writers[type(entry)](**given).seq, ours=1)
        self.records.apply(entry)
        if isinstance(entry, OrderResult | OrderStage) and entry.venue_order_id is not None:
            early, self._early = self._early, deque(maxlen=_EARLY_FILLS)
            for fill in early:
                self.on_fill(fill)

    def _count(self, seq: int, ours: int) -> None:
        """Look whether all entries on orders up to the event `seq` are ours."""
        if seq > self._seen + 1:
            told = self._audit.trail(after=self._seen)
            if sum(not isinstance(entry, Decision) for entry in told) > ours:
                self._alone = False
        self._seen = seq


def _earlier(at: datetime) -> int:
    """A time in milliseconds that is before `at` by the venue's clock too."""
    return int((at - timedelta(minutes=1)).timestamp() * 1000)


def _shown(intent: Intent) -> dict[str, object]:
    return {part.name: getattr(intent, part.name) for part in fields(intent)}


def _require_same(order: OrderRecord, intent: Intent) -> None:
    known = (order.symbol, order.side, order.size_base, order.price_quote)
    wanted = (intent.symbol, intent.side, intent.size_base, intent.price_quote)
    if known != wanted:
        raise OtherIntent(
            f"the key {intent.key!r:.60} is that of another order: {known} is not {wanted}; give a "
            "new decision a new key"
        )
