"""The private channels: the account's executions and balances, each with its own sequence.

Most events carry only what has changed: after `pending_new` an order is known by its id.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from trading_tools.venue.core.orders import PRICED, STOPS, Fill, Order, Report, Status
from trading_tools.venue.kraken import forms
from trading_tools.venue.kraken.account import dollars
from trading_tools.venue.kraken.call import stamp
from trading_tools.venue.kraken.figures import Figure, dumps
from trading_tools.venue.kraken.listing import ASSETS, Pair, decimal
from trading_tools.venue.kraken.spot import BALANCES, KrakenSpot
from trading_tools.venue.kraken.tickets import WORDS
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.messages import Told

_SNAPSHOT_TRADES = 50
_COARSE: Final = frozenset({"new", "filled", "canceled", "expired", "trade"})


@dataclass(eq=False)
class Subscription:
    """One private channel of one connection."""

    connection: Connection
    account: str
    channel: str
    every_status: bool = True
    rate_counter: bool = False
    sequence: int = field(default=0)


class PrivateChannels:
    """All subscriptions to the account's channels."""

    def __init__(self, venue: KrakenSpot) -> None:
        self._venue = venue
        self._subscriptions: dict[tuple[int, str], Subscription] = {}
        venue.exchange.on_report.append(self._on_report)

    def listening(self, connection: Connection, channel: str) -> bool:
        """Whether a connection has a channel."""
        return (connection.number, channel) in self._subscriptions

    def subscribe(self, subscription: Subscription) -> None:
        """Tell a connection what happens from now on."""
        key = (subscription.connection.number, subscription.channel)
        self._subscriptions[key] = subscription

    def leave(self, connection: Connection, channel: str) -> bool:
        """End a subscription; whether there was one."""
        return self._subscriptions.pop((connection.number, channel), None) is not None

    def snapshot(
        self, subscription: Subscription, at: int, orders: bool = True, trades: bool = False
    ) -> None:
        """Send what is now: open orders and the latest trades, or all balances."""
        account = self._venue.exchange.accounts[subscription.account]
        if subscription.channel == "balances":
            rows = [
                _wallet(name, sum(account.balance(name)))
                for name in BALANCES
                if sum(account.balance(name))
            ]
            self._tell(subscription, "snapshot", rows, at, "")
            return
        rows = []
        if orders:
            for order in account.open_orders():
                state = "partially_filled" if order.filled else "new"
                rows.append(self._order(order, "new", state, order.updated_ms))
        if trades:
            for fill in account.every_fill()[-_SNAPSHOT_TRADES:]:
                rows.append(self._trade(fill, fill.order.status, fill.order.filled))
        self._tell(subscription, "snapshot", rows, at, "")

    def _on_report(self, report: Report) -> None:
        listening = [
            each for each in self._subscriptions.values() if each.account == report.order.account
        ]
        if not listening:
            return
        symbol = report.order.ticket.symbol
        for row in self._executions(report):
            for each in listening:
                if each.channel == "executions" and (
                    each.every_status or row["exec_type"] in _COARSE
                ):
                    told = row
                    if each.rate_counter:
                        used = self._venue.limits.orders_used(symbol, report.at)
                        told = row | {"ratecount": int(used)}
                    self._tell(each, "update", [told], report.at, symbol)
        if report.fill is None:
            return
        rows = self._balances(report.fill)
        for each in listening:
            if each.channel == "balances":
                self._tell(each, "update", rows, report.at, symbol)

    def _executions(self, report: Report) -> Iterator[dict[str, Any]]:
        """What is told of a report, in order."""
        order, at = report.order, report.at
        if report.event == "NEW":
            yield self._order(order, "pending_new", "pending_new", at)
            yield self._change(order, "new", "new", at)
        elif report.event == "TRADE" and report.fill is not None:
            yield self._trade(report.fill, report.status, report.filled)
            if report.status is Status.FILLED:
                yield self._change(order, "filled", "filled", at) | self._sums(order)
        elif report.event == "TRIGGERED":
            row = self._change(order, "status", "new", at)
            yield row | {"triggers": self._triggers(order, self._venue.pair(order.ticket.symbol))}
        elif report.event == "AMENDED":
            row = self._order(order, "amended", "partially_filled" if order.filled else "new", at)
            yield row | {"reason": "User requested"}
        else:
            note = self._venue.notes[order.id]
            kind = forms.status(order, note.reason)
            why = forms.reason(order, note.reason)
            row = self._change(order, kind, kind, at) | self._sums(order)
            yield row | {"cancel_reason": why, "reason": why}

    def _change(self, order: Order, kind: str, state: str, at: int) -> dict[str, Any]:
        note, client_id = self._venue.notes[order.id], order.ticket.client_order_id
        row = {
            "timestamp": stamp(at),
            "order_status": state,
            "exec_type": kind,
            "order_userref": note.userref or 0,
            "order_id": self._venue.txid(order),
        }
        return row | ({"cl_ord_id": client_id} if client_id else {})

    def _sums(self, order: Order) -> dict[str, Any]:
        pair = self._venue.pair(order.ticket.symbol)
        fees = forms.fees(self._venue, order) * dollars(self._venue, pair.quote.name)
        return {
            "cum_qty": Figure(pair.quantity(order.filled)),
            "cum_cost": Figure(forms.cost(order.quote_filled)),
            "fee_usd_equiv": Figure(forms.cost(fees // 10**8)),
            "avg_price": Figure(decimal(forms.average(order, pair), max(5, pair.pair_decimals))),
        }

    def _order(self, order: Order, kind: str, state: str, at: int) -> dict[str, Any]:
        ticket, note = order.ticket, self._venue.notes[order.id]
        pair = self._venue.pair(ticket.symbol)
        row: dict[str, Any] = {
            **self._change(order, kind, state, at),
            "symbol": pair.symbol,
            "order_qty": Figure(pair.quantity(order.size)),
            **self._sums(order),
            "time_in_force": note.time_in_force,
            "side": ticket.side.value.lower(),
            "order_type": WORDS[ticket.kind],
            "fee_ccy_pref": "fciq",
            "post_only": note.post_only,
            "reduce_only": False,
            "margin": False,
        }
        if note.quote_volume:
            row["cash_order_qty"] = Figure(decimal(note.quote_volume, 5))
        if ticket.kind in PRICED:
            row |= {"limit_price_type": "static", "limit_price": Figure(pair.price(ticket.price))}
        if ticket.kind in STOPS:
            row |= {
                "stop_price": Figure(pair.price(ticket.stop)),
                "triggers": self._triggers(order, pair),
            }
        if note.expires_ms:
            row["expire_time"] = stamp(note.expires_ms)
        return row

    def _triggers(self, order: Order, pair: Pair) -> dict[str, Any]:
        return {
            "reference": "last",
            "price": Figure(pair.price(order.ticket.stop)),
            "price_type": "static",
            "actual_price": Figure(pair.price(order.ticket.stop)),
            "status": "untriggered" if order.status is Status.WAITING else "triggered",
        }

    def _trade(self, fill: Fill, status: Status, filled: int) -> dict[str, Any]:
        order, pair = fill.order, self._venue.pair(fill.order.ticket.symbol)
        state = "filled" if status is Status.FILLED else "partially_filled"
        row = self._order(order, "trade", state, fill.at)
        return row | {
            "exec_id": forms.trade_id(self._venue, fill),
            "trade_id": fill.trade_id,
            "last_qty": Figure(pair.quantity(fill.size)),
            "last_price": Figure(pair.price(fill.price)),
            "liquidity_ind": "m" if fill.maker else "t",
            "cost": Figure(forms.cost(fill.quote)),
            "cum_qty": Figure(pair.quantity(filled)),
            "fees": [{"asset": fill.fee_asset, "qty": Figure(forms.cost(fill.fee))}],
        }

    def _balances(self, fill: Fill) -> list[dict[str, Any]]:
        account = self._venue.exchange.accounts[fill.order.account]
        return [
            {
                "ledger_id": made,
                "ref_id": forms.trade_id(self._venue, fill),
                "timestamp": stamp(fill.at),
                "type": "trade",
                "subtype": "",
                "category": "trade",
                "asset": asset.name,
                "asset_class": "currency",
                "amount": Figure(decimal(amount, asset.decimals)),
                "balance": Figure(decimal(sum(account.balance(asset.name)), asset.decimals)),
                "fee": Figure(decimal(fee, asset.decimals)),
                "wallet_type": "spot",
                "wallet_id": "main",
            }
            for made, asset, amount, fee in forms.moves(self._venue, fill)
        ]

    def _tell(
        self,
        subscription: Subscription,
        kind: str,
        rows: list[dict[str, Any]],
        at: int,
        symbol: str,
    ) -> None:
        subscription.sequence += 1
        channel = subscription.channel
        message = {
            "channel": channel,
            "type": kind,
            "data": rows,
            "sequence": subscription.sequence,
        }
        text = dumps(message)
        told = Told.BALANCE if channel == "balances" else Told.ORDERS
        lost = {} if subscription.connection.send(text, told, symbol) else {"lost": True}
        self._venue.ledger.record(
            at,
            "stream.told",
            connection=subscription.connection.number,
            event=json.loads(text),
            **lost,
        )


def _wallet(asset: str, atoms: int) -> dict[str, Any]:
    held = Figure(decimal(atoms, ASSETS[asset].decimals))
    return {
        "asset": asset,
        "asset_class": "currency",
        "balance": held,
        "wallets": [{"type": "spot", "id": "main", "balance": held}],
    }
