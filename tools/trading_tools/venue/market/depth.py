"""A book's changes as numbered updates, the material of every venue's depth stream.

The exchange marks levels that changed; here they get their numbers, and each reader its own pace.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from trading_tools.venue.core.book import Book, BookSide


class DepthUpdate(NamedTuple):
    """Levels that changed between updates `first` and `last`: (ticks, steps), 0 steps for gone."""

    first: int
    last: int
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]


@dataclass
class DepthReader:
    """What has changed since its last update was taken."""

    last: int = 0
    bids: set[int] = field(default_factory=set)
    asks: set[int] = field(default_factory=set)


class Depth:
    """The numbers of one book. A snapshot is numbered `update_id` once `commit` was called."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.update_id = 0
        self._readers: list[DepthReader] = []

    def reader(self) -> DepthReader:
        """A new reader, from the present state on."""
        self.commit()
        reader = DepthReader(self.update_id)
        self._readers.append(reader)
        return reader

    def commit(self) -> int:
        """Number all changes so far; the number of the last one."""
        bids, asks = self.book.bids.changed, self.book.asks.changed
        if bids or asks:
            self.update_id += len(bids) + len(asks)
            for reader in self._readers:
                reader.bids |= bids
                reader.asks |= asks
            bids.clear()
            asks.clear()
        return self.update_id

    def take(self, reader: DepthReader) -> DepthUpdate | None:
        """The update since the reader's last one, or None where nothing changed."""
        self.commit()
        if not (reader.bids or reader.asks):
            return None
        update = DepthUpdate(
            reader.last + 1,
            self.update_id,
            _now(self.book.bids, reader.bids),
            _now(self.book.asks, reader.asks),
        )
        reader.last = self.update_id
        reader.bids.clear()
        reader.asks.clear()
        return update


def _now(side: BookSide, prices: set[int]) -> list[tuple[int, int]]:
    return [(price, side.totals.get(price, 0)) for price in sorted(prices)]
