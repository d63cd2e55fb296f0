"""From an account's streams to its manager: consumers for the deliveries of `exchange.streams`.

Streams repeat, overtake each other and leave out; the manager takes each piece of news once, from
wherever it comes. What a stream leaves out is asked after.
"""

from __future__ import annotations

from typing import Protocol

from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.port import VenueFill, VenueOrder
from trading_tools.exchange.orders.records import OrderRecord
from trading_tools.exchange.orders.rows import Row, Unreadable, later_order_of


class Reader(Protocol):
    """Reads the rows of one client, as `ccxt_port.CcxtOrders` does."""

    @property
    def streams_fills(self) -> bool:
        """Whether the venue has a stream of the account's fills."""

    def order_of(self, row: Row) -> VenueOrder:
        """An order as a stream shows it."""

    def fill_of(self, row: Row) -> VenueFill:
        """A fill as a stream shows it."""


class OrderFeed:
    """Takes the rows of `streams.ccxt_streams.own_orders` and `own_trades`.

    Kraken's later rows name neither market nor size, and reach only a stream that was opened for
    all markets: `own_orders(client)`.
    """

    def __init__(self, manager: OrderManager, reader: Reader) -> None:
        self._manager = manager
        self._reader = reader

    async def order(self, row: Row) -> bool:
        """Take in an order's row; whether it is of ours. One that cannot be read is asked after.

        Raises:
            IllegalTransition: the order was rejected or proven not to exist.
            Unanswered: its fills, which no stream tells, could not be asked for.
        """
        try:
            shown = self._reader.order_of(row)
        except Unreadable:
            known = self._known(row)
            if known is None:
                return False
            try:
                shown = later_order_of(row, known)
            except Unreadable:
                await self._manager.refresh(str(row["id"]))
                return True
        ours = self._manager.on_order(shown)
        if ours and shown.filled_size_base and not self._reader.streams_fills:
            await self._manager.catch_up(shown.symbol)
        return ours

    def _known(self, row: Row) -> OrderRecord | None:
        """The order of ours that a row is of, by either of its names."""
        records = self._manager.records
        named = records.orders.get(str(row["info"].get("cl_ord_id")))
        return named or next(iter(records.numbered(str(row["id"]))), None)

    async def fill(self, row: Row) -> None:
        """Take in a fill's row.

        Raises:
            Unreadable: it lacks what a fill must have.
        """
        self._manager.on_fill(self._reader.fill_of(row))
