"""The order manager: intent before act, nothing sent twice, an unknown outcome only ever queried.

A client order id is no protection: a venue may take it again once its first order has ended. So
what was sent once is never sent again, whatever is known of it. What is known is `records`, a fold
over the trade audit; after a crash a new manager over the same audit goes on where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from trading_tools.audit.account_entries import PositionChange
from trading_tools.audit.errors import LedgerBusy, LedgerUnavailable
from trading_tools.audit.order_ends import CancelIntent, ReplaceIntent
from trading_tools.audit.trade import CancelResult, OrderResult, Outcome, TradeAudit
from trading_tools.exchange.orders import reconciling
from trading_tools.exchange.orders.client_ids import is_ours, known_as
from trading_tools.exchange.orders.forgotten import write_off
from trading_tools.exchange.orders.guard import Guard, Refused
from trading_tools.exchange.orders.intended import OtherIntent as OtherIntent
from trading_tools.exchange.orders.intended import entry_of, require_same, shown
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.journal import Journal
from trading_tools.exchange.orders.judging import Judged
from trading_tools.exchange.orders.life import UNSURE
from trading_tools.exchange.orders.port import NotSent, OrderVenue, VenueFill, VenueOrder
from trading_tools.exchange.orders.reconciling import PositionDifference, Reconciliation
from trading_tools.exchange.orders.records import OrderRecord, Records
from trading_tools.exchange.orders.sight import Sight
from trading_tools.exchange.orders.tracker import Tracker


class AnotherManager(Exception):
    """Somebody else writes orders to this audit stream: what is known here is not all there is."""


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
        self._journal = Journal(audit, now)
        self._tracker = Tracker(venue, self._journal, now, sleep)
        self._account = account
        self._guard = guard
        self._now = now

    @property
    def records(self) -> Records:
        """What is known of all orders of the audit."""
        return self._journal.records

    @property
    def venue(self) -> OrderVenue:
        """The venue that orders go to."""
        return self._tracker.venue

    @venue.setter
    def venue(self, venue: OrderVenue) -> None:
        self._tracker.venue = venue

    @property
    def unwritten(self) -> int:
        """How many entries wait for the audit."""
        return self._journal.unwritten

    @property
    def unwritable(self) -> str | None:
        """Why no order could be written down, as far as is known; None if nothing is."""
        return self._journal.why

    def name_of(self, key: str) -> str:
        """The client id of a key's order here, whether it was sent or not."""
        return known_as(self.venue.name, self._account, key, self.records.orders)

    async def submit(self, intent: Intent, resolve_within_s: float = 5.0) -> OrderRecord:
        """Send an order unless its key was sent before; what is known of it then.

        An unknown outcome is asked after for `resolve_within_s` seconds; if the record still says
        so then, `reconcile` may learn more later. The intent is not sent again in any case.

        Raises:
            OtherIntent: the key is that of another order.
            Refused: the guard does not let it out, or another program keeps the audit from being
                written; nothing was sent. Where writing took so long that the order is not sent
                any more, it is rejected in the audit, and its key is used up.
            LedgerUnavailable: the audit cannot be written for another reason; nothing was sent.
            AnotherManager: another process works on this audit stream. The order was not sent; of
                two that run at once both stop here, with no order sent twice.
        """
        name = self.name_of(intent.key)
        async with self._tracker.locks[name]:
            known = self.records.orders.get(name)
            if known is not None:
                require_same(known, intent)
                return await self._resolved(known, resolve_within_s)
            sight = await self._let_out(intent)
            try:
                order = self._intend(intent, name, sight)
            except LedgerBusy as error:
                raise Refused("ledger", str(error)) from error
            if not self._journal.alone:
                raise AnotherManager(
                    f"{intent.key!r:.60} was not sent: another process writes orders to this audit "
                    "stream; stop one of them, and start the other anew"
                )
            try:
                judged = await self.venue.submit(intent, name)
            except asyncio.CancelledError:
                self._tracker.write(
                    OrderResult(name, Outcome.UNKNOWN, self._now(), message="cancelled")
                )
                raise
            self._tracker.write(
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

    async def cancel(
        self, name: str, reason: str, resolve_within_s: float = 5.0, told_within_s: float = 0.0
    ) -> OrderRecord:
        """Ask for an order's end, and learn how it ended: a fill may have been faster.

        A stream that gives this manager its news has `told_within_s` to tell, before the venue is
        asked: where requests are few, it saves one for each order.

        Raises:
            KeyError: there is no such order.
        """
        order = self.records.orders[name]
        async with self._tracker.locks[name]:
            if order.ended:
                return order
            await self._cancel(order, reason)
            await self._tracker.told_within(order, told_within_s)
            return await self._tracker.asked_until(order, resolve_within_s, lambda: order.ended)

    async def cancel_open(self, reason: str) -> list[str]:
        """Ask at once for the end of every order that is not known to have ended.

        It waits for nothing that goes on with an order, not even for the audit, which is written
        when the venue was asked, and learns no end: `cancel` does. One that is still on its way to
        the venue may arrive after its cancel, so ask again.

        Returns the names of those whose end is not proven then.
        """
        orders = self.records.not_ended()
        at = self._now()
        told = await asyncio.gather(*map(self._asked_to_end, orders))
        for order, judged in zip(orders, told, strict=True):
            self._tracker.write(CancelIntent(order.client_order_id, at, reason))
            self._told(order, judged)
        return [order.client_order_id for order in orders if not order.ended]

    async def replace(
        self, name: str, intent: Intent, reason: str, resolve_within_s: float = 5.0
    ) -> OrderRecord:
        """End an order, and send `intent` for what is not filled yet.

        The intent's size is what is wanted in all: what the order has filled is taken off, and what
        those filled that it replaced itself.

        Returns the successor; or the order itself where nothing is sent, because it filled all of
        it first, or because it is not known to have ended. Ask again with the same intent then,
        and after a crash: an order has one successor, which is sent once.

        Raises:
            KeyError: there is no such order.
            ValueError: the intent is one of another market or side.
            OtherIntent: another intent is to replace it, or the key is that of another order.
            Refused, AnotherManager: as `submit`. The order has ended nevertheless.
        """
        order = self.records.orders[name]
        successor = self._successor(order, intent)
        if order.successor is None:
            self._tracker.write(ReplaceIntent(name, successor, self._now(), reason))
        await self.cancel(name, reason, resolve_within_s)
        sent = self.records.orders.get(successor)
        if sent is not None:
            # Its size was settled when it was written down.
            return await self.submit(replace(intent, size_base=sent.size_base), resolve_within_s)
        left = intent.size_base - self.records.filled_in_all(order)
        if not order.ended or left <= 0:
            return order
        return await self.submit(replace(intent, size_base=left), resolve_within_s)

    def judge_successor(self, name: str, intent: Intent) -> None:
        """Hold `intent`, fitted, to all that `replace` would, while the order is still there.

        Whether its turn comes, and how the market is by then, is not known before.

        Raises:
            KeyError, ValueError, OtherIntent, Refused: as `replace`.
        """
        order = self.records.orders[name]
        self._successor(order, intent)
        left = intent.size_base - self.records.filled_in_all(order)
        if not order.ended and left > 0:
            self._checked(replace(intent, size_base=left), self.records.without(order))

    async def ask_after(self, name: str, resolve_within_s: float = 0.0) -> OrderRecord:
        """Ask the venue what has become of an order, until that is known or the time is up.

        Raises:
            KeyError: there is no such order.
        """
        order = self.records.orders[name]
        async with self._tracker.locks[name]:
            if not order.settled:
                await self._tracker.ask(order)
            return await self._resolved(order, resolve_within_s)

    async def reconcile(self, symbols: Sequence[str]) -> Reconciliation:
        """Compare with the venue in both directions, on start and after a time without stream.

        Raises:
            Unanswered: the venue did not say which orders, fills or positions it has.
            HedgeMode: the account keeps long and short positions apart.
        """
        return await reconciling.reconcile(self._tracker, symbols)

    def take_over(self, differences: Iterable[PositionDifference], reason: str) -> None:
        """Count positions as the venue has them from now on: the owner has looked at them.

        For positions that are older than the audit, and for changes that no fill tells of.

        Raises:
            LedgerUnavailable: it counts, and cannot be written yet: the venue would not tell it
                again.
        """
        at = self._now()
        for each in differences:
            change = each.venues_base - each.ours_base
            self._tracker.write(
                PositionChange(each.symbol, f"taken over {at.isoformat()}", at, change, reason)
            )
        self._require_written()

    async def write_off(
        self, name: str, reason: str, filled_base: Decimal | None = None
    ) -> OrderRecord:
        """Close an order that the venue has forgotten: its owner has looked what became of it.

        `filled_base` is what it filled, where that is more than is known here. It is in the audit
        as a decision, with the reason.

        Raises:
            KeyError: there is no such order.
            NotForgotten: it was sent within a day, has ended, or the venue has it.
            Unanswered: the venue did not say which orders are open, or what was filled.
            LedgerUnavailable: it is closed here, and that cannot be written yet.
        """
        order = self.records.orders[name]
        async with self._tracker.locks[name]:
            await write_off(self._tracker, order, reason, filled_base)
        self._require_written()
        return order

    async def refresh(self, venue_order_id: str) -> bool:
        """Ask the venue after the order of this number; whether it is one of ours."""
        orders = self.records.numbered(venue_order_id)
        for order in orders:
            async with self._tracker.locks[order.client_order_id]:
                await self._tracker.ask(order)
        return bool(orders)

    async def catch_up(self, symbol: str) -> None:
        """Take in the fills of our orders in a market that have not come yet.

        Raises:
            Unanswered: the venue did not say.
        """
        await reconciling.own_fills(self._tracker, symbol)

    def on_order(self, shown: VenueOrder) -> bool:
        """Take in what a stream or a list says of an order; whether it is ours.

        Raises:
            IllegalTransition: it was rejected or proven not to exist.
        """
        return self._tracker.on_order(shown)

    def on_fill(self, fill: VenueFill) -> bool:
        """Take in a fill, from wherever and however often it comes; whether it is of ours.

        One of an order whose number is not known yet is kept, and counts once the number is.
        """
        return self._tracker.on_fill(fill)

    def _require_written(self) -> None:
        if self.catch_up_audit():
            raise LedgerUnavailable(
                "what you stated counts here and is not in the audit yet: keep this process "
                "running until that can be written"
            )

    def catch_up_audit(self) -> int:
        """Write what the audit could not take before; how many entries wait still."""
        return self._journal.catch_up(at_once=True)

    def lost_intents(self, strange: Iterable[VenueOrder]) -> list[VenueOrder]:
        """Those that look like ours: of an audit that was lost, or of another stream's manager."""
        return [each for each in strange if is_ours(self.venue.name, each.client_order_id)]

    async def _let_out(self, intent: Intent) -> Sight:
        """What of the book the guard lets it out by.

        Nothing is awaited between the last check and the record, or between that and the wire.

        Raises:
            Refused: the guard does not let it out, or it is not its turn.
        """
        self._checked(intent, self.records)
        try:
            await self.venue.turn(intent)
        except NotSent as error:
            raise self._noted(Refused(error.rule, str(error)), intent) from None
        return self._checked(intent, self.records)

    def _checked(self, intent: Intent, records: Records) -> Sight:
        try:
            return self._guard.check(intent, records)
        except Refused as refusal:
            raise self._noted(refusal, intent) from None

    def _noted(self, refusal: Refused, intent: Intent) -> Refused:
        self._journal.decided("order refused", str(refusal), shown(intent))
        return refusal

    def _successor(self, order: OrderRecord, intent: Intent) -> str:
        """The client id of `intent`, which may replace the order."""
        if (order.symbol, order.side) != (intent.symbol, intent.side):
            raise ValueError(
                f"{intent.side} {intent.symbol} cannot replace {order.side} {order.symbol}"
            )
        successor = self.name_of(intent.key)
        if order.successor is None and successor in self.records.orders:
            raise OtherIntent(f"the key {intent.key!r:.60} is that of another order")
        if order.successor not in (None, successor):
            raise OtherIntent(
                f"order {order.client_order_id} is replaced by {order.successor} and by no other"
            )
        return successor

    async def _cancel(self, order: OrderRecord, reason: str) -> None:
        self._tracker.write(CancelIntent(order.client_order_id, self._now(), reason))
        self._told(order, await self._asked_to_end(order))

    async def _asked_to_end(self, order: OrderRecord) -> Judged:
        name, number = order.client_order_id, order.venue_order_id
        return await self.venue.cancel(order.symbol, name, number)

    def _told(self, order: OrderRecord, judged: Judged) -> None:
        name = order.client_order_id
        self._tracker.write(
            CancelResult(name, judged.outcome, self._now(), judged.code, judged.message)
        )

    def _intend(self, intent: Intent, name: str, sight: Sight) -> OrderRecord:
        self._tracker.write(entry_of(intent, name, sight, self._now()))
        return self.records.orders[name]

    async def _resolved(self, order: OrderRecord, within_s: float) -> OrderRecord:
        return await self._tracker.asked_until(order, within_s, lambda: order.stage not in UNSURE)
