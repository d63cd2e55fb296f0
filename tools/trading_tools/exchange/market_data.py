"""Market data of any venue by one small interface: asked once, kept for a while, honest about both.

Where no venue is named the preferred ones are asked in turn, and the answer says which one gave it.
Who of them is asked first is `failover`; talking to one venue is `ccxt_venue`; what a reading is
made of, `parsing` and `limits`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from trading_tools.exchange.cache import Cache, Kept
from trading_tools.exchange.ccxt_venue import CcxtVenue, offered
from trading_tools.exchange.errors import (
    AmbiguousSymbol,
    BadReply,
    MarketDataError,
    RateLimited,
    Refused,
    Unreachable,
    Unsupported,
)
from trading_tools.exchange.failover import Failover, FailoverRules, VenueHealth
from trading_tools.exchange.fit import Order
from trading_tools.exchange.history import MOST_PAGES, Missing, PastTrade, trades
from trading_tools.exchange.intervals import interval_of
from trading_tools.exchange.limits import fees_of, limits_of
from trading_tools.exchange.listing import Market, resolve
from trading_tools.exchange.parsing import book_of, candles_of, ticker_of
from trading_tools.exchange.readings import (
    Candles,
    MarketLimits,
    OrderBook,
    Source,
    Ticker,
    TradingFees,
)
from trading_tools.exchange.trade_pages import Page, Place
from trading_tools.exchange.venue import Venue
from trading_tools.exchange.venues import KNOWN, PREFERRED, venue_id

T = TypeVar("T")
R = TypeVar("R", Ticker, OrderBook, Candles, MarketLimits, TradingFees)

DEEPEST: Final = 100
MOST_CANDLES: Final = 200
BUDGET_S: Final = 25.0
"""How long one venue may take, waiting for its rate limit included."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LEVELS: Final = (5, 10, 20, 50, 100)
"""Depths that all known venues take: others are cut from the next larger."""


@dataclass(frozen=True, kw_only=True)
class Ages:
    """How old, in seconds, an answer may be before the venue is asked again.

    A list of markets is megabytes on some venues and its rules change by announcement, so it is
    kept longer than prices.
    """

    ticker_s: float = 30
    order_book_s: float = 30
    candles_s: float = 60
    markets_s: float = 900


