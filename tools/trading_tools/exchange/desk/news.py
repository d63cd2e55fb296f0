"""News of a desk: whoever watches a market is woken when there is something new in it.

Nothing is queued. What counts is how things are when the bot looks: `Desk.quote` has the newest
book, and the orders that it holds are kept up to date.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from typing import Final

_AT_LATEST_S: Final = 2.0
"""After so long without news a bot looks again: a silent book says nothing of its market."""


class News:
    """How often there was something new in each of a desk's markets, until `stopping` is set."""

    def __init__(self, symbols: Collection[str], stopping: asyncio.Event) -> None:
        self.symbols = symbols
        self.stopping = stopping
        self.counts: Counter[str] = Counter()
        self._awaited: dict[str, asyncio.Event] = {}

    def told(self, symbol: str) -> None:
        """There is something new in a market."""
        self.counts[symbol] += 1
        if (awaited := self._awaited.pop(symbol, None)) is not None:
            awaited.set()

    async def next(self, symbol: str) -> None:
        """Wait until there is more, or the desk is told to end."""
        await self._awaited.setdefault(symbol, asyncio.Event()).wait()

    async def end(self) -> None:
        """Let go of all that wait once the desk is told to end."""
        try:
            await self.stopping.wait()
        finally:
            for symbol in list(self._awaited):
                self._awaited.pop(symbol).set()


class Watch:
    """One market for one task of a bot: what is new since that last looked."""

    def __init__(self, news: News, symbol: str) -> None:
        """Nothing was looked at yet, so the first `moved` returns at once.

        Raises:
            ValueError: it is none of the desk's markets.
        """
        if symbol not in news.symbols:
            ours = ", ".join(news.symbols)
            raise ValueError(f"{symbol!r:.80} is none of this desk's markets: {ours}")
        self._news = news
        self._symbol = symbol
        self._seen = -1

    async def moved(self, within_s: float = _AT_LATEST_S) -> bool:
        """Wait for news of the market; False once the desk is told to end.

        News are: its book moved, an order of the desk there was filled or has ended or was found,
        or the venue changed the position. What came since the last call counts, however much, as
        one; so a bot that is slow finds the newest. After `within_s` it is True without news.
        Cancelled, as by a time limit, it loses none.
        """
        news, symbol = self._news, self._symbol
        if self._seen == news.counts[symbol] and not news.stopping.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await news.next(symbol)
        self._seen = news.counts[symbol]
        return not news.stopping.is_set()
