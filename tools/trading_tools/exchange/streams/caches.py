"""What a ccxt.pro client is told of an account, in full: also what comes while nobody waits.

ccxt 4.5.90 wakes whoever waits with one message and only keeps the next ones: of two that come
right after each other the second is told with whatever comes after it, if anything ever does. For
an order that trades at once the second is its fill.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

Raw = Mapping[str, Any]


class Told:
    """The rows of every message, as they are when it comes: ccxt changes them later.

    `watch` subscribes and waits; it raises where the connection broke. `cache` names the client's
    attribute in which ccxt keeps the rows, the latest last. One client serves one of these.
    """

    def __init__(self, client: Any, watch: Callable[[], Awaitable[Any]], cache: str) -> None:
        self._client = client
        self._watch = watch
        self._cache = cache
        self._handle = client.handle_message
        self._rows: deque[Raw] = deque()
        self._last: list[Raw] = []
        self._there = asyncio.Event()
        client.handle_message = self._handled

    async def rows(self) -> Sequence[Raw]:
        """The rows that came since the last call, or the next ones."""
        there = asyncio.ensure_future(self._there.wait())
        watching: asyncio.Future[Any] | None = None
        try:
            while not there.done():
                watching = asyncio.ensure_future(self._watch())
                await asyncio.wait({watching, there}, return_when=asyncio.FIRST_COMPLETED)
                if watching.done():
                    watching.result()
        finally:
            there.cancel()
            if watching is not None:
                watching.cancel()
        self._there.clear()
        rows, self._rows = self._rows, deque()
        return list(rows)

    def _handled(self, connection: Any, message: Any) -> None:
        self._handle(connection, message)
        cache = getattr(self._client, self._cache, None)
        if cache is None:
            return
        # ccxt counts anew from the first row after this was asked; a message of another kind
        # leaves the count, and the same rows, as they were.
        new = cache.getLimit(None, None)
        rows: list[Raw] = [dict(row) for row in cache[max(0, len(cache) - new) :]]
        if rows != self._last:
            self._last = rows
            self._rows.extend(rows)
            self._there.set()
