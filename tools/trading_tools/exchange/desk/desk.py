"""What a bot does at its desk: look at the market, send orders, end them, and be told to stop.

Putting the parts together and taking them apart is `opening`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Any, Final

from trading_tools.exchange.desk import protection
from trading_tools.exchange.desk.comparing import Comparing
from trading_tools.exchange.desk.feeds import ORDER, AccountFeed, BookFeed
from trading_tools.exchange.desk.health import DeskHealth, health_of, telling
from trading_tools.exchange.desk.killing import killing
from trading_tools.exchange.desk.line import Line, quote_of
from trading_tools.exchange.desk.news import News, Watch
from trading_tools.exchange.desk.parts import Parts
from trading_tools.exchange.desk.readiness import NOT_NOW as NOT_NOW
from trading_tools.exchange.desk.readiness import Readiness
from trading_tools.exchange.desk.silence import doubting
from trading_tools.exchange.orders.contracts import is_contract
from trading_tools.exchange.orders.feed import OrderFeed
from trading_tools.exchange.orders.guard import Quote, Refused, fitted
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.kill_switch import KillSwitch
from trading_tools.exchange.orders.life import UNSURE, Stage
from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.port import Unanswered
from trading_tools.exchange.orders.records import OrderRecord
from trading_tools.exchange.readings import MarketLimits
from trading_tools.exchange.streams.stream import Gap

_FRESH_S: Final = 2.0
"""How old a book may be; an older one is asked for anew."""
_LOOK_S: Final = 1.0
_RARELY_S: Final = 8.0
_FILLS_WITHIN_S: Final = 0.5
_TOLD_WITHIN_S: Final = 0.3
_LISTENING_WITHIN_S: Final = 6.0
"""How long the account's stream may take before the desk begins without it."""
_ENDING_S: Final = 8.0
"""What is left for the orders after SIGTERM: supervisors kill ten seconds later."""

log = logging.getLogger(__name__)


