"""Changing an open order in place, and what a change would lead to.

Price and size are both required: one that is missing is read as 0. A refusal is a 200 with its
reasons in `errors`. Source: "Edit Order" in the reference of Advanced Trade.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from trading_tools.venue.coinbase.call import Call
from trading_tools.venue.coinbase.errors import OrderRefused, failure
from trading_tools.venue.coinbase.params import Params
from trading_tools.venue.coinbase.previews import Estimate, estimate, estimate_form
from trading_tools.venue.coinbase.texts import plain, price_text, size_text, time_text
from trading_tools.venue.coinbase.tickets import steps, ticks
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import STOPS, Order, Reason, Rejected, Status

_NO_EDIT_REASON = "UNKNOWN_EDIT_ORDER_FAILURE_REASON"
_NO_PREVIEW_REASON = "UNKNOWN_PREVIEW_FAILURE_REASON"


class _Change(NamedTuple):
    """An order and the price, size and stop that it is to have."""

    order: Order
    each: Instrument
    price: int
    size: int
    stop: int


class _Refused(Exception):
    """Why an order cannot be changed. Never leaves this module."""

    def __init__(self, reason: str, preview: str = _NO_PREVIEW_REASON) -> None:
        super().__init__(reason)
        self.errors = [{"edit_failure_reason": reason, "preview_failure_reason": preview}]


def edit(call: Call) -> dict[str, Any]:
    """Change an order's price and size."""
    try:
        change = _change(call)
        _amend(call, change)
    except _Refused as refusal:
        return {"success": False, "errors": refusal.errors}
    sent = call.place.sent_of(change.order)
    price, size = price_text(change.each, change.price), size_text(change.each, change.size)
    sent.values |= {"limit_price": price, "base_size": size}
    if change.stop:
        sent.values["stop_price"] = price_text(change.each, change.stop)
    accepted = time_text(call.at)
    sent.edits.append({"price": price, "size": size, "replace_accept_timestamp": accepted})
    return {"success": True, "errors": []}


def preview(call: Call) -> dict[str, Any]:
    """What a change would lead to."""
    found, errors, product_id = Estimate(), [], ""
    try:
        change = _change(call)
        product_id = change.each.symbol
        ticket = replace(
            change.order.ticket,
            price=change.price,
            size=change.size - change.order.filled,
            stop=change.stop,
        )
        found = estimate(call, ticket, change.each)
    except _Refused as refusal:
        errors = refusal.errors
    return {
        **estimate_form(found, call.place, product_id),
        "errors": errors,
        "average_filled_price": plain(found.average),
    }


def _change(call: Call) -> _Change:
    params, place = call.params, call.place
    number = place.ids.number(params.text("order_id"))
    order = None if number is None else call.account.order(number)
    if order is None:
        raise _Refused("ORDER_NOT_FOUND")
    if not order.open:
        raise _Refused("ONLY_OPEN_ORDERS_CAN_BE_EDITED")
    if not place.sent_of(order).name.endswith("gtc"):
        raise _Refused("ONLY_LIMIT_ORDER_EDITS_SUPPORTED")
    each, stop = place.instruments[order.ticket.symbol], order.ticket.stop
    size = _read(steps, params, "size", each, "INVALID_EDITED_SIZE")
    price = _read(ticks, params, "price", each, "INVALID_EDITED_PRICE")
    if "stop_price" in params:
        if order.ticket.kind not in STOPS:
            raise _Refused("FIELD_STOPPRICE_NOT_SUPPORTED")
        if order.status is not Status.WAITING:
            raise _Refused("CANNOT_EDIT_STOP_PRICE_FOR_TRIGGERED_ORDER")
        stop = _read(ticks, params, "stop_price", each, "INVALID_EDITED_PRICE")
    if size <= order.filled and order.filled:
        raise _Refused("CANNOT_EDIT_TO_BELOW_FILLED_SIZE")
    return _Change(order, each, price, size, stop)


def _amend(call: Call, change: _Change) -> None:
    order = change.order
    try:
        call.place.exchange.amend(
            call.account, order, call.at, change.price, change.size, change.stop, call.request
        )
    except Rejected as refusal:
        if refusal.reason is Reason.UNCHANGED:
            raise _Refused("EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST") from None
        ticket = replace(order.ticket, price=change.price, size=change.size, stop=change.stop)
        why = failure(refusal.reason, ticket, change.each)
        raise _Refused(_NO_EDIT_REASON, why.preview) from None


def _read(
    read: Callable[[Params, str, Instrument], int],
    params: Params,
    name: str,
    each: Instrument,
    reason: str,
) -> int:
    """A price or a size that is more than nothing.

    Raises:
        _Refused: it is missing, or finer than the product's increment.
    """
    if name not in params:
        raise _Refused(reason)
    try:
        found = read(params, name, each)
    except OrderRefused as refusal:
        raise _Refused(reason, refusal.failure.preview) from None
    if found <= 0:
        raise _Refused(reason)
    return found
