"""All rows that a ccxt.pro client takes in of an account, each for each who listens.

ccxt wakes a waiting `watch_*` and drops what comes before the next call: of an order that is taken
and filled at once, the fill is told with the next message, which may never come (seen with 4.5.90
at Binance). So rows are kept here from where the client itself keeps them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

Row = Mapping[str, Any]

_KEPT: Final = 10_000


class Inbox:
    """Rows of one kind for one listener; `symbol` is the market, or None for all.

    `kind` is ccxt's name of the cache, `orders` or `myTrades`; `listen` keeps the connection up.
    A row without a market goes to all. More rows than `_KEPT` that nobody took are a failure.
    """

    def __init__(
        self, client: Any, kind: str, symbol: str | None, listen: Callable[[], Awaitable[object]]
    ) -> None:
        self._symbol = symbol
        self._listen = listen
        self._rows: deque[Row] = deque()
        self._there = asyncio.Event()
        self._lost = False
        self._listening: asyncio.Future[Any] | None = None
        _cache_of(client, kind).inboxes.append(self)

    def put(self, row: Row) -> None:
        """Keep a row that the client has taken in; it may change it later."""
        if self._symbol is not None and row.get("symbol") not in (None, self._symbol):
            return
        if len(self._rows) >= _KEPT:
            self._lost = True
        else:
            self._rows.append(dict(row))
        self._there.set()

    async def watch(self) -> Sequence[Row]:
        """The rows since the last call, at least one. What listening raises goes through.

        Raises:
            Overflow: rows were lost, because nobody took them for too long.
        """
        if not self._rows:
            await self._wait()
        self._there.clear()
        told, self._rows = list(self._rows), deque()
        if self._lost:
            self._lost = False
            raise Overflow(f"more than {_KEPT} rows came before the last ones were taken")
        return told

    async def _wait(self) -> None:
        """Until there is a row. The listening goes on after it: to end it would end that of others.

        Only where this wait itself is ended is the listening ended too, with its connection.
        """
        arrived = asyncio.ensure_future(self._there.wait())
        try:
            while not self._there.is_set():
                listening: asyncio.Future[Any] = self._listening or asyncio.ensure_future(
                    self._listen()
                )
                self._listening = listening
                await asyncio.wait({listening, arrived}, return_when=asyncio.FIRST_COMPLETED)
                if listening.done():
                    self._listening = None
                    listening.result()
        except asyncio.CancelledError:
            if self._listening is not None:
                self._listening.cancel()
                self._listening = None
            raise
        finally:
            arrived.cancel()


class Overflow(Exception):
    """Rows of an account's stream were lost."""


def _cache_of(client: Any, kind: str) -> Any:
    """The client's cache of a kind, which hands each row on; made where there is none yet."""
    from ccxt.async_support.base.ws.cache import ArrayCacheBySymbolById

    class Telling(ArrayCacheBySymbolById):  # type: ignore[misc]  # ccxt has no types
        """ccxt's cache, with ears."""

        def __init__(self, limit: int) -> None:
            super().__init__(limit)
            self.inboxes: list[Inbox] = []

        def append(self, row: Any) -> None:
            super().append(row)
            for inbox in self.inboxes:
                inbox.put(row)

    if not hasattr(getattr(client, kind), "inboxes"):
        setattr(client, kind, Telling(1_000))
    return getattr(client, kind)
