"""The private streams: an account's orders, fills and wallet, to all who subscribed to them."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from trading_tools.venue.bybit import forms, positions, texts, wallet
from trading_tools.venue.bybit.listing import CATEGORIES
from trading_tools.venue.bybit.place import BybitPlace, Refusal
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.orders import Fill, Report
from trading_tools.venue.core.positions import Change
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.messages import Told, compact

_PLAIN: Final = ("wallet", "greeks")
_BY_CATEGORY: Final = ("order", "execution", "execution.fast", "position")
_SWITCHES: Final = ("dcp.spot", "dcp.future", "dcp.option")
TOPICS: Final = frozenset(
    {*_PLAIN, *_BY_CATEGORY, *_SWITCHES}
    | {f"{topic}.{category}" for topic in _BY_CATEGORY for category in CATEGORIES}
)
"""What may be subscribed to: of all categories at once, or of one."""
_TOLD: Final = {
    "order": Told.ORDERS,
    "execution": Told.ORDERS,
    "execution.fast": Told.ORDERS,
    "position": Told.POSITIONS,
    "wallet": Told.BALANCE,
}


class Listener(NamedTuple):
    """One connection of an account, and its topics."""

    account: str
    topics: set[str]


class PrivateStreams:
    """All connections that have logged in."""

    def __init__(self, place: BybitPlace) -> None:
        self._place = place
        self._listening: dict[Connection, Listener] = {}
        place.exchange.on_report.append(self._on_report)
        place.exchange.on_change.append(self._on_change)
        place.on_refusal.append(self._on_refusal)

    def join(self, account: str, connection: Connection) -> None:
        """A connection has logged in."""
        self._listening.setdefault(connection, Listener(account, set()))

    def subscribe(self, topics: list[str], connection: Connection) -> None:
        """Begin topics of a connection that has logged in."""
        self._listening[connection].topics.update(topics)
        self._place.switch.heard(set(topics))

    def unsubscribe(self, topics: list[str], connection: Connection) -> None:
        """End topics."""
        self._listening[connection].topics.difference_update(topics)
        self._place.switch.left(set(topics) - self._every_topic(), self._place.clock())

    def leave(self, connection: Connection) -> None:
        """A connection has ended."""
        listener = self._listening.pop(connection, None)
        if listener is not None:
            self._place.switch.left(listener.topics - self._every_topic(), self._place.clock())

    def _every_topic(self) -> set[str]:
        return set().union(*(each.topics for each in self._listening.values()))

    def _on_report(self, report: Report) -> None:
        place = self._place
        account = place.exchange.accounts[report.order.account]
        if not self._heard(account.name):
            return
        symbol, fill = report.order.ticket.symbol, report.fill
        rows = [forms.order_row(place, account, forms.reported(place, report))]
        if report.event == "TRIGGERED":
            rows.insert(0, {**rows[0], "orderStatus": "Triggered"})
        if fill is not None:
            self._tell(account, "execution", symbol, report.at, [_execution(place, account, fill)])
            self._tell(account, "execution.fast", symbol, report.at, [forms.fast_row(place, fill)])
        self._orders(account, symbol, report.at, rows)
        if fill is not None:
            self._positions(account, symbol, report.at)
        self._tell(account, "wallet", symbol, report.at, [wallet.row(place, account, [])])

    def _on_change(self, change: Change) -> None:
        """Funding, leverage, margin: what changes positions without an order of the account."""
        place, account = self._place, self._place.exchange.accounts[change.account]
        if self._heard(account.name):
            self._positions(account, change.symbol, change.at)
            rows = [wallet.row(place, account, [])]
            self._tell(account, "wallet", change.symbol, change.at, rows)

    def _positions(self, account: Account, symbol: str, at: int) -> None:
        place = self._place
        rows = [
            positions.told(place, account, each)
            for each in account.every_position()
            if each.symbol == symbol and each.side in positions.sides(account)
        ]
        if rows:
            self._tell(account, "position", symbol, at, rows)

    def _on_refusal(self, refusal: Refusal) -> None:
        account = self._place.exchange.accounts[refusal.account]
        if self._heard(account.name):
            row = forms.order_row(self._place, account, forms.rejected(refusal))
            self._orders(account, refusal.ticket.symbol, refusal.at, [row])

    def _heard(self, account: str) -> bool:
        return any(each.account == account for each in self._listening.values())

    def _orders(self, account: Account, symbol: str, at: int, rows: list[dict[str, Any]]) -> None:
        category = self._place.category(symbol)
        more = {"category": category, "closedPnl": "0", "feeCurrency": ""}
        self._tell(account, "order", symbol, at, [{**row, **more} for row in rows])

    def _tell(
        self, account: Account, topic: str, symbol: str, at: int, rows: list[dict[str, Any]]
    ) -> None:
        """Send rows to all who hear a topic, under the name by which they subscribed to it."""
        one = f"{topic}.{self._place.category(symbol)}"
        for connection, listener in list(self._listening.items()):
            if listener.account != account.name:
                continue
            for name in (topic, one):
                if name in listener.topics:
                    message = {
                        "id": self._place.mark(),
                        "topic": name,
                        "creationTime": at,
                        "data": rows,
                    }
                    text = compact(message)
                    lost = {} if connection.send(text, _TOLD[topic], symbol) else {"lost": True}
                    self._place.ledger.record(
                        at, "stream.told", connection=connection.number, event=message, **lost
                    )


def _execution(place: BybitPlace, account: Account, fill: Fill) -> dict[str, Any]:
    row = forms.execution_row(place, account, fill)
    more = {"category": place.category(fill.order.ticket.symbol), "isLeverage": "0"}
    return {**row, **more, "execPnl": texts.plain(fill.realised)}
