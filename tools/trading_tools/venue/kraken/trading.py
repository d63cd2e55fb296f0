"""Orders: adding, amending, editing, cancelling; for REST and for the WebSocket."""

from __future__ import annotations

import contextlib
from dataclasses import replace as replaced
from typing import Any

from trading_tools.venue.core.orders import Order, Rejected
from trading_tools.venue.kraken import forms
from trading_tools.venue.kraken.call import Call, stamp
from trading_tools.venue.kraken.errors import (
    ARGUMENTS,
    UNKNOWN_ORDER,
    KrakenError,
    invalid,
    refused,
)
from trading_tools.venue.kraken.limits import EDIT, by_age
from trading_tools.venue.kraken.listing import Pair
from trading_tools.venue.kraken.params import Params
from trading_tools.venue.kraken.tickets import Wanted, wanted

_LONGEST_SWITCH_S = 86_400
_BATCH = range(2, 16)
_MOST_CANCELS = 50


def add(call: Call) -> dict[str, Any]:
    """A new order; with `validate` it is only looked at."""
    call.check_deadline()
    asked = wanted(call, call.pair())
    order = place(call, asked)
    told = {"order": forms.sentence(asked.pair, asked.ticket, asked.note.quote_volume)}
    return {"descr": told} if order is None else {"txid": [call.venue.txid(order)], "descr": told}


def place(call: Call, asked: Wanted, cost: float = 1) -> Order | None:
    """Place an order that was read; None where it is only to be looked at.

    Raises:
        KrakenError: it is refused.
    """
    venue, ticket = call.venue, asked.ticket
    if ticket.client_order_id:
        _check_unique(call, ticket.client_order_id, ticket.symbol)
    try:
        if call.params.flag("validate"):
            venue.exchange.test(call.account, ticket)
            return None
        venue.limits.order(ticket.symbol, cost, call.at)
        return venue.place(call.account, ticket, asked.note, call.at, call.request)
    except Rejected as refusal:
        raise refused(refusal) from None


def add_batch(call: Call) -> dict[str, Any]:
    """Two to fifteen orders of one pair: none is placed unless all can be read."""
    call.check_deadline()
    pair = call.pair()
    rows: list[dict[str, Any]] = []
    for asked, outcome in place_batch(call, pair):
        told = {"order": forms.sentence(pair, asked.ticket, asked.note.quote_volume)}
        if isinstance(outcome, KrakenError):
            rows.append({"descr": told, "error": outcome.words})
        else:
            rows.append(
                {"txid": call.venue.txid(outcome), "descr": told} if outcome else {"descr": told}
            )
    return {"orders": rows}


def place_batch(call: Call, pair: Pair) -> list[tuple[Wanted, Order | KrakenError | None]]:
    """Place the orders of the parameter `orders`; what became of each.

    Raises:
        KrakenError: there are too few or too many, or one cannot be read.
    """
    orders = call.params.raw("orders")
    if not isinstance(orders, list) or len(orders) not in _BATCH:
        raise invalid("orders")
    shared = {"validate": call.params.optional("validate") or ""}
    calls = [
        replaced(call, params=Params({**each, **shared}))
        for each in orders
        if isinstance(each, dict)
    ]
    if len(calls) < len(orders):
        raise invalid("orders")
    asked = [wanted(each, pair) for each in calls]
    call.venue.limits.order(pair.symbol, len(orders) / 2, call.at)
    outcomes: list[tuple[Wanted, Order | KrakenError | None]] = []
    for each, one in zip(calls, asked, strict=True):
        try:
            outcomes.append((one, place(each, one, cost=0)))
        except KrakenError as error:
            outcomes.append((one, error))
    return outcomes


def edit(call: Call) -> dict[str, Any]:
    """Cancel an order and place another one with some things changed; it gets a new id."""
    call.check_deadline()
    pair = call.pair()
    old, new = edited(call, pair)
    told: dict[str, Any] = {
        "status": "ok",
        "originaltxid": call.venue.txid(old),
        "volume": pair.size(new.size if new else old.size),
        "price": pair.price((new or old).ticket.price or (new or old).ticket.stop),
        "orders_cancelled": 0 if new is None else 1,
        "descr": {"order": forms.sentence(pair, (new or old).ticket)},
    }
    return told if new is None else {**told, "txid": call.venue.txid(new)}


