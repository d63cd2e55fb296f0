"""The user data stream: what happens to an account, to all who have its listen key.

Source: "User Data Streams" in the documentation of the USD-M API.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trading_tools.venue.binance.forms import STP
from trading_tools.venue.binance.usdm import forms
from trading_tools.venue.binance.usdm.place import UsdmVenue
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.instruments import Instrument, text_of
from trading_tools.venue.core.orders import STOPS, Forced, Report, Side, Status
from trading_tools.venue.core.positions import Change, ChangeKind, Position
from trading_tools.venue.wire.messages import Told

Event = dict[str, Any]
Listener = Callable[[Event, Told, str], None]
"""Takes an event, what it is about, and the contract's symbol."""


class UserStreams:
    """All listeners to accounts, by listen key and connection."""

    def __init__(self, venue: UsdmVenue) -> None:
        self._venue = venue
        self._listeners: dict[str, dict[int, Listener]] = {}
        venue.exchange.on_report.append(self._on_report)
        venue.exchange.on_change.append(self._on_change)

    def listen(self, key: str, number: int, listener: Listener) -> None:
        """Tell a connection what happens; a key that is not good stays silent."""
        self._listeners.setdefault(key, {})[number] = listener

    def forget(self, key: str, number: int) -> None:
        """Tell a connection no more."""
        self._listeners.get(key, {}).pop(number, None)

    def expire(self, at: int, everyone: bool = False) -> None:
        """End the listen keys whose time is over, or all, and say so to who listens."""
        keys = self._venue.listen_keys
        for key in keys.expire_all() if everyone else keys.expire(at):
            event = {"e": "listenKeyExpired", "E": at, "listenKey": key}
            for listener in list(self._listeners.pop(key, {}).values()):
                listener(event, Told.CONTROL, "")

    def _tell(self, account: str, at: int, event: Event, told: Told, symbol: str) -> None:
        key = self._venue.listen_keys.of(account, at)
        for listener in list(self._listeners.get(key or "", {}).values()):
            listener(event, told, symbol)

    def _on_report(self, report: Report) -> None:
        found, account = report.order, self._venue.exchange.accounts[report.order.account]
        if account.background:
            return
        each = self._venue.instruments[found.ticket.symbol]

        def tell(event: Event, told: Told = Told.ORDERS) -> None:
            self._tell(account.name, report.at, event, told, each.symbol)

        is_algo = found.ticket.kind in STOPS
        if is_algo and (found.working_ms < 0 or report.event == "TRIGGERED"):
            tell(_algo_update(report, each))
        if found.working_ms < 0:
            return
        if report.fill is not None and found.forced is Forced.NO:
            tell(_trade_lite(report, each))
        tell(_order_update(report, each))
        if report.fill is not None:
            tell(self._account_update(account, each, report.at, "ORDER"), Told.POSITIONS)
        if is_algo and not found.open:
            tell(_algo_update(report, each))

    def _on_change(self, change: Change) -> None:
        account = self._venue.exchange.accounts[change.account]
        each = self._venue.instruments[change.symbol]
        told = Told.POSITIONS
        if change.kind is ChangeKind.FUNDING:
            event = self._account_update(account, each, change.at, "FUNDING_FEE", change.amount)
            told = Told.BALANCE
        elif change.kind is ChangeKind.MARGIN:
            event = self._account_update(account, each, change.at, "MARGIN_TRANSFER")
        elif change.kind is ChangeKind.MARGIN_CALL:
            event = self._margin_call(account, each, change.at)
        elif change.kind is ChangeKind.LEVERAGE:
            settings = {"s": each.symbol, "l": change.amount}
            head = {"e": "ACCOUNT_CONFIG_UPDATE", "E": change.at, "T": change.at}
            event = {**head, "ac": settings}
        else:
            return  # told by the orders of it
        self._tell(account.name, change.at, event, told, each.symbol)

    def _account_update(
        self, account: Account, each: Instrument, at: int, reason: str, moved: int = 0
    ) -> Event:
        backing = self._venue.exchange.margins.backing(account, each.quote)
        mark = self._venue.exchange.books[each.symbol].mark
        held = [p for p in account.every_position() if p.symbol == each.symbol]
        cross_funding = reason == "FUNDING_FEE" and not any(p.isolated for p in held)
        return {
            "e": "ACCOUNT_UPDATE",
            "E": at,
            "T": at,
            "a": {
                "m": reason,
                "B": [
                    {
                        "a": each.quote,
                        "wb": text_of(backing.wallet),
                        "cw": text_of(backing.wallet - backing.isolated),
                        "bc": text_of(moved),
                    }
                ],
                "P": [] if cross_funding else [_position(p, account, each, mark) for p in held],
            },
        }

    def _margin_call(self, account: Account, each: Instrument, at: int) -> Event:
        margins = self._venue.exchange.margins
        mark = self._venue.exchange.books[each.symbol].mark
        rows = [
            {
                "s": each.symbol,
                "ps": position.side.value,
                "pa": each.size_text(position.size),
                "mt": "ISOLATED" if position.isolated else "CROSSED",
                "iw": text_of(position.margin),
                "mp": each.price_text(mark),
                "up": text_of(position.unrealised(mark, each.lot_value)),
                "mm": text_of(margins.of_position(account, position)[1]),
            }
            for position in account.positions_of(each.symbol)
        ]
        backing = margins.backing(account, each.quote)
        wallet = text_of(backing.wallet - backing.isolated)
        return {"e": "MARGIN_CALL", "E": at, "cw": wallet, "p": rows}


