"""A book of so many levels as a stream: one snapshot, then what has changed in them.

`u` counts the messages of a topic, without a gap; `seq` the changes of the whole book, so that
topics of different depth can be compared.
"""

from __future__ import annotations

from typing import Any, Final

from trading_tools.venue.bybit import texts
from trading_tools.venue.bybit.listing import LINEAR, SPOT
from trading_tools.venue.bybit.place import BybitPlace
from trading_tools.venue.bybit.quotes import FIRST_SEQ
from trading_tools.venue.core.book import BookSide
from trading_tools.venue.core.instruments import Instrument

DEPTHS: Final = (1, 50, 200, 1_000)
_PACE_MS: Final = {
    SPOT: {1: 10, 50: 20, 200: 200, 1_000: 200},
    LINEAR: {1: 10, 50: 20, 200: 100, 1_000: 200},
}
_REPEAT_MS = 3_000
_FIRST_UPDATE = 18_521_288


class BookTopic:
    """One topic: what its clients have, and what they have not heard yet."""

    def __init__(
        self, place: BybitPlace, each: Instrument, topic: str, levels: int, category: str
    ) -> None:
        self._place = place
        self._each = each
        self._topic = topic
        self._levels = levels
        self._pace_ms = _PACE_MS[category][levels]
        self._update = _FIRST_UPDATE
        self._number = -1
        self._sent_ms = 0
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}
        self._take()

    def snapshot(self, at: int) -> dict[str, Any]:
        """What the clients of this topic have now: for one that joins them."""
        return self._message(at, "snapshot", list(self._bids.items()), list(self._asks.items()))

    def due(self, at: int) -> dict[str, Any] | None:
        """The message that is due at `at`, if any. A book of one level is always a snapshot."""
        if at - self._sent_ms < self._pace_ms:
            return None
        changes = self._take()
        if changes is None:
            if self._levels > 1 or at - self._sent_ms < _REPEAT_MS:
                return None
        else:
            self._update += 1
        self._sent_ms = at
        if self._levels == 1 or changes is None:
            return self.snapshot(at)
        return self._message(at, "delta", *changes)

    def _take(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]] | None:
        """The changes since the last time; None where nothing within the levels has changed."""
        number = self._place.depths[self._each.symbol].commit()
        if number == self._number:
            return None
        self._number = number
        book = self._place.exchange.books[self._each.symbol]
        bids, self._bids = self._changed(book.bids, self._bids)
        asks, self._asks = self._changed(book.asks, self._asks)
        return (bids, asks) if bids or asks else None

    def _changed(
        self, side: BookSide, before: dict[int, int]
    ) -> tuple[list[tuple[int, int]], dict[int, int]]:
        now = dict(side.depth(self._levels))
        changed = [(price, 0) for price in before if price not in now]
        changed += [(price, size) for price, size in now.items() if before.get(price) != size]
        return changed, now

    def _message(
        self, at: int, kind: str, bids: list[tuple[int, int]], asks: list[tuple[int, int]]
    ) -> dict[str, Any]:
        data = {
            "s": self._place.name(self._each.symbol),
            "b": texts.levels(self._each, bids),
            "a": texts.levels(self._each, asks),
            "u": self._update,
            "seq": FIRST_SEQ + self._number,
        }
        return {"topic": self._topic, "type": kind, "ts": at, "data": data, "cts": at}