def edited(call: Call, pair: Pair) -> tuple[Order, Order | None]:
    """The order that was canceled, and the one in its place; None where it was only looked at.

    Raises:
        KrakenError: there is no such open order; or the new one is refused, and the old one gone.
    """
    venue, params = call.venue, call.params
    old = _open(call, [params.text("txid")])[0]
    note = venue.notes[old.id]
    if old.ticket.symbol != pair.symbol:
        raise KrakenError(UNKNOWN_ORDER)
    form = forms.order_form(venue, old)
    known = {
        "type": form["descr"]["type"],
        "ordertype": form["descr"]["ordertype"],
        "volume": pair.size(old.remaining),
        "price": form["descr"]["price"],
        "price2": form["descr"]["price2"],
        "oflags": "post" if note.post_only else "",
        "userref": params.optional("userref") or (str(note.userref) if note.userref else ""),
    }
    sent = {name: params.optional(name) for name in ("volume", "price", "price2", "oflags")}
    changed = {name: value for name, value in sent.items() if value is not None}
    new = replaced(call, params=Params({**known, **changed}))
    asked = wanted(new, pair)
    if params.flag("validate"):
        return old, None
    venue.limits.order(pair.symbol, 1 + by_age(EDIT, call.at - old.created_ms), call.at)
    try:
        venue.cancel(call.account, old, call.at, call.request, "Order replaced")
        return old, venue.place(call.account, asked.ticket, asked.note, call.at, call.request)
    except Rejected as refusal:
        raise refused(refusal) from None


def cancel(call: Call) -> dict[str, Any]:
    """Cancel open orders by `txid` (an id, or a `userref` that several share) or `cl_ord_id`."""
    names = call.params.names("txid")
    count = cancel_all_of(call, _open(call, names, call.params.names("cl_ord_id")))
    if not count:
        raise KrakenError(UNKNOWN_ORDER)
    return {"count": count}


def cancel_batch(call: Call) -> dict[str, Any]:
    """Cancel up to fifty orders by ids or references; unknown ones are left out."""
    given, client_ids = call.params.raw("orders"), call.params.raw("cl_ord_ids")
    names = [*(given or []), *(client_ids or [])] if _lists(given, client_ids) else []
    if not names or len(names) > _MOST_CANCELS:
        raise invalid("orders")
    found: list[Order] = []
    for name in names:
        text = str(name.get("txid", "")) if isinstance(name, dict) else str(name)
        found += [order for order in matching(call, text) if order not in found]
    return {"count": cancel_all_of(call, found)}


def cancel_all(call: Call) -> dict[str, Any]:
    """Cancel every open order."""
    return {"count": cancel_all_of(call, call.account.open_orders())}


def cancel_after(call: Call) -> dict[str, Any]:
    """Set the dead man's switch: all orders end in `timeout` seconds, or never with 0."""
    timeout = call.params.integer("timeout")
    if timeout is None or not 0 <= timeout <= _LONGEST_SWITCH_S:
        raise invalid("timeout")
    call.venue.switch_ms = call.at + 1_000 * timeout if timeout else 0
    return {
        "currentTime": stamp(call.at, seconds=True),
        "triggerTime": stamp(call.venue.switch_ms, seconds=True) if timeout else "0",
    }


def cancel_all_of(call: Call, orders: list[Order]) -> int:
    """Cancel some orders; how many there were. One may have traded before its turn came."""
    canceled = 0
    for order in orders:
        age = call.at - order.created_ms
        call.venue.limits.canceled(order.ticket.symbol, age, call.at)
        with contextlib.suppress(Rejected):
            call.venue.cancel(call.account, order, call.at, call.request)
            canceled += 1
    return canceled


def matching(call: Call, name: str) -> list[Order]:
    """The account's open orders that an id, a client id or a user reference names."""
    venue, account = call.venue, call.account
    number = venue.ids.named(name)
    if number is not None and name[0] == "O":
        order = account.order(int(number))
        return [order] if order is not None and order.open else []
    return [
        order
        for order in account.open_orders()
        if name and name in {order.ticket.client_order_id, str(venue.notes[order.id].userref)}
    ]


def find(call: Call, txid: str, client_id: str) -> Order:
    """The one open order that an id or a client id names.

    Raises:
        KrakenError: there is none.
    """
    if not (call.params.optional(txid) or call.params.optional(client_id)):
        raise KrakenError(ARGUMENTS)
    return _open(call, call.params.names(txid), call.params.names(client_id))[0]


def _open(call: Call, ids: list[str], client_ids: list[str] | None = None) -> list[Order]:
    """Open orders by their names.

    Raises:
        KrakenError: no name was given, or none names an open order.
    """
    names = [*ids, *(client_ids or [])]
    if not names:
        raise KrakenError(ARGUMENTS)
    found = [order for name in names for order in matching(call, name)]
    if not found:
        raise KrakenError(UNKNOWN_ORDER)
    return found


def _check_unique(call: Call, client_order_id: str, symbol: str) -> None:
    """A client id names one open order, of whatever pair. The core sees to the same pair.

    Raises:
        KrakenError: an open order of another pair has it.
    """
    taken = call.account.by_client_id
    for other in call.venue.exchange.instruments:
        order = taken.get((other, client_order_id))
        if other != symbol and order is not None and order.open:
            raise invalid("cl_ord_id not unique")


def _lists(*given: object) -> bool:
    return all(each is None or isinstance(each, list) for each in given)
