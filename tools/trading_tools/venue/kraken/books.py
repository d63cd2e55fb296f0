"""The book channel: a snapshot of some levels, then what changes among them, with a checksum.

Source: "Book checksum (WebSocket v2)". A level that falls behind the last one is not told: the
client cuts its book off at the depth that it has subscribed.
"""

from __future__ import annotations

import zlib
from itertools import islice
from typing import Any, Final

from trading_tools.venue.core.book import Book
from trading_tools.venue.kraken.call import stamp
from trading_tools.venue.kraken.figures import Figure
from trading_tools.venue.kraken.listing import Pair

DEPTHS: Final = (10, 25, 100, 500, 1_000)
_SUMMED = 10

Levels = dict[int, int]
"""Steps by ticks, best first."""


class BookFeed:
    """What all subscribers of one pair and one depth have been told."""

    def __init__(self, pair: Pair, book: Book, depth: int) -> None:
        self._pair = pair
        self._book = book
        self._depth = depth
        self._bids: Levels = {}
        self._asks: Levels = {}

    def take(self) -> tuple[Levels, Levels]:
        """What has changed since the last time: bids and asks, 0 for a level that is gone."""
        bids = dict(self._book.bids.depth(self._depth))
        asks = dict(self._book.asks.depth(self._depth))
        changed = self._changes(self._bids, bids, -1), self._changes(self._asks, asks, 1)
        self._bids, self._asks = bids, asks
        return changed

    def snapshot(self, at: int) -> dict[str, Any]:
        """All levels as they were last told."""
        return self._message("snapshot", self._bids, self._asks, at)

    def update(self, bids: Levels, asks: Levels, at: int) -> dict[str, Any]:
        """Some changes."""
        return self._message("update", bids, asks, at)

    def _changes(self, before: Levels, now: Levels, sign: int) -> Levels:
        last = sign * next(reversed(now), 0)
        short = len(now) < self._depth
        gone = {price: 0 for price in before.keys() - now.keys() if short or sign * price < last}
        # Gone ones first: who cuts off after each level of a message then has the same book.
        return gone | {price: size for price, size in now.items() if before.get(price) != size}

    def _message(self, kind: str, bids: Levels, asks: Levels, at: int) -> dict[str, Any]:
        pair = self._pair

        def rows(levels: Levels) -> list[dict[str, Figure]]:
            return [
                {"price": Figure(pair.price(price)), "qty": Figure(pair.quantity(size))}
                for price, size in levels.items()
            ]

        told = {
            "symbol": pair.symbol,
            "bids": rows(bids),
            "asks": rows(asks),
            "checksum": checksum(self._asks, self._bids),
            "timestamp": stamp(at),
        }
        return {"channel": "book", "type": kind, "data": [told]}


def checksum(asks: Levels, bids: Levels) -> int:
    """CRC32 over the ten best asks, then bids: price and volume without point and leading zeros.

    Those are the price in ticks and the volume in steps, as both have all their decimals.
    """
    text = "".join(
        f"{price}{size}"
        for levels in (asks, bids)
        for price, size in islice(levels.items(), _SUMMED)
    )
    return zlib.crc32(text.encode())
