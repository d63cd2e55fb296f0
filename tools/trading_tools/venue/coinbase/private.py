"""The user channel: an account's open orders, then whatever happens to its orders.

The venue passes some states on that a query never shows: an order is PENDING before it is open,
and CANCEL_QUEUED before it is cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from trading_tools.venue.coinbase.forms import user_order
from trading_tools.venue.coinbase.place import CoinbasePlace
from trading_tools.venue.coinbase.streams import Listener
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.orders import Report
from trading_tools.venue.wire.messages import compact

USER: Final = "user"
_BATCH = 50
_BEFORE: Final = {"NEW": "PENDING", "CANCELED": "CANCEL_QUEUED", "AMENDED": "EDIT_QUEUED"}
"""The state that is told before the one that an event leads to."""


@dataclass(frozen=True)
class _Wish:
    """What a listener has subscribed to: an account, and products or, where empty, all of them."""

    account: str
    symbols: frozenset[str]

    def covers(self, symbol: str) -> bool:
        return not self.symbols or symbol in self.symbols


class Users:
    """All subscriptions to accounts."""

    def __init__(self, place: CoinbasePlace) -> None:
        self._place = place
        self._listening: dict[Listener, _Wish] = {}
        place.exchange.on_report.append(self._on_report)

    def listen(
        self, account: Account, symbols: frozenset[str], listener: Listener, at: int
    ) -> None:
        """Tell a listener of an account's orders: those that are open first, fifty at a time."""
        wish = self._listening[listener] = _Wish(account.name, symbols)
        orders = [
            user_order(self._place, account, order)
            for order in account.open_orders()
            if wish.covers(order.ticket.symbol)
        ]
        for first in range(0, max(1, len(orders)), _BATCH):
            self._tell(listener, "snapshot", orders[first : first + _BATCH], at)

    def narrow(self, symbols: frozenset[str], listener: Listener) -> None:
        """Tell a listener of these products alone from now on; of nothing where there are none."""
        wish = self._listening.pop(listener, None)
        if wish is not None and symbols:
            self._listening[listener] = _Wish(wish.account, symbols)

    def _on_report(self, report: Report) -> None:
        order, place = report.order, self._place
        account = place.exchange.accounts[order.account]
        symbol = order.ticket.symbol
        listening = [
            listener
            for listener, wish in self._listening.items()
            if wish.account == account.name and wish.covers(symbol)
        ]
        if not listening:
            return
        forms = [user_order(place, account, order)]
        if report.event in _BEFORE:
            forms.insert(0, {**forms[0], "status": _BEFORE[report.event]})
        for listener in listening:
            for form in forms:
                self._tell(listener, "update", [form], report.at, symbol)

    def _tell(
        self, listener: Listener, kind: str, orders: list[dict[str, Any]], at: int, symbol: str = ""
    ) -> None:
        event = {
            "type": kind,
            "orders": orders,
            "positions": {"perpetual_futures_positions": [], "expiring_futures_positions": []},
        }
        text = compact(event)
        lost = {} if listener.tell(USER, text, at, symbol) else {"lost": True}
        self._place.ledger.record(
            at, "stream.told", connection=listener.number, event={"channel": USER, **event}, **lost
        )
