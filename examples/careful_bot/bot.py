"""A careful bot: keeps one small quote near the market, and never loses track of an order.

It bids for a clip just below the market and, once it has one, sells it at the market. The strategy
is nothing; how its orders are looked after is the point:

- an intent is on disk before it is sent, and its id is the order's id at the venue (`journal`);
- what is not surely refused is looked for, never sent again (`desk`);
- one request at a time, none before `Retry-After` is over (`link`);
- streams are judged by their silence, and REST takes over meanwhile (`streams`);
- prices and sizes are rounded to the venue's rules of today, which are read again after a refusal;
- SIGTERM and SIGINT end it with nothing in the book.

Environment: `BOT_VENUE` (binance, binanceusdm, bybit, kraken, coinbase) and that venue's keys.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from contextlib import suppress
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

import ccxt
import ccxt.pro

from desk import Desk
from journal import Intent, Journal
from link import Link, brief
from streams import Stream
from venues import PROFILES, client, refused

CLIP = Decimal("0.0005")
AWAY = Decimal("0.0003")
"""Share of the price by which a quote stays away from the market."""
RULES_EVERY_S = 60.0

log = logging.getLogger("careful")


class Bot:
    """The strategy and its parts."""

    def __init__(self, venue: str, folder: Path) -> None:
        self.profile = PROFILES[venue]
        kind = getattr(ccxt.pro, venue)
        self.link = Link(client(kind, self.profile), self.profile.counters)
        self.journal = Journal(folder / f"journal-{venue}.jsonl")
        self.desk = Desk(self.link, self.profile, self.journal)
        symbol = self.profile.symbol

        def open_client() -> Any:
            return client(kind, self.profile)

        self.book = Stream(
            "book", self.link, open_client, lambda each: each.watch_order_book(symbol), 2.5
        )
        self.orders = Stream(
            "orders", self.link, open_client, lambda each: each.watch_orders(symbol), None
        )
        self.stopping = asyncio.Event()
        self._rules_at = 0.0
        self._troubles = 0

    async def run(self) -> None:
        """Trade until a signal comes, then leave nothing behind."""
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self.stopping.set)
        streams: list[asyncio.Task[None]] = []
        try:
            if await self._until_done(self._prepare):
                streams = [asyncio.create_task(each.run()) for each in (self.book, self.orders)]
                while not self.stopping.is_set():
                    await self._cycle()
            await self.desk.finish_all()
            log.info("ended with a position of %s and nothing in the book", self.journal.position())
        finally:
            for task in streams:
                task.cancel()
            await asyncio.gather(*streams, return_exceptions=True)
            await self.link.client.close()

    async def _prepare(self) -> None:
        await self._refresh_rules()
        await self.link.call("load_time_difference")
        await self.desk.reconcile()

    async def _until_done(self, act: Any) -> bool:
        """Do something that must be done before trading; False where a signal comes first."""
        while not self.stopping.is_set():
            try:
                await act()
            except ccxt.BaseError as error:
                log.warning("not ready: %s", brief(error))
                await self._rest(0.5)
            else:
                return True
        return False

    async def _cycle(self) -> None:
        """Quote once, wait, and take the quote back."""
        try:
            await self._refresh_rules()
            intent = await self._quote()
        except ccxt.BaseError as error:
            log.warning("no quote: %s", brief(error))
            if refused(error):
                self._rules_at = 0.0  # perhaps the rules have changed
            await self._rest(min(0.25 * 2**self._troubles, 2.0))
            self._troubles += 1
            return
        self._troubles = 0
        if intent is not None:
            self.orders.expect(within_s=3.0)
            await self._rest(self.profile.pace_s)
            intent = await self.desk.finish(intent)
            log.info("%s %s: %s filled", intent.side, intent.price, intent.filled)

    async def _quote(self) -> Intent | None:
        """Place the next order; None where none can be placed or it has ended already."""
        bid = await self._best_bid()
        market = self.link.client.market(self.profile.symbol)
        step, tick = (Decimal(str(market["precision"][each])) for each in ("amount", "price"))
        low = _round(bid * (1 - AWAY), tick, ROUND_FLOOR)
        held = await self._held(market)
        least = _least(market, low, step)
        if held >= least:
            # At the bid, so that it trades at once.
            side, amount = "sell", _round(held, step, ROUND_FLOOR)
            price = _round(bid, tick, ROUND_FLOOR)
        else:  # nothing yet, or too little to be sold: then more is bought first
            side, amount, price = "buy", max(CLIP, least), low
            if held + amount > self.profile.most:
                log.warning("buying %s would go over the limit of %s", amount, self.profile.most)
                await self._rest(self.profile.pace_s)
                return None
            if not await self._can_pay(market, amount * price):
                await self._rest(self.profile.pace_s)
                return None
        intent = self.journal.meant(side, format(amount, "f"), format(price, "f"))
        intent = await self.desk.place(intent)
        return None if intent.settled else intent

    async def _held(self, market: dict[str, Any]) -> Decimal:
        """What we hold: on spot what our orders filled, of a contract what the venue says.

        It closes positions by force, with fills that belong to no order of ours.
        """
        if not market["contract"]:
            return self.journal.position()
        positions = await self.link.call("fetch_positions", [market["symbol"]])
        total = Decimal(0)
        for each in positions:
            size = Decimal(str(each["contracts"] or 0)) * Decimal(str(each["contractSize"] or 1))
            total += -size if each["side"] == "short" else size
        return total

    async def _can_pay(self, market: dict[str, Any], worth: Decimal) -> bool:
        """Whether the account shows enough money. It may lag: our position is the journal's."""
        money = market["settle"] or market["quote"]
        free = (await self.link.call("fetch_balance")).get(money, {}).get("free") or 0
        if Decimal(str(free)) < worth:
            log.warning("%s %s are free, a clip costs %s", free, money, worth)
            return False
        return True

    async def _best_bid(self) -> Decimal:
        """By the stream, or by REST while that is silent."""
        book = self.book.last
        if not self.book.fresh(2.0) or not book["bids"]:
            book = await self.link.call("fetch_order_book", self.profile.symbol, 20)
        return Decimal(str(book["bids"][0][0]))

    async def _refresh_rules(self) -> None:
        now = asyncio.get_running_loop().time()
        if now > self._rules_at:
            await self.link.call("load_markets", True)
            self._rules_at = now + RULES_EVERY_S

    async def _rest(self, seconds: float) -> None:
        """Wait; a signal ends it at once."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)


def _round(value: Decimal, step: Decimal, how: str) -> Decimal:
    return (value / step).to_integral_value(how) * step


def _least(market: dict[str, Any], price: Decimal, step: Decimal) -> Decimal:
    """The smallest amount that the venue takes at a price, with a little over."""
    limits = market["limits"]
    by_size = Decimal(str(limits["amount"]["min"] or 0))
    by_worth = Decimal(str(limits["cost"]["min"] or 0)) * Decimal("1.05") / price
    return _round(max(by_size, by_worth), step, ROUND_CEILING)


def main() -> None:
    """Run until a signal comes."""
    venue = os.environ.get("BOT_VENUE", "binance")
    if venue not in PROFILES:
        sys.exit(f"BOT_VENUE={venue}: use one of {', '.join(PROFILES)}")
    missing = [name for name in PROFILES[venue].keys if not os.environ.get(name)]
    if missing:
        sys.exit(f"set {' and '.join(missing)}: the keys of {venue}")
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO, stream=sys.stdout)
    asyncio.run(Bot(venue, Path.cwd()).run())


if __name__ == "__main__":
    main()
