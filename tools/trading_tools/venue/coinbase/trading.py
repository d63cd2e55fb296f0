"""Orders: placing and cancelling them.

A refusal of an order is a 200 whose `success` is false. Changes are `edits`, queries `history`.
"""

from __future__ import annotations

from typing import Any

from trading_tools.venue.coinbase.call import Call
from trading_tools.venue.coinbase.errors import (
    INVALID_PRODUCT,
    OrderRefused,
    error_response,
    failure,
    invalid,
)
from trading_tools.venue.coinbase.tickets import Wanted, wanted
from trading_tools.venue.core.orders import Order, Rejected, Status

_LONGEST_ID = 128
_MOST_CANCELS = 100
_NOTHING_FAILED = "UNKNOWN_FAILURE_REASON"


def create(call: Call) -> dict[str, Any]:
    """A new order; with a client's id that is known already, the order that has it."""
    client_order_id = call.params.text("client_order_id")
    if len(client_order_id) > _LONGEST_ID:
        raise invalid(f"client_order_id is longer than {_LONGEST_ID} characters")
    earlier = _same_id(call, client_order_id)
    if earlier is not None:
        return _created(call, earlier)
    try:
        want = wanted(call, client_order_id)
        return _created(call, _place(call, want))
    except OrderRefused as refusal:
        return {
            "success": False,
            "failure_reason": _NOTHING_FAILED,
            "order_id": "",
            "error_response": error_response(refusal.failure),
            "order_configuration": call.params.raw("order_configuration"),
        }


def cancel(call: Call) -> dict[str, Any]:
    """Cancel orders by their ids, each with a result of its own."""
    wanted_ids = call.params.texts("order_ids")
    if len(wanted_ids) > _MOST_CANCELS:
        raise invalid(f"Too many orderIDs entered, limit is {_MOST_CANCELS}")
    if not wanted_ids:
        raise invalid("order_ids are required")
    return {"results": [_cancel(call, text) for text in wanted_ids]}


def close_position(call: Call) -> dict[str, Any]:
    """Closing a position: spot products have none."""
    call.params.text("client_order_id")
    call.listed(call.params.text("product_id"))
    words = "positions are of futures products only"
    return {
        "success": False,
        "error_response": error_response(INVALID_PRODUCT._replace(words=words)),
        "order_configuration": {},
    }


def _place(call: Call, want: Wanted) -> Order:
    try:
        return call.place.enter(
            call.account, want.ticket, want.sent, call.at, call.request, want.ends_ms
        )
    except Rejected as refusal:
        raise OrderRefused(failure(refusal.reason, want.ticket, want.each)) from None


def _same_id(call: Call, client_order_id: str) -> Order | None:
    """The order with this id, whatever its product and whether or not its owner is shown it."""
    known = call.account.by_client_id
    found = (known.get((symbol, client_order_id)) for symbol in call.place.instruments)
    return next((order for order in found if order is not None), None)


def _created(call: Call, order: Order) -> dict[str, Any]:
    text, sent = call.place.ids.text(order.id), call.place.sent_of(order)
    return {
        "success": True,
        "failure_reason": _NOTHING_FAILED,
        "order_id": text,
        "success_response": {
            "order_id": text,
            "product_id": order.ticket.symbol,
            "side": order.ticket.side.value,
            "client_order_id": order.ticket.client_order_id,
            "attached_order_id": "",
        },
        "order_configuration": {sent.name: sent.values},
    }


def _cancel(call: Call, text: str) -> dict[str, Any]:
    why = _cancel_failure(call, text)
    reason = why or "UNKNOWN_CANCEL_FAILURE_REASON"
    return {"success": not why, "failure_reason": reason, "order_id": text}


def _cancel_failure(call: Call, text: str) -> str:
    """Cancel an order; why that was not possible, or ""."""
    number = call.place.ids.number(text)
    order = None if number is None else call.account.order(number)
    if order is None:
        return "UNKNOWN_CANCEL_ORDER"
    try:
        call.place.exchange.cancel(call.account, order, call.at, call.request)
    except Rejected:
        filled = order.status is Status.FILLED
        return "ORDER_IS_FULLY_FILLED" if filled else "DUPLICATE_CANCEL_REQUEST"
    return ""
