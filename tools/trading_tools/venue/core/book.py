"""One order book: price levels, first come first served, and which levels changed.

It knows prices, sizes and order; not whose money it is, which is `exchange`.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush, nsmallest
from typing import NamedTuple

from trading_tools.venue.core.contracts import Trigger
from trading_tools.venue.core.orders import Order, Side

# Looked at for every order: through their class each look costs as much as a call on Python 3.11.
_BUY = Side.BUY


class Top(NamedTuple):
    """A side's best price in ticks and its size in steps; zeros for an empty side."""

    price: int
    size: int


class BookSide:
    """The orders at rest on one side. The best price is the highest bid or the lowest ask."""

    __slots__ = ("_heap", "_sign", "changed", "levels", "totals")

    def __init__(self, side: Side) -> None:
        self._sign = -1 if side is Side.BUY else 1
        self._heap: list[int] = []
        self.levels: dict[int, dict[int, Order]] = {}
        self.totals: dict[int, int] = {}
        self.changed: set[int] = set()

    def best(self) -> int | None:
        """The best price in ticks, or None for an empty side."""
        heap, sign = self._heap, self._sign
        while heap:
            price = sign * heap[0]
            if price in self.levels:
                return price
            heappop(heap)
        return None

    def top(self) -> Top:
        """The best price with its size."""
        price = self.best()
        return Top(0, 0) if price is None else Top(price, self.totals[price])

    def add(self, order: Order) -> None:
        """Queue an order behind all others of its price."""
        price = order.ticket.price
        level = self.levels.get(price)
        if level is None:
            self.levels[price] = {order.id: order}
            self.totals[price] = order.size - order.filled
            heappush(self._heap, self._sign * price)
        else:
            level[order.id] = order
            self.totals[price] += order.size - order.filled
        self.changed.add(price)

    def take(self, order: Order, size: int) -> None:
        """Lower the level of an order that trades `size` steps, and drop it once it is spent.

        Called before the order's own `filled` is raised.
        """
        price = order.ticket.price
        self.totals[price] -= size
        if order.size - order.filled == size:
            self._drop(price, order.id)
        self.changed.add(price)

    def remove(self, order: Order) -> None:
        """Take an order that no longer trades out of its level."""
        price = order.ticket.price
        self.totals[price] -= order.size - order.filled
        self._drop(price, order.id)
        self.changed.add(price)

    def shrink(self, order: Order, size: int) -> None:
        """Lower the whole size of an order to `size`; it keeps its place."""
        price = order.ticket.price
        self.totals[price] -= order.size - size
        order.size = size
        self.changed.add(price)

    def _drop(self, price: int, order_id: int) -> None:
        level = self.levels[price]
        del level[order_id]
        if not level:
            del self.levels[price]
            del self.totals[price]

    def front(self, limit: int | None) -> Order | None:
        """The order that is served first; None for an empty side, or where `limit` is worse."""
        heap, levels, sign = self._heap, self.levels, self._sign
        while heap:
            key = heap[0]
            level = levels.get(sign * key)
            if level is None:
                heappop(heap)
            elif limit is not None and key > sign * limit:
                return None
            else:
                return next(iter(level.values()))
        return None

    def reaches(self, price: int, limit: int) -> bool:
        """Whether a level of `price` trades with an order of the other side limited to `limit`."""
        return self._sign * price <= self._sign * limit

    def depth(self, levels: int) -> list[tuple[int, int]]:
        """The best `levels` prices with their sizes, best first."""
        sign = self._sign
        prices = nsmallest(levels, (sign * price for price in self.totals))
        return [(sign * price, self.totals[sign * price]) for price in prices]

    def walk(self) -> Iterator[tuple[int, Order]]:
        """Every order with its price in the order in which they would be served."""
        sign = self._sign
        for key in sorted(sign * price for price in self.levels):
            for order in self.levels[sign * key].values():
                yield sign * key, order


class Book:
    """Both sides of one instrument, its last price, and for a contract its mark price."""

    __slots__ = ("asks", "bids", "last_price", "mark")

    def __init__(self, last_price: int) -> None:
        self.bids = BookSide(Side.BUY)
        self.asks = BookSide(Side.SELL)
        self.last_price = self.mark = last_price

    def price_of(self, trigger: Trigger) -> int:
        """The price that sets a stop off."""
        return self.mark if trigger is Trigger.MARK else self.last_price

    def own(self, side: Side) -> BookSide:
        """Where an order of `side` rests."""
        return self.bids if side is _BUY else self.asks

    def other(self, side: Side) -> BookSide:
        """What an order of `side` trades with."""
        return self.asks if side is _BUY else self.bids

    def would_trade(self, side: Side, price: int) -> bool:
        """Whether an order of `side` at `price` would trade at once."""
        opposite = self.other(side)
        best = opposite.best()
        return best is not None and opposite.reaches(best, price)
