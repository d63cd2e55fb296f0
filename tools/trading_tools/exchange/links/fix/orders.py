"""One account at a FIX venue as an order port: three outcomes, nothing sent twice.

What a lost connection leaves open is asked after: an order by OrderStatusRequest, all open ones by
OrderMassStatusRequest. Fills need no query: the venue's reports are numbered, the store keeps each
before its number counts, and what was missed is sent again when the session is next up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from trading_tools.audit.trade import Outcome
from trading_tools.exchange.links.fix import words
from trading_tools.exchange.links.fix.link import FixLink, LinkDown
from trading_tools.exchange.links.fix.message import Message, stamp
from trading_tools.exchange.links.fix.words import Fields, Names
from trading_tools.exchange.links.partly import readable
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.judging import Judged
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import (
    NOT_SENT,
    NotSent,
    SpotWithoutTurns,
    Unanswered,
    VenueFill,
    VenueOrder,
    require_no_stop,
)

ANSWER_S: Final = 5.0
"""Seconds that an answer is waited for."""


class FixOrders(SpotWithoutTurns):
    """Orders over a FIX link that its owner keeps open; `symbols` are the venue's names by ours.

    `name` is part of each client order id: the same for the same venue, for good.
    """

    def __init__(
        self,
        link: FixLink,
        symbols: Mapping[str, str],
        name: str = "fix",
        answer_s: float = ANSWER_S,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = name
        self.validity_s = link.settings.latency_s
        self.corrections: list[Message] = []
        """Trades that the venue took back or changed (ExecType H, G): a person has to look."""
        self._link = link
        self._names = Names(symbols, link.settings.account)
        self._answer_s = answer_s
        self._now = now
        link.always(self._note)

    def watch(
        self, on_order: Callable[[VenueOrder], object], on_fill: Callable[[VenueFill], object]
    ) -> None:
        """Tell each report as it comes: `manager.on_order` and `manager.on_fill`."""

        def take(message: Message) -> None:
            if message.type != "8" or not self._of_an_order(message):
                return
            if message.get(150) == words.TRADE:
                on_fill(self._fill(message))
            if message.get(150) not in words.PENDING:
                on_order(self._shown(message))

        self._link.always(take)

    async def turn(self, intent: Intent) -> None:
        """Wait for the session to be up; nothing else limits how fast orders go here."""
        require_no_stop(self.name, intent)
        try:
            await self._link.until_ready(self._answer_s)
        except LinkDown as error:
            raise NotSent("session", str(error)) from error

    async def submit(self, intent: Intent, client_order_id: str) -> Judged:
        """Send an order, once."""
        if intent.symbol not in self._names.theirs:
            return _not_sent(f"{intent.symbol} has no name at {self.name}: give it in `symbols`")
        fields = words.new_order(intent, client_order_id, self._names, self._now())
        return await self._judged("D", fields, client_order_id, None)

    async def cancel(self, symbol: str, client_order_id: str, venue_order_id: str | None) -> Judged:
        """Ask for the end of an order, once."""
        order = self._link.store.order(client_order_id)
        if order is None:
            return _not_sent("an order of another session's store cannot be named to the venue")
        name = self._next_name(client_order_id)
        latest = self._latest(client_order_id)
        changes = self._link.store.changes(client_order_id)
        present = next((each for each in changes if each[11] == latest), order)
        fields = words.cancel(present, latest, name, self._now())
        return await self._judged("F", fields, name, client_order_id)

    async def replace(
        self, client_order_id: str, size_base: Decimal, price_quote: Decimal | None
    ) -> Judged:
        """Make an order smaller, or its price less ready to trade; once.

        No guard stands before this: nothing that it allowed may grow here.

        Raises:
            ValueError: there is no such order, or it would grow or trade more readily.
        """
        order = self._link.store.order(client_order_id)
        if order is None:
            raise ValueError(f"{client_order_id} is no order of this store")
        size, price = Decimal(order[38]), order.get(44)
        if size_base > size or (price_quote is None) is not (price is None):
            raise ValueError(f"a replacement of {size} at {price} may only be smaller")
        if price is not None and price_quote is not None:
            dearer = price_quote - Decimal(price)
            if dearer > 0 if order[54] == "1" else dearer < 0:
                raise ValueError(f"{price_quote} would trade more readily than {price}")
        name = self._next_name(client_order_id)
        fields = words.change(
            order, self._latest(client_order_id), name, self._now(), size_base, price_quote
        )
        return await self._judged("G", fields, name, client_order_id)

    async def find(
        self, symbol: str, client_order_id: str, venue_order_id: str | None, since_ms: int
    ) -> VenueOrder | None:
        """The order by the ClOrdID that it now has."""
        kept = self._link.store.order(client_order_id)
        # A status request names the side. Of an order that this store never sent it is not known.
        sides = ("1", "2") if kept is None else (kept[54],)
        for side in sides:
            found = await self._status(symbol, client_order_id, side)
            if found is not None:
                return found
        return None

    async def open_orders(self, symbol: str) -> Sequence[VenueOrder]:
        """All open orders of the session's account, by an OrderMassStatusRequest."""
        name = f"m{self._link.store.epoch}-{self._link.store.next_out}"
        fields: Fields = [(584, name), (585, "7")]
        reports: list[Message] = []

        def complete(message: Message, seq: int) -> bool:
            _refused(message, seq, "an OrderMassStatusRequest")
            if message.type != "8" or message.get(584) != name:
                return False
            if message.get(911) == "0":
                return True
            reports.append(message)
            return message.flag(912) or len(reports) == message.number(911)

        await self._answer("AF", fields, complete)
        of_market = [each for each in reports if self._may_be_of(symbol, each)]
        shown = readable(self.name, self._shown, of_market)
        return [order for order in shown if order.stage is Stage.OPEN]

    async def fills(self, symbol: str, since_ms: int) -> Sequence[VenueFill]:
        """All trades reported since then, once nothing that was reported is missing."""
        await self._met()
        since = stamp(datetime.fromtimestamp(since_ms / 1000, UTC))
        reports = self._link.store.reports(since)
        taken_back = {each.get(19) for each in reports if each.get(150) == words.BUST}
        trades = [
            each
            for each in reports
            if each.get(150) == words.TRADE
            and each.get(17) not in taken_back
            and self._may_be_of(symbol, each)
        ]
        return sorted(readable(self.name, self._fill, trades), key=lambda trade: trade.at_ms)

    async def time_ms(self) -> int:
        """The venue's clock, by a TestRequest."""
        return int((await self._met()).timestamp() * 1000)

    async def _met(self) -> datetime:
        try:
            await self._link.until_ready(self._answer_s)
            return await self._link.round_trip(self._answer_s)
        except LinkDown as error:
            raise Unanswered(f"{self.name} did not say: {error}") from error

    async def _judged(self, kind: str, fields: Fields, name: str, of: str | None) -> Judged:
        """Send a request that changes something and read what came of it."""
        with self._link.listening() as heard:
            try:
                seq = self._link.send(kind, fields, name, of)
            except (LinkDown, ValueError) as error:
                return _not_sent(str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._answer_s):
                    while (message := await heard.get()) is not None:
                        if _answers(message, seq, name, of):
                            told = words.judged(message)
                            if told is not None:
                                return told
        return Judged(Outcome.UNKNOWN, message="no answer came")

    async def _status(self, symbol: str, client_order_id: str, side: str) -> VenueOrder | None:
        latest = self._latest(client_order_id)
        name = f"s{self._link.store.epoch}-{self._link.store.next_out}"
        theirs = self._names.theirs.get(symbol, symbol)
        fields: Fields = [(11, latest), (790, name), (55, theirs), (54, side)]

        def complete(message: Message, seq: int) -> bool:
            if message.type == "j" and words.knows_no_such(message):
                return message.number(45) == seq or message.get(379) in (latest, name)
            _refused(message, seq, "an OrderStatusRequest")
            if message.type != "8" or message.get(150) != words.STATUS:
                return False
            return message.get(790) == name or (
                message.get(790) is None and message.get(11) == latest
            )

        answer = await self._answer("H", fields, complete)
        if words.knows_no_such(answer):
            return None
        return words.shown(answer, client_order_id, self._names)

    async def _answer(
        self, kind: str, fields: Fields, complete: Callable[[Message, int], bool]
    ) -> Message:
        """Ask, and wait for the message that completes the answer.

        Raises:
            Unanswered: none came, or the venue refused to say.
        """
        try:
            await self._link.until_ready(self._answer_s)
            with self._link.listening() as heard:
                seq = self._link.send(kind, fields)
                async with asyncio.timeout(self._answer_s):
                    while (message := await heard.get()) is not None:
                        if complete(message, seq):
                            return message
        except (LinkDown, TimeoutError, ValueError) as error:
            raise Unanswered(f"{self.name} did not say: {error or 'no answer in time'}") from error
        raise Unanswered(f"{self.name} did not say: the connection was lost")

    def _next_name(self, client_order_id: str) -> str:
        return f"{client_order_id}.{len(self._link.store.changes(client_order_id)) + 1}"

    def _latest(self, client_order_id: str) -> str:
        """The ClOrdID that the venue knows an order by: that of its last accepted replacement."""
        replacing = {
            each[11] for each in self._link.store.changes(client_order_id) if each.type == "G"
        }
        if not replacing:
            return client_order_id
        accepted = [
            each[11]
            for each in self._link.store.reports("")
            if each.get(150) == "5" and each.get(11) in replacing
        ]
        return accepted[-1] if accepted else client_order_id

    def _first_name(self, message: Message) -> str:
        """The ClOrdID of the order that a report is of, whichever of its names it tells."""
        return self._link.store.first_name(message.get(11) or "")

    def _shown(self, message: Message) -> VenueOrder:
        return words.shown(message, self._first_name(message), self._names)

    def _fill(self, message: Message) -> VenueFill:
        return words.fill(message, self._first_name(message), self._names)

    def _may_be_of(self, symbol: str, message: Message) -> bool:
        """Whether a report is of this market; one that does not say may be."""
        theirs = message.get(55)
        return theirs is None or self._names.ours(theirs) == symbol

    def _of_an_order(self, message: Message) -> bool:
        return message.get(150) != words.STATUS or not words.knows_no_such(message)

    def _note(self, message: Message) -> None:
        if message.type == "8" and message.get(150) in (words.BUST, words.CORRECTION):
            self.corrections.append(message)


def _answers(message: Message, seq: int, name: str, of: str | None) -> bool:
    """Whether a message is about the request with this number and ClOrdID."""
    if message.type in ("3", "j"):
        return message.number(45) == seq or message.get(379) == name
    if message.get(11) == name:
        return True
    # An order that ended while its cancel was under way is told under its own name.
    return of is not None and message.get(11) == of and message.get(39) in ("4", "C")


def _refused(message: Message, seq: int, what: str) -> None:
    if message.type in ("3", "j") and message.number(45) == seq:
        why = " ".join((message.get(58) or "no reason given").split())[:200]
        raise LinkDown(f"the venue refused {what}: {why}")


def _not_sent(why: str) -> Judged:
    return Judged(Outcome.REJECTED, NOT_SENT, why)