def _position(position: Position, account: Account, each: Instrument, mark: int) -> Event:
    return {
        "s": each.symbol,
        "pa": each.size_text(position.size),
        "ep": forms.entry_price(position, each),
        "bep": forms.break_even(position, each, account),
        "cr": text_of(position.realised),
        "up": text_of(position.unrealised(mark, each.lot_value)),
        "mt": "isolated" if position.isolated else "cross",
        "iw": text_of(position.margin),
        "ps": position.side.value,
    }


_EVENTS = {"TRIGGERED": "NEW", "AMENDED": "AMENDMENT"}


def _order_update(report: Report, each: Instrument) -> Event:
    found, ticket, fill = report.order, report.order.ticket, report.fill
    event = _EVENTS.get(report.event, report.event)
    if report.status is Status.EXPIRED_IN_MATCH:
        event = "TRADE_PREVENTION"
    if fill is not None and found.forced is Forced.LIQUIDATION:
        event = "CALCULATED"
    told: Event = {
        "s": each.symbol,
        "c": ticket.client_order_id,
        "S": ticket.side.value,
        "o": forms.working_type(found),
        "f": forms.time_in_force(ticket),
        "q": each.size_text(found.size),
        "p": each.price_text(ticket.price),
        "ap": forms.average(found, each),
        "sp": each.price_text(ticket.stop),
        "x": event,
        "X": report.status.value,
        "i": found.id,
        "l": each.size_text(fill.size if fill else 0),
        "z": each.size_text(report.filled),
        "L": each.price_text(fill.price if fill else 0),
        "n": text_of(fill.fee if fill else 0),
        "N": each.quote,
        "T": report.at,
        "t": fill.trade_id if fill else 0,
        "b": "0",
        "a": "0",
        "m": fill.maker if fill else False,
        "R": ticket.reduce_only,
        "wt": forms.price_type(ticket),
        "ot": forms.type_of(ticket),
        "ps": ticket.position_side.value,
        "cp": ticket.close_position,
        "rp": text_of(fill.realised if fill else 0),
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": STP,
        "pm": "NONE",
        "gtd": 0,
        "er": "0",
    }
    return {"e": "ORDER_TRADE_UPDATE", "E": report.at, "T": report.at, "o": told}


def _trade_lite(report: Report, each: Instrument) -> Event:
    found, ticket, fill = report.order, report.order.ticket, report.fill
    assert fill is not None
    return {
        "e": "TRADE_LITE",
        "E": report.at,
        "T": report.at,
        "s": each.symbol,
        "q": each.size_text(found.size),
        "p": each.price_text(ticket.price),
        "m": fill.maker,
        "c": ticket.client_order_id,
        "S": Side(ticket.side).value,
        "L": each.price_text(fill.price),
        "l": each.size_text(fill.size),
        "t": fill.trade_id,
        "i": found.id,
    }


def _algo_update(report: Report, each: Instrument) -> Event:
    row = forms.algo(report.order, each)
    told = {
        "caid": row["clientAlgoId"],
        "aid": row["algoId"],
        "at": row["algoType"],
        "o": row["orderType"],
        "s": each.symbol,
        "S": row["side"],
        "ps": row["positionSide"],
        "f": row["timeInForce"],
        "q": row["quantity"],
        "X": row["algoStatus"],
        "ai": row["actualOrderId"],
        "ap": row["actualPrice"],
        "aq": each.size_text(report.filled),
        "act": "LIMIT" if row["orderType"] in {"STOP", "TAKE_PROFIT"} else "MARKET",
        "tp": row["triggerPrice"],
        "p": row["price"],
        "V": STP,
        "wt": row["workingType"],
        "pm": "NONE",
        "cp": row["closePosition"],
        "pP": False,
        "R": row["reduceOnly"],
        "tt": row["triggerTime"],
        "gtd": 0,
    }
    return {"e": "ALGO_UPDATE", "E": report.at, "T": report.at, "o": told}
