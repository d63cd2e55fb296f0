"""A desk's streams: each on a client of its own, which is thrown away at the first doubt.

ccxt.pro keeps what a stream lives by (listen keys, subscriptions, what it thinks is open) in the
client; a new client has none of it. Keeping a stream alive is `streams.stream`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from trading_tools.exchange.desk.line import Line
from trading_tools.exchange.pacing.rules import Cost
from trading_tools.exchange.streams import ccxt_streams
from trading_tools.exchange.streams.caches import Raw
from trading_tools.exchange.streams.ccxt_streams import Watch
from trading_tools.exchange.streams.delivery import Delivery, WhenFull
from trading_tools.exchange.streams.stream import Gap, Patience, Silent, Stream

_OWED_S: Final = 3.0
"""How soon after an accepted order the account's stream must have said something."""
_CONNECTION: Final = Cost({"connections": 1})
_MARKET: Final = Patience(silent_after_s=2.5, opening_s=4.0, first_s=0.1, longest_s=2.0)
_ACCOUNT: Final = Patience(silent_after_s=None, opening_s=4.0, first_s=0.1, longest_s=2.0)

log = logging.getLogger(__name__)

Consume = Callable[[Raw], Awaitable[None]]
Recover = Callable[[Gap], Awaitable[None]]


class Feed:
    """One stream. A subclass says what is watched."""

    def __init__(
        self,
        make_client: Callable[[], Any],
        line: Line,
        consume: Consume,
        recover: Recover | None,
        patience: Patience,
        when_full: WhenFull = WhenFull.DROP_OLDEST,
    ) -> None:
        self._make_client = make_client
        self._line = line
        self._client: Any = None
        self._watch: Watch | None = None
        delivery = Delivery(consume, when_full=when_full, on_error=_told)
        self._stream = Stream(self._next, self._let_go, delivery, recover, patience)

    async def run(self) -> None:
        """Watch until it is cancelled."""
        try:
            await self._stream.run()
        finally:
            await self._let_go()

    def _watched(self, client: Any) -> Watch:
        raise NotImplementedError

    async def _next(self) -> Sequence[Raw]:
        if self._watch is None:
            await self._line.pacer.acquire(_CONNECTION)
            self._client = self._line.joined(self._make_client())
            ccxt_streams.ping_often(self._client)
            self._watch = self._watched(self._client)
        return await self._watch()

    async def _let_go(self) -> None:
        client, self._client, self._watch = self._client, None, None
        if client is not None:
            await client.close()


class BookFeed(Feed):
    """A market's book, which always moves."""

    def __init__(
        self, make_client: Callable[[], Any], line: Line, symbol: str, consume: Consume
    ) -> None:
        super().__init__(make_client, line, consume, None, _MARKET)
        self._symbol = symbol

    def _watched(self, client: Any) -> Watch:
        return ccxt_streams.book(client, self._symbol)


class AccountFeed(Feed):
    """The account's orders, which may rest; then what the venue `owe`s tells a dead stream."""

    def __init__(
        self, make_client: Callable[[], Any], line: Line, consume: Consume, recover: Recover
    ) -> None:
        super().__init__(make_client, line, consume, recover, _ACCOUNT, WhenFull.GAP)
        self._overdue = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self.heard = 0
        """How often it said something."""

    def owe(self, since: int) -> None:
        """The venue had something to tell when `heard` was this: it is to come soon, or came."""
        if self._timer is None and self.heard == since:
            self._timer = asyncio.get_running_loop().call_later(_OWED_S, self._overdue.set)

    def _watched(self, client: Any) -> Watch:
        symbols = self._line.symbols
        return ccxt_streams.own_orders(client, symbols[0] if len(symbols) == 1 else None)

    async def _next(self) -> Sequence[Raw]:
        told = asyncio.ensure_future(super()._next())
        late = asyncio.ensure_future(self._overdue.wait())
        try:
            await asyncio.wait({told, late}, return_when=asyncio.FIRST_COMPLETED)
            if not told.done():
                raise Silent("what the venue owed this stream did not come")
            self._paid()
            self.heard += 1
            return told.result()
        finally:
            told.cancel()
            late.cancel()

    def _paid(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._overdue.clear()

    async def _let_go(self) -> None:
        self._paid()
        await super()._let_go()


def _told(error: Exception) -> None:
    log.error("what a stream said was not taken in: %s", error)
