"""The private stream: an account's order events and balances, to all who subscribed to them."""

from __future__ import annotations

import itertools
from typing import Any

from trading_tools.venue.binance import forms
from trading_tools.venue.binance.spot import SpotVenue
from trading_tools.venue.core.orders import Report
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.messages import Told, compact


class PrivateStreams:
    """All subscriptions to accounts, by account and connection."""

    def __init__(self, venue: SpotVenue) -> None:
        self._venue = venue
        self._listening: dict[str, dict[Connection, int]] = {}
        self._ids = itertools.count()
        self._executions = itertools.count(8_641_984)
        venue.exchange.on_report.append(self._on_report)

    def subscribe(self, account: str, connection: Connection) -> int:
        """Tell a connection what happens to an account; the subscription's number."""
        listening = self._listening.setdefault(account, {})
        if connection not in listening:
            listening[connection] = next(self._ids)
        return listening[connection]

    def leave(self, connection: Connection) -> None:
        """End a connection's subscriptions."""
        for listening in self._listening.values():
            listening.pop(connection, None)

    def expire(self, at: int) -> None:
        """End every subscription, and say so to who listens."""
        for listening in self._listening.values():
            event = {"e": "eventStreamTerminated", "E": at}
            self._tell(listening, event, Told.CONTROL, "")
            listening.clear()

    def _on_report(self, report: Report) -> None:
        account = self._venue.exchange.accounts[report.order.account]
        execution = next(self._executions)
        listening = self._listening.get(account.name)
        if not listening:
            return
        instrument = self._venue.exchange.instruments[report.order.ticket.symbol]
        assets = (instrument.base, instrument.quote)
        symbol = instrument.symbol
        execution_report = forms.execution_report(report, instrument, execution)
        self._tell(listening, execution_report, Told.ORDERS, symbol)
        position = forms.account_position(account, assets, report.at)
        self._tell(listening, position, Told.BALANCE, symbol)

    def _tell(
        self, listening: dict[Connection, int], event: dict[str, Any], told: Told, symbol: str
    ) -> None:
        for connection, number in list(listening.items()):
            message = {"subscriptionId": number, "event": event}
            text = compact(message)
            lost = {} if connection.send(text, told, symbol) else {"lost": True}
            self._venue.ledger.record(
                event["E"], "stream.told", connection=connection.number, event=event, **lost
            )