class Desk:
    """One account of one venue. Made by `opening.open_desk`."""

    def __init__(
        self,
        make_client: Callable[[], Any],
        line: Line,
        manager: OrderManager,
        switch: KillSwitch,
        quotes: dict[str, Quote],
        account: str,
        known_within_s: float,
        stopping: asyncio.Event,
    ) -> None:
        self.manager = manager
        self.stopping = stopping
        """Set by SIGTERM and SIGINT: no more orders go out, and the bot ends."""
        self._line = line
        self._switch = switch
        self._quotes = quotes
        self._account_name = account
        self._known_within_s = known_within_s
        self._feed = OrderFeed(manager, line)
        self._account = AccountFeed(make_client, line, self._on_news, self._on_gap)
        self._books = [
            BookFeed(make_client, line, symbol, self._on_book(symbol)) for symbol in line.symbols
        ]
        self._listening = asyncio.Event()
        self._readiness = Readiness()
        self._news = News(line.symbols, stopping)
        manager.records.on_news = self._on_records
        self._compare = Comparing(manager, line.symbols).compare
        self._compared = False
        self._unwanted: set[str] = set()
        self._doubted: set[str] = set()
        self._parts = Parts(stopping)

    async def quote(self, symbol: str) -> Quote:
        """The market's book: the stream's, or asked for while that is silent.

        Raises:
            Unanswered: there is none now, or nobody bids or asks.
        """
        known = self._quotes.get(symbol)
        if known is None or time.monotonic() - known.at > _FRESH_S or not known.two_sided:
            known = self._quotes[symbol] = await self._line.book(symbol)
        if not known.two_sided:
            raise Unanswered(f"the book of {symbol} has no {'bids' if known.asks else 'asks'}")
        return known

    def watch(self, symbol: str) -> Watch:
        """What wakes a task of a bot when a market has news: `while await watch.moved(): …`.

        Raises:
            ValueError: it is none of this desk's markets.
        """
        return Watch(self._news, symbol)

    def health(self) -> DeskHealth:
        """How the desk stands now; it is cheap, and asks the venue for nothing."""
        return health_of(
            self._line,
            self._account_name,
            self.manager,
            [feed.health() for feed in (self._account, *self._books)],
            waits_for=self._readiness.why,
            kill_switch=self._switch.thrown,
            stopping=self.stopping.is_set(),
        )

    async def market(self, symbol: str) -> MarketLimits:
        """The market's rules, read anew every minute and after each refusal.

        Raises:
            Unanswered: they could not be read.
            Refused: it is none of this desk's markets, or the venue lists it no more.
        """
        await self._line.know_rules()
        if symbol not in self._line.markets:
            ours = ", ".join(self._line.markets)
            raise Refused("market", f"{symbol!r:.80} is none of this desk's markets: {ours}")
        return self._line.markets[symbol]

    async def free(self, asset: str) -> Decimal:
        """How much of an asset the venue says is free. It may lag behind our own orders.

        Raises:
            Unanswered: it did not say.
        """
        return await self._line.free(asset)

    def range_base(self, symbol: str) -> tuple[Decimal, Decimal]:
        """The lowest and the highest position that may come of all that is open."""
        highest, lowest = self.manager.records.exposure_base(symbol)
        return lowest, highest

    async def submit(self, intent: Intent) -> OrderRecord:
        """Send an order, put on the market's grid; it is open or filled then, a stop waits.

        Raises:
            Refused: by a rule of the guard, a limit, an open breaker, or the venue (`rule` is
                "venue"): there is no order.
            Unanswered: what became of it is not known. All of it counts as open, and the desk
                looks for it and ends it (a stop it leaves): a bot goes on with its next decision.
        """
        return await self._send(intent, self.manager.submit)

    async def replace(self, order: OrderRecord, intent: Intent, why: str = "moved") -> OrderRecord:
        """End an order, then send `intent`, which is what is wanted in all, less what was filled.

        Returns the successor, as `submit`; or the order, where it filled all of that first.
        Whatever is raised, a bot lets go of the order: it has ended, or the desk sees to its end.
        A stop alone stands still, unless `ended`, if it was known before that none may follow it.

        Raises:
            Refused, Unanswered: as `finish`, then as `submit`.
            ValueError, OtherIntent: one of another market or side; the second that replaces it.
        """
        name = order.client_order_id
        self._require_going_on()
        if order.stop_price_quote is not None:
            self.manager.judge_successor(name, await self._prepared(intent))
        await self.finish(order, why)
        return await self._send(intent, lambda new, s: self.manager.replace(name, new, why, s))

    async def finish(self, order: OrderRecord, reason: str = "no longer wanted") -> OrderRecord:
        """Cancel what is left of an order, and learn how it ended.

        Raises:
            Unanswered: the venue does not say. What is left counts as open; the desk goes on asking
                for its end.
        """
        name = order.client_order_id
        try:
            async with self._in_time(name, self._unwanted):
                while not order.ended:
                    told_s = _TOLD_WITHIN_S if self._listening.is_set() else 0
                    await self.manager.cancel(name, reason, _LOOK_S, told_s)
                    if not order.ended:
                        with suppress(Unanswered):  # it may have been refused for its time
                            await self._line.time_ms()
        except TimeoutError:
            raise Unanswered(f"how {name} ended is not known yet") from None
        self._unwanted.discard(name)
        await self._fills_of(order)
        return order

    async def rest(self, seconds: float) -> None:
        """Wait; `stopping` ends it at once."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stopping.wait()

    async def begin(self) -> None:
        """Learn rules, clock and what an earlier life left, and end that; or be told to stop.

        Raises:
            KeyRefused: the venue does not take the account's key.
        """
        self._parts.run(killing(self._switch, self.manager, self._unwanted, lambda: self._compared))
        self._parts.run(self._watch_key())
        self._parts.run(self._news.end())
        self._parts.run(telling(self.health))
        ready = asyncio.create_task(self._get_ready())
        stopped = asyncio.create_task(self.stopping.wait())
        try:
            await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if ready.done():
                await ready
        finally:
            ready.cancel()
            stopped.cancel()
            await asyncio.gather(ready, stopped, return_exceptions=True)

    async def _get_ready(self) -> None:
        await self._readiness.until_answered(self._line.know_rules, self.rest)
        self._line.require_listed()
        for feed in (*self._books, self._account):
            self._parts.run(feed.run())
        await self._readiness.until_answered(self._first_look, self.rest)
        self._compared = True
        await self._end_those(Stage.OPEN)
        self._unwanted.update(self._to_end())
        self._doubted.update(protection.standing(self.manager.records))
        self._parts.run(self._look_after())
        self._parts.run(doubting(self._account, self.manager.records, self._compare))
        self._readiness.reached()

    async def _first_look(self) -> None:
        """Compare ledger and account, once: with the stream's beginning, or without a stream."""
        await self._line.know_rules()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LISTENING_WITHIN_S):
                await self._listening.wait()
        if not self._listening.is_set():
            await self._compare()

    async def end(self) -> None:
        """Leave nothing in the book that was not there before us but stops, and close all."""
        self.stopping.set()
        try:
            async with asyncio.timeout(_ENDING_S):
                while left := self._to_end():
                    self._unwanted.update(left)
                    await self._end_unwanted()
                    if self._to_end():
                        await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            left = self._to_end()
            log.error("not known how these ended, look at the venue: %s", ", ".join(left))
        finally:
            protection.tell_what_stays(self.manager.records, self._to_end(), self._line.markets)
            await self._parts.end()
            if unwritten := self.manager.catch_up_audit():
                log.error("the ledger could not be written; entries that it lacks: %d", unwritten)
            await self._line.close()

    def _to_end(self) -> list[str]:
        killed = self._switch.thrown is not None
        return protection.to_end(self.manager.records, self._unwanted, everything=killed)

    async def _fills_of(self, order: OrderRecord) -> None:
        """Let an order's fills arrive, whose fees belong to the position: by stream, or asked."""
        until = time.monotonic() + _FILLS_WITHIN_S
        while not order.settled and time.monotonic() < until:  # noqa: ASYNC110 - a record only
            await asyncio.sleep(_FILLS_WITHIN_S / 10)
        if not order.settled:
            with suppress(Unanswered, TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self.manager.catch_up(order.symbol)

    @asynccontextmanager
    async def _in_time(self, name: str, left: set[str]) -> AsyncIterator[None]:
        """An order that is left in the middle, by a time limit of the bot's own too, is `left`."""
        try:
            async with asyncio.timeout(self._known_within_s):
                yield
        except (TimeoutError, asyncio.CancelledError):
            if name in self.manager.records.orders:
                left.add(name)
            raise

    async def _send(
        self, intent: Intent, send: Callable[[Intent, float], Awaitable[OrderRecord]]
    ) -> OrderRecord:
        self._require_going_on()
        wanted = await self._prepared(intent)
        if not intent.reduce_only:
            protection.require_no_old_stop(self.manager.records, self._unwanted, intent.symbol)
        heard = self._account.heard
        left = self._unwanted if intent.stop_price_quote is None else self._doubted
        name = self.manager.name_of(intent.key)
        try:
            async with self._in_time(name, left):
                order = await send(wanted, self._known_within_s)
        except TimeoutError:
            if (known := self.manager.records.orders.get(name)) is None:
                why = f"{intent.key!r:.60} was not sent: its turn did not come"
                raise Unanswered(why) from None
            order = known
        if order.stage in UNSURE:
            left.add(order.client_order_id)
            raise Unanswered(f"what became of {order.client_order_id} is not known yet")
        if order.stage in (Stage.REJECTED, Stage.VOID):
            self._line.forget_rules()
            raise Refused("venue", f"{intent.side} {intent.symbol}: {order.reason}")
        if self._listening.is_set() and order.client_order_id == name:
            self._account.owe(heard)
        return order

    def _require_going_on(self) -> None:
        if self.stopping.is_set():
            raise Refused("stopping", "this bot was told to end")

    async def _prepared(self, intent: Intent) -> Intent:
        """The intent on the market's grid, with all known that the guard judges it by."""
        market = await self.market(intent.symbol)
        others = () if intent.reduce_only else self.manager.records.exposed
        # The guard judges by their books, and none may grow old while another is asked for.
        await asyncio.gather(*map(self.quote, {intent.symbol, *others}))
        return fitted(intent, market)

    async def _watch_key(self) -> None:
        """End once the venue takes the key no more: that would be waited out for ever."""
        await self._line.key.lost.wait()
        log.critical("so the bot ends: %s", self._line.key.why(self.manager.records.not_ended()))
        self.stopping.set()

    async def _look_after(self) -> None:
        """Go on asking for the end of what the bot left behind, less and less often."""
        pause = _LOOK_S
        while True:
            await asyncio.sleep(pause)
            self.manager.catch_up_audit()
            self._unwanted.update(protection.pointless(self.manager.records))
            await asyncio.gather(
                self._end_unwanted(), protection.ask_after(self._doubted, self.manager)
            )
            pause = min(2 * pause, _RARELY_S) if self._unwanted or self._doubted else _LOOK_S

    async def _end_unwanted(self) -> None:
        """Ask for all ends at once: one that does not come keeps no other waiting."""

        async def end(name: str) -> None:
            with suppress(Unanswered):
                await self.finish(self.manager.records.orders[name])

        await asyncio.gather(*map(end, sorted(self._unwanted)))

    async def _end_those(self, stage: Stage) -> None:
        for name in self._to_end():
            if (order := self.manager.records.orders[name]).stage is stage:
                with suppress(Unanswered):
                    await self.finish(order, "left by an earlier life")

    def _on_records(self, symbol: str) -> None:
        # At once: a position that is gone may be back before anybody looks.
        self._unwanted.update(protection.pointless(self.manager.records))
        self._news.told(symbol)

    async def _on_gap(self, gap: Gap) -> None:
        log.info("the account's stream is there: %s", gap.why)
        await self._compare()
        self._listening.set()

    async def _on_news(self, news: tuple[str, Mapping[str, Any]]) -> None:
        kind, row = news
        if kind == ORDER:
            others = not await self._feed.order(row) and bool(row.get("filled"))
        else:
            others = not self.manager.on_fill(self._line.fill_of(row))
        # The venue closes positions by force, with orders and fills that are not ours. Of a
        # liquidation Binance tells no trade, so ccxt's stream has its order alone.
        if others and is_contract(row["symbol"]):
            await self._compare()

    def _on_book(self, symbol: str) -> Callable[[Mapping[str, Any]], Any]:
        async def consume(book: Mapping[str, Any]) -> None:
            self._quotes[symbol] = quote_of(book)
            self._news.told(symbol)

        return consume
