"""Orders and trades as they are asked for: open, closed, by id, page by page."""

from __future__ import annotations

from typing import Any

from trading_tools.venue.core.orders import Order
from trading_tools.venue.kraken import forms
from trading_tools.venue.kraken.call import Call
from trading_tools.venue.kraken.errors import UNKNOWN_ORDER, KrakenError, invalid
from trading_tools.venue.kraken.pages import page, window

_MOST_ORDERS = 50
_MOST_TRADES = 20


def open_orders(call: Call) -> dict[str, Any]:
    """Open orders, newest first."""
    found = _wanted(call, call.account.open_orders()[::-1])
    return {"open": _forms(call, found)}


def closed_orders(call: Call) -> dict[str, Any]:
    """Orders that have ended, newest first; `closetime` says which of their times counts."""
    ended = [order for order in call.account.every_order() if not order.open]
    which = call.params.optional("closetime") or "both"
    if which not in {"open", "close", "both"}:
        raise invalid("closetime")
    start, end = window(call, {call.venue.txid(order): order.created_ms for order in ended})

    def inside(order: Order) -> bool:
        opened, closed = start < order.created_ms <= end, start < order.updated_ms <= end
        return {"open": opened, "close": closed, "both": opened or closed}[which]

    ended.sort(key=lambda order: (order.updated_ms, order.id), reverse=True)
    found = [order for order in _wanted(call, ended) if inside(order)]
    told = {"closed": _forms(call, list(page(call, found)))}
    return told if call.params.flag("without_count") else {**told, "count": len(found)}


def query_orders(call: Call) -> dict[str, Any]:
    """Orders by their ids, open or not."""
    ids = call.params.names("txid")
    if not ids or len(ids) > _MOST_ORDERS:
        raise invalid("txid")
    found = []
    for name in ids:
        number = call.venue.ids.named(name) if name[0] == "O" else None
        order = None if number is None else call.account.order(int(number))
        if order is None:
            raise KrakenError(UNKNOWN_ORDER)
        found.append(order)
    return _forms(call, _wanted(call, found))


def order_amends(call: Call) -> dict[str, Any]:
    """How an order was amended, beginning with how it was."""
    name = call.params.text("order_id")
    number = call.venue.ids.named(name) if name[0] == "O" else None
    order = None if number is None else call.account.order(int(number))
    if order is None:
        raise KrakenError(UNKNOWN_ORDER)
    amends = call.venue.notes[order.id].amends
    return {"count": len(amends), "amends": amends}


def trades_history(call: Call) -> dict[str, Any]:
    """The account's trades, newest first."""
    fills = call.account.every_fill()
    start, end = window(call, {forms.trade_id(call.venue, fill): fill.at for fill in fills})
    found = [fill for fill in fills[::-1] if start < fill.at <= end]
    rows = {forms.trade_id(call.venue, fill): fill for fill in page(call, found)}
    told = {
        "trades": {made: forms.trade_form(call.venue, fill) for made, fill in rows.items()},
    }
    return told if call.params.flag("without_count") else {**told, "count": len(found)}


def query_trades(call: Call) -> dict[str, Any]:
    """The account's trades by their ids."""
    ids = call.params.names("txid")
    if not ids or len(ids) > _MOST_TRADES:
        raise invalid("txid")
    fills = {forms.trade_id(call.venue, fill): fill for fill in call.account.every_fill()}
    if not set(ids) <= fills.keys():
        raise KrakenError("EQuery:Unknown trade")
    return {made: forms.trade_form(call.venue, fills[made]) for made in ids}


def _wanted(call: Call, orders: list[Order]) -> list[Order]:
    """Those with the `userref` and the `cl_ord_id` that were asked for."""
    userref, client_id = call.params.integer("userref"), call.params.optional("cl_ord_id")
    return [
        order
        for order in orders
        if (userref is None or call.venue.notes[order.id].userref == userref)
        and (client_id is None or order.ticket.client_order_id == client_id)
    ]


def _forms(call: Call, orders: list[Order]) -> dict[str, Any]:
    trades = call.params.flag("trades")
    return {call.venue.txid(order): forms.order_form(call.venue, order, trades) for order in orders}
