"""A desk's streams: each on a client of its own, which is thrown away at the first doubt.

ccxt.pro keeps what a stream lives by (listen keys, subscriptions, what it thinks is open) in the
client; a new client has none of it. Keeping a stream alive is `streams.stream`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from trading_tools.exchange.desk.health import StreamHealth
from trading_tools.exchange.desk.line import Line
from trading_tools.exchange.pacing.rules import Cost
from trading_tools.exchange.streams import ccxt_streams
from trading_tools.exchange.streams.ccxt_streams import Raw, Watch
from trading_tools.exchange.streams.delivery import Delivery, WhenFull
from trading_tools.exchange.streams.stream import Gap, Patience, Silent, Stream

_OWED_S: Final = 3.0
"""How soon after an accepted order the account's stream must have said something."""
_CONNECTION: Final = Cost({"connections": 1})
_MARKET: Final = Patience(silent_after_s=2.5, opening_s=4.0, first_s=0.1, longest_s=2.0)
_ACCOUNT: Final = Patience(
    silent_after_s=None, opening_s=4.0, settle_s=0.5, first_s=0.1, longest_s=2.0
)

log = logging.getLogger(__name__)

ORDER: Final = "order"
FILL: Final = "fill"
Recover = Callable[[Gap], Awaitable[None]]


class Feed(ABC):
    """One stream. A subclass says what is watched."""

    def __init__(
        self,
        name: str,
        make_client: Callable[[], Any],
        line: Line,
        delivery: Delivery[Any],
        recover: Recover | None,
        patience: Patience,
    ) -> None:
        self._name = name
        self._delivery = delivery
        self._make_client = make_client
        self._line = line
        self._client: Any = None
        self._closing: set[asyncio.Task[None]] = set()
        self._stream: Stream[Any] = Stream(self._next, self._let_go, delivery, recover, patience)

    def health(self) -> StreamHealth:
        """How it stands."""
        seen, delivery = self._stream.health, self._delivery
        return StreamHealth(
            name=self._name,
            age_s=seen.age_s(time.monotonic()),
            lag_s=delivery.lag_s,
            messages=seen.messages,
            connected=seen.opened,
            silences=seen.silences,
            dropped=delivery.dropped,
            errors=delivery.errors,
            last_error=seen.last_error,
        )

    async def run(self) -> None:
        """Watch until it is cancelled."""
        try:
            await self._stream.run()
        finally:
            await self._let_go()
            await asyncio.gather(*self._closing, return_exceptions=True)

    @abstractmethod
    def _begin(self, client: Any) -> None:
        """What a new client is told before it watches."""

    @abstractmethod
    async def _rows(self) -> Sequence[Any]:
        """The next rows that came."""

    async def _next(self) -> Sequence[Any]:
        if self._client is None:
            await self._line.pacer.acquire(_CONNECTION)
            self._client = self._line.joined(self._make_client())
            ccxt_streams.ping_often(self._client)
            self._begin(self._client)
        return await self._rows()

    async def _let_go(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            # Whoever waits may be ended in the middle of it, and would leave connections open.
            closing = asyncio.create_task(client.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            await asyncio.shield(closing)


class BookFeed(Feed):
    """A market's book, which always moves."""

    def __init__(
        self,
        make_client: Callable[[], Any],
        line: Line,
        symbol: str,
        consume: Callable[[Raw], Awaitable[None]],
    ) -> None:
        delivery = Delivery(consume, on_error=_told)
        super().__init__(f"book {symbol}", make_client, line, delivery, None, _MARKET)
        self._symbol = symbol

    def _begin(self, client: Any) -> None:
        self._watch = ccxt_streams.book(client, self._symbol)

    async def _rows(self) -> Sequence[Raw]:
        books = await self._watch()
        if any(_is_crossed(book) for book in books):
            raise Crossed("its best bid is not below its best ask: something of it was lost")
        return books


class AccountFeed(Feed):
    """The account's orders and fills, which may rest: what the venue `owe`s tells a dead stream.

    `consume` gets (`ORDER` or `FILL`, row).
    """

    def __init__(
        self,
        make_client: Callable[[], Any],
        line: Line,
        consume: Callable[[tuple[str, Raw]], Awaitable[None]],
        recover: Recover,
    ) -> None:
        delivery = Delivery(consume, when_full=WhenFull.GAP, on_error=_told)
        super().__init__("account", make_client, line, delivery, recover, _ACCOUNT)
        self._watches: dict[str, Watch] = {}
        self._waiting: dict[str, asyncio.Future[Sequence[Raw]]] = {}
        self._overdue = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self.heard = 0
        """How often it said something."""

    def owe(self, since: int) -> None:
        """The venue had something to tell when `heard` was this: it is to come soon, or came."""
        if self._timer is None and self.heard == since:
            self._timer = asyncio.get_running_loop().call_later(_OWED_S, self._overdue.set)

    def _begin(self, client: Any) -> None:
        self._watches = {ORDER: ccxt_streams.own_orders(client)}
        if self._line.streams_fills:
            self._watches[FILL] = ccxt_streams.own_trades(client)

    async def _rows(self) -> Sequence[tuple[str, Raw]]:
        for kind, watch in self._watches.items():
            if kind not in self._waiting:
                self._waiting[kind] = asyncio.ensure_future(watch())
        late = asyncio.ensure_future(self._overdue.wait())
        waiting: set[asyncio.Future[Any]] = {late, *self._waiting.values()}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            late.cancel()
        told = [kind for kind, watched in self._waiting.items() if watched.done()]
        if not told:
            raise Silent("what the venue owed this stream did not come")
        self._paid()
        self.heard += 1
        return [(kind, row) for kind in told for row in self._waiting.pop(kind).result()]

    def _paid(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._overdue.clear()

    async def _let_go(self) -> None:
        self._paid()
        for waiting in self._waiting.values():
            waiting.cancel()
        await asyncio.gather(*self._waiting.values(), return_exceptions=True)
        self._waiting.clear()
        await super()._let_go()


class Crossed(Exception):
    """A book that cannot be: updates are missing, and ccxt did not see it."""


def _is_crossed(book: Raw) -> bool:
    bids, asks = book["bids"], book["asks"]
    return bool(bids and asks and bids[0][0] >= asks[0][0])


def _told(error: Exception) -> None:
    log.error("what a stream said was not taken in: %s", error)
