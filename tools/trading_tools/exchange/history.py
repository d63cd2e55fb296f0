"""The past of a market as a stream: trades once and in order, what is missing said; bars; books.

One page is held at a time, however long the history. How venues are paged is `trade_pages`; asking
them is `market_data`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from trading_tools.exchange.bars import Bar, Bars
from trading_tools.exchange.errors import BadReply
from trading_tools.exchange.readings import OrderBook
from trading_tools.exchange.streams.once import Once
from trading_tools.exchange.trade_pages import CONSECUTIVE, Page, Place, Raw
from trading_tools.money import MoneyError, from_json

MOST_PAGES = 1_000


@dataclass(frozen=True)
class PastTrade:
    """One trade at `at` milliseconds since 1970; sizes of contracts count as the venue does."""

    id: str
    at: int
    price_quote: Decimal
    size_base: Decimal


@dataclass(frozen=True)
class Missing:
    """Between two times, in milliseconds, trades may be missing."""

    since: int
    until: int
    why: str


async def trades(
    venue: str,
    since: int,
    until: int,
    ask: Callable[[Place], Awaitable[Page]],
    most_pages: int = MOST_PAGES,
) -> AsyncIterator[PastTrade | Missing]:
    """Trades of `since` and later, before `until`, oldest first; a `Missing` before what follows.

    `ask` gets one page. After `most_pages` the rest is missing. What `ask` raises goes through.

    Raises:
        BadReply: a page goes back in time, or a trade has no sound price, size or time.
    """
    reading = _Reading(venue, since, until)
    place: Place | None = Place(since, until)
    for _ in range(most_pages):
        if place is None:
            return
        got = await ask(place)
        for one in reading.of(got):
            yield one
        place = got.following
    if place is not None:
        yield Missing(reading.last_at, until, f"the history was left after {most_pages} pages")


class _Reading:
    """What was read of a history so far: the last trade, and which have been."""

    def __init__(self, venue: str, since: int, until: int) -> None:
        self.last_at = since
        self._venue = venue
        self._since = since
        self._until = until
        self._last: PastTrade | None = None
        self._once: Once[PastTrade] = Once(lambda trade: trade.id)

    def of(self, page: Page) -> Iterator[PastTrade | Missing]:
        """The new trades of a page, with what is missing before each."""
        told = sorted(map(self._trade, page.trades), key=lambda trade: (trade.at, _number(trade)))
        fresh = self._once.new(one for one in told if self._since <= one.at < self._until)
        if page.unseen is not None:
            since, why = page.unseen
            first = fresh[0].at if fresh else self._until
            yield Missing(since, first, why)
        for trade in fresh:
            if trade.at < self.last_at:
                raise BadReply(
                    f"{self._venue} went back in time: trade {trade.id:.40} of {trade.at} came "
                    f"after one of {self.last_at}"
                )
            yield from self._hole_before(trade)
            yield trade
            self.last_at, self._last = trade.at, trade

    def _hole_before(self, trade: PastTrade) -> Iterator[Missing]:
        if self._venue not in CONSECUTIVE or self._last is None:
            return
        skipped = _number(trade) - _number(self._last) - 1
        if skipped > 0:
            why = f"{skipped} trades between {self._last.id} and {trade.id} were not told"
            yield Missing(self.last_at, trade.at, why)

    def _trade(self, raw: Raw) -> PastTrade:
        try:
            name, at = str(raw["id"]), int(raw["timestamp"])
            price = from_json(raw["price"], f"{self._venue} trade {name:.40} price")
            size = from_json(raw["amount"], f"{self._venue} trade {name:.40} amount")
            if raw["id"] is not None and price > 0 and size > 0:
                return PastTrade(name, at, price, size)
        except MoneyError as error:
            raise BadReply(str(error)) from None
        except (LookupError, TypeError, ValueError):
            pass
        raise BadReply(f"{self._venue} told a trade without what one has: {raw!r:.120}")


def _number(trade: PastTrade) -> int:
    """The number of a trade, for venues that number them; others' keep their order."""
    return int(trade.id) if trade.id.isascii() and trade.id.isdigit() else 0


async def bars(
    history: AsyncIterator[PastTrade | Missing], length_ms: int, since: int, until: int
) -> AsyncIterator[Bar]:
    """Closed bars of a history; those in which trades may be missing are not complete.

    Raises:
        ValueError: a length that is not positive.
    """
    made = Bars(length_ms, since, lateness_ms=0)
    async for one in history:
        if isinstance(one, Missing):
            made.miss(one.since, one.until, one.why)
            continue
        for bar in made.pass_time(one.at):
            yield bar
        made.add(one.price_quote, one.size_base, one.at)  # with no lateness it closes none
    for bar in made.pass_time(until):
        yield bar


@dataclass(frozen=True)
class Snapshot:
    """A book that differs from the one before; `missed` looks before it gave none or came late."""

    book: OrderBook
    missed: int


async def books(
    look: Callable[[], Awaitable[OrderBook]],
    every_s: float,
    count: int,
    clock: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Snapshot]:
    """`count` looks at a book, one in `every_s`; the same book again, or an older one, is left out.

    Looks that a slow venue or a slow consumer made impossible are counted, not made up for. What
    `look` raises goes through; `clock` is monotonic.
    """
    begun, made, missed = clock(), 0, 0
    last: OrderBook | None = None
    while made < count:
        due = begun + made * every_s
        late = int((clock() - due) // every_s) if every_s > 0 else 0
        if late > 0:
            missed += min(late, count - made)
            made += late
            continue
        if due > clock():
            await sleep(due - clock())
        made += 1
        book = await look()
        if last is None or _is_newer(book, last):
            yield Snapshot(book, missed)
            last, missed = book, 0


def _is_newer(book: OrderBook, last: OrderBook) -> bool:
    before, now = last.venue_time, book.venue_time
    if before is not None and now is not None and now < before:
        return False
    return (book.bids, book.asks) != (last.bids, last.asks)
