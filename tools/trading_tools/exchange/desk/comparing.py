"""A desk's ledger compared with its account: what it cannot work with, and what it is told besides.

The comparison itself is `orders.reconciling`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from trading_tools.exchange.orders.manager import OrderManager
from trading_tools.exchange.orders.port import Unanswered
from trading_tools.exchange.orders.reconciling import PositionDifference

log = logging.getLogger(__name__)


class Comparing:
    """Compares, again and again; what has not changed since is not told again."""

    def __init__(self, manager: OrderManager, symbols: Sequence[str]) -> None:
        self._manager = manager
        self._symbols = symbols
        self._told: list[PositionDifference] = []

    async def compare(self) -> None:
        """Bring the ledger up to what the account shows.

        Raises:
            Unanswered: the venue does not say all, or has open orders of a ledger that is not here.
        """
        found = await self._manager.reconcile(self._symbols)
        if lost := self._manager.lost_intents(found.strange_orders):
            names = ", ".join(f"{each.client_order_id} ({each.venue_order_id})" for each in lost)
            raise Unanswered(
                f"open orders that look like ours are in no ledger here: {names}; bring back the "
                "ledger that they are in, or cancel them by hand"
            )
        if found.unread:
            raise Unanswered(f"ledger and account are not compared: {'; '.join(found.unread)}")
        if found.positions != self._told:
            positions = "; ".join(map(str, found.positions)) or "there are none any more"
            log.warning(
                "positions not explained by the fills known here count for no limit: %s", positions
            )
            self._told = found.positions