class MarketData:
    """Public market data, read only.

    Use as an asynchronous context manager: the connections are closed when the last user leaves.
    Every method takes a symbol in any usual spelling and a venue, or None for the preferred ones.

    Raises (all methods):
        MarketDataError: one of its kinds; the message says what was wrong and what to do.
    """

    def __init__(
        self,
        open_venue: Callable[[str], Venue] = CcxtVenue,
        *,
        ages: Ages | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        budget_s: float = BUDGET_S,
        failover: FailoverRules | None = None,
    ) -> None:
        self._open_venue = open_venue
        self._ages = ages or Ages()
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._budget_s = budget_s
        self._cache = Cache(clock, monotonic)
        self._failover = Failover(PREFERRED, failover or FailoverRules(), monotonic)
        self._venues: dict[str, Venue] = {}
        self._quiet_until: dict[str, float] = {}
        self._users = 0

    async def __aenter__(self) -> Self:
        self._users += 1
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._users -= 1
        if not self._users:
            await self.close()

    async def close(self) -> None:
        """Close all connections; what is asked later opens them again."""
        venues, self._venues = self._venues, {}
        for venue in venues.values():
            await venue.close()

    async def ticker(self, symbol: str, venue: str | None = None) -> Ticker:
        """Last price, best bid and ask, the last 24 hours."""

        async def read(at: Venue, market: Market, passed: tuple[str, ...]) -> Ticker:
            kept = await self._kept(
                at, ("ticker", market.symbol), self._ages.ticker_s, lambda: at.ticker(market.symbol)
            )
            return ticker_of(at.name, market, kept.value, self._source(at, kept, passed))

        return await self._answer(symbol, venue, read)

    async def order_book(self, symbol: str, depth: int, venue: str | None = None) -> OrderBook:
        """The best `depth` (1 to `DEEPEST`) bids and asks."""

        async def read(at: Venue, market: Market, passed: tuple[str, ...]) -> OrderBook:
            levels = next(size for size in _LEVELS if size >= depth) if at.name in KNOWN else None
            kept = await self._kept(
                at,
                ("book", market.symbol, levels),
                self._ages.order_book_s,
                lambda: at.order_book(market.symbol, levels),
            )
            return book_of(at.name, market, kept.value, depth, self._source(at, kept, passed))

        return await self._answer(symbol, venue, read)

    async def candles(
        self,
        symbol: str,
        interval: str,
        count: int,
        venue: str | None = None,
        *,
        until: datetime | None = None,
        with_open: bool = False,
    ) -> Candles:
        """The last `count` (1 to `MOST_CANDLES`) candles closed by `until` (now), oldest first.

        `with_open` adds the one that is still open.
        """

        async def read(at: Venue, market: Market, passed: tuple[str, ...]) -> Candles:
            wanted = interval_of(interval, at.name, at.intervals)
            if until is not None and with_open:
                raise Unsupported(
                    "the open candle is one as of now: it would tell what came after `until`"
                )
            end = self._clock() if until is None else min(until, self._clock())
            step = wanted.longest
            # From the grid, so that the request is the same until a candle closes.
            since = _EPOCH + max(0, (end - _EPOCH) // step - count - 1) * step
            most = max(0, (end - since) // wanted.shortest) + 1
            kept = await self._kept(
                at,
                ("candles", market.symbol, interval, since, most),
                self._ages.candles_s,
                lambda: at.candles(
                    market.symbol, interval, (since - _EPOCH) // timedelta(milliseconds=1), most
                ),
            )
            return candles_of(
                at.name,
                market,
                kept.value,
                wanted,
                until=end,
                count=count,
                with_open=with_open,
                source=self._source(at, kept, passed),
            )

        return await self._answer(symbol, venue, read)

    async def market_limits(
        self, symbol: str, venue: str | None = None, *, order: Order | None = None
    ) -> MarketLimits:
        """What the market takes, and whether `order` is something that it takes."""

        async def read(at: Venue, market: Market, passed: tuple[str, ...]) -> MarketLimits:
            kept = await self._markets(at)
            source = self._source(at, kept, passed)
            return limits_of(at.name, market, at.precision_mode, order, source)

        return await self._answer(symbol, venue, read)

    async def trading_fees(self, symbol: str, venue: str | None = None) -> TradingFees:
        """The published default fees; an account's own need a key, and none is used here."""

        async def read(at: Venue, market: Market, passed: tuple[str, ...]) -> TradingFees:
            kept = await self._markets(at)
            basis = (
                f"published defaults of the lowest tier as {at.version} has them; what an account "
                "pays needs its key and may differ"
            )
            return fees_of(at.name, market, basis, self._source(at, kept, passed))

        return await self._answer(symbol, venue, read)

    async def market(self, symbol: str, venue: str) -> Market:
        """The one market of a venue that a symbol means."""
        name = venue_id(venue, offered())
        async with self._budget(name):
            return resolve(symbol, name, (await self._markets(self._at(name))).value)

    async def past_trades(
        self,
        symbol: str,
        venue: str,
        since: datetime,
        until: datetime,
        most_pages: int = MOST_PAGES,
    ) -> AsyncIterator[PastTrade | Missing]:
        """Trades of the past, oldest first, each once, from one venue and kept nowhere.

        Each page has the time of a request; no other venue stands in, for its trades are others.
        """
        name, market = venue_id(venue, offered()), await self.market(symbol, venue)

        async def ask(place: Place) -> Page:
            async with self._budget(name):
                at = self._at(name)
                return await self._patient(name, lambda: at.trades(market.symbol, place))

        async for one in trades(name, _ms(since), _ms(until), ask, most_pages):
            yield one

    @asynccontextmanager
    async def _budget(self, name: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._budget_s):
                yield
        except TimeoutError:
            raise Unreachable(f"{name} did not answer within {self._budget_s:g} s") from None

    def _at(self, name: str) -> Venue:
        at = self._venues.get(name)
        if at is None:
            at = self._venues[name] = self._open_venue(name)
        return at

    def health(self) -> tuple[VenueHealth, ...]:
        """How those venues did that are asked where none is named; times are the monotonic ones."""
        return self._failover.health()

    async def _answer(
        self,
        symbol: str,
        venue: str | None,
        read: Callable[[Venue, Market, tuple[str, ...]], Awaitable[R]],
    ) -> R:
        """From the venue named, or the first preferred one that can answer."""
        if venue is not None:
            return await self._read(venue_id(venue, offered()), symbol, read, ())
        turns = self._failover.turns()
        errors: list[MarketDataError] = []
        for name in turns.venues:
            moved_back: list[str] = [why for other, why in turns.late.items() if other != name]
            passed = (*moved_back, *(str(error) for error in errors))
            try:
                return await self._read(name, symbol, read, passed)
            except AmbiguousSymbol:
                raise
            except MarketDataError as error:
                errors.append(error)
        raise type(errors[-1])("; ".join(map(str, errors))) from errors[-1]

    async def _read(
        self,
        name: str,
        symbol: str,
        read: Callable[[Venue, Market, tuple[str, ...]], Awaitable[R]],
        passed: tuple[str, ...],
    ) -> R:
        at, began = self._at(name), self._clock()
        try:
            async with self._budget(name):
                listed = (await self._markets(at)).value
                found = await read(at, resolve(symbol, at.name, listed), passed)
        except (BadReply, RateLimited, Refused, Unreachable) as error:
            self._failover.failed(name, str(error))
            raise
        # What was kept says nothing of how the venue does now.
        if found.source.fetched_at >= began:
            self._failover.answered(name, _age_s(found))
        return found

    async def _markets(self, at: Venue) -> Kept[tuple[Market, ...]]:
        async def ask() -> tuple[Market, ...]:
            found = tuple(Market.of(raw) for raw in await at.markets())
            if not found:
                raise BadReply(f"{at.name} answered with a list of markets that is empty")
            return found

        return await self._kept(at, ("markets",), self._ages.markets_s, ask)

    async def _kept(
        self, at: Venue, key: tuple[Any, ...], age_s: float, ask: Callable[[], Awaitable[T]]
    ) -> Kept[T]:
        return await self._cache.get((at.name, *key), age_s, lambda: self._patient(at.name, ask))

    async def _patient(self, name: str, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask; where the venue says to wait, do so once if there is time for it.

        While a venue wants quiet it is not asked: asking all the same is what gets one banned.
        """
        deadline = self._monotonic() + self._budget_s
        while True:
            left = self._quiet_until.get(name, 0.0) - self._monotonic()
            if left > 0:
                if self._monotonic() + left >= deadline:
                    raise RateLimited(
                        f"{name} asks to slow down; ask again in {ceil(left)} s", left
                    )
                await self._sleep(left)
            try:
                return await ask()
            except RateLimited as error:
                if error.retry_after_s is None:
                    raise
                self._quiet_until[name] = self._monotonic() + error.retry_after_s
                if self._monotonic() + error.retry_after_s >= deadline:
                    raise

    def _source(self, at: Venue, kept: Kept[Any], passed: tuple[str, ...]) -> Source:
        return Source(
            venue=at.name,
            fetched_at=kept.asked_at,
            age_s=max(0, ceil(self._cache.age_s(kept))),
            passed_over=passed,
        )


def _ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _age_s(found: Ticker | OrderBook | Candles | MarketLimits | TradingFees) -> float | None:
    """How old the data was by the venue's own time when it was asked for, where it tells it."""
    if not isinstance(found, Ticker | OrderBook) or found.venue_time is None:
        return None
    return (found.source.fetched_at - found.venue_time).total_seconds()
