"""Faults of what an account is shown: orders that cannot be seen yet, balances of a while ago."""

from __future__ import annotations

import random
from dataclasses import dataclass

from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.fault import Fault, Player, later
from trading_tools.venue.faults.fills import placed_by
from trading_tools.venue.market.place import Marketplace
from trading_tools.venue.wire.interference import Request
from trading_tools.venue.wire.messages import Operation, Reply

_LOOKS = frozenset(
    {Operation.QUERY_ORDER, Operation.OPEN_ORDERS, Operation.ORDER_HISTORY, Operation.MY_TRADES}
)


@dataclass(frozen=True)
class Unseen(Fault):
    """The n-th accepted order cannot be found, listed or cancelled for `for_s`; it does trade.

    The private stream tells it all the same.
    """

    nth: int = 1
    for_s: float = 4.0

    def player(self, dice: random.Random) -> Player:
        """Counts, and hides."""
        return _Hider(self)


class _Hider(Player):
    def __init__(self, fault: Unseen) -> None:
        super().__init__(fault.name, f"accepted order number {fault.nth}")
        self._fault = fault
        self._placed = 0
        self._order = 0

    def answered(self, request: Request, reply: Reply) -> None:
        place = request.venue.place
        if self._order and request.seen.operation in _LOOKS:
            self.delivered(place, f"order {self._order} is not shown", request.number)
        order = placed_by(request) if Act().matches(request.seen) else None
        if order is None:
            return
        self._placed += 1
        if self._placed == self._fault.nth:
            self._order = order.id
            place.account.unseen.add(order.id)
            self.delivered(place, f"order {order.id} is hidden", request.number)
            later(self._fault.for_s, lambda: self._show(place))

    def _show(self, place: Marketplace) -> None:
        place.account.unseen.discard(self._order)
        self.end(place, f"the order can be seen after {self._fault.for_s} s")


@dataclass(frozen=True)
class StaleBalance(Fault):
    """For `for_s` from the n-th order on, balances are shown as they were before it."""

    on: Act
    for_s: float = 4.0

    def player(self, dice: random.Random) -> Player:
        """Counts, and keeps the balances."""
        return _Keeper(self)


class _Keeper(Player):
    def __init__(self, fault: StaleBalance) -> None:
        waits_for = f"{fault.on}, and a look at balances within {fault.for_s:g} s of it"
        super().__init__(fault.name, waits_for)
        self._fault = fault
        self._seen = 0

    def asked(self, request: Request) -> None:
        fault, place = self._fault, request.venue.place
        account = place.account
        if account.stale is not None:
            if request.seen.operation is Operation.BALANCE:
                self.delivered(place, "balances of before are shown", request.number)
        elif fault.on.matches(request.seen):
            self._seen += 1
            if self._seen == fault.on.nth:
                account.stale = {asset: account.balance(asset) for asset in place.assets}
                later(fault.for_s, lambda: self._refresh(place))

    def _refresh(self, place: Marketplace) -> None:
        place.account.stale = None
        self.end(place, f"balances are right again after {self._fault.for_s} s")
