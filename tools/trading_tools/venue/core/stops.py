"""Stop orders of one instrument that wait for their price, the last one or the mark price.

What happens to one that is due is `exchange`.
"""

from __future__ import annotations

from heapq import heappop, heappush

from trading_tools.venue.core.checks import rising
from trading_tools.venue.core.orders import Order, Status


class Stops:
    """Waiting stops, nearest first; of equal stops the older one first."""

    __slots__ = ("_added", "_falling", "_rising")

    def __init__(self) -> None:
        self._added = 0
        self._rising: list[tuple[int, int, int, Order]] = []
        self._falling: list[tuple[int, int, int, Order]] = []

    def __bool__(self) -> bool:
        """Whether an order may be waiting."""
        return bool(self._rising or self._falling)

    def add(self, order: Order) -> None:
        """Wait with an order; once more after its stop was amended."""
        self._added += 1
        stop = order.ticket.stop
        if rising(order.ticket):
            heappush(self._rising, (stop, order.id, self._added, order))
        else:
            heappush(self._falling, (-stop, order.id, self._added, order))

    def due(self, price: int) -> Order | None:
        """Take out one order whose price has been reached, or None; canceled ones are dropped."""
        for heap, reached in ((self._rising, price), (self._falling, -price)):
            while heap and heap[0][0] <= reached:
                level, _, _, order = heappop(heap)
                # An amended stop is here once more, under its new price.
                if order.status is Status.WAITING and abs(level) == order.ticket.stop:
                    return order
        return None
