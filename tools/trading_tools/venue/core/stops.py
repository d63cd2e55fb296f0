"""Stop orders of one instrument that wait for their price.

What happens to one that is due is `exchange`.
"""

from __future__ import annotations

from heapq import heappop, heappush

from trading_tools.venue.core.checks import rising
from trading_tools.venue.core.orders import Order, Status


class Stops:
    """Waiting stops, nearest first; of equal stops the older one first."""

    __slots__ = ("_falling", "_rising")

    def __init__(self) -> None:
        self._rising: list[tuple[int, int, Order]] = []
        self._falling: list[tuple[int, int, Order]] = []

    def add(self, order: Order) -> None:
        """Wait with an order."""
        stop = order.ticket.stop
        if rising(order.ticket):
            heappush(self._rising, (stop, order.id, order))
        else:
            heappush(self._falling, (-stop, order.id, order))

    def due(self, last_price: int) -> Order | None:
        """Take out one order whose price has been reached, or None; canceled ones are dropped."""
        for heap, reached in ((self._rising, last_price), (self._falling, -last_price)):
            while heap and heap[0][0] <= reached:
                order = heappop(heap)[2]
                if order.status is Status.WAITING:
                    return order
        return None
