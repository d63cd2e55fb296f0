"""Changing an order in place: it keeps its ids, and where only its size falls its place, too.

Source: "Spot atomic amends". An order in place of another one is `trading.edit`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from trading_tools.venue.core.orders import PRICED, STOPS, Order, Rejected, Ticket
from trading_tools.venue.kraken import trading
from trading_tools.venue.kraken.call import Call, stamp
from trading_tools.venue.kraken.errors import ARGUMENTS, KrakenError, invalid, refused
from trading_tools.venue.kraken.limits import AMEND, by_age
from trading_tools.venue.kraken.listing import Pair
from trading_tools.venue.kraken.prices import price


def amend(call: Call) -> dict[str, Any]:
    """Amend the order of `txid` or `cl_ord_id`."""
    order = trading.find(call, "txid", "cl_ord_id")
    return {"amend_id": amended(call, order)}


def amended(call: Call, order: Order) -> str:
    """Give an order the size and prices that were sent; the id of the change.

    A size that is not above what has been filled cancels the rest.

    Raises:
        KrakenError: nothing was sent that can be changed, or the order that it would become is
            refused; nothing has changed.
    """
    call.check_deadline()
    pair, ticket = call.venue.pair(order.ticket.symbol), order.ticket
    wanted = _changes(call, pair, ticket)
    book = call.venue.exchange.books[pair.symbol]
    if call.params.flag("post_only") and book.would_trade(
        ticket.side, wanted.price or ticket.price
    ):
        raise KrakenError("EOrder:Post only order")
    age = call.at - order.created_ms
    call.venue.limits.order(pair.symbol, 1 + by_age(AMEND, age), call.at)
    amends = call.venue.notes[order.id].amends
    if not amends:
        amends.append(_told(call, order, "original", order.created_ms))
    try:
        if wanted.size is not None and wanted.size <= order.filled:
            call.venue.cancel(call.account, order, call.at, call.request)
        else:
            call.venue.exchange.amend(call.account, order, call.at, *wanted, request=call.request)
    except Rejected as refusal:
        raise refused(refusal) from None
    amends.append(_told(call, order, "user", call.at))
    made: str = amends[-1]["amend_id"]
    return made


class _Changes(NamedTuple):
    """What an order is to have instead, None for what stays: ticks, steps, ticks."""

    price: int | None
    size: int | None
    stop: int | None


def _changes(call: Call, pair: Pair, ticket: Ticket) -> _Changes:
    params = call.params
    may_change = {
        "display_qty": False,
        "limit_price": ticket.kind in PRICED,
        "trigger_price": ticket.kind in STOPS,
    }
    for name, may in may_change.items():
        if name in params and not may:
            raise invalid(name)
    limit = price(call, pair, "limit_price") if "limit_price" in params else None
    stop = price(call, pair, "trigger_price") if "trigger_price" in params else None
    size = None
    if "order_qty" in params:
        size = params.amount("order_qty") // pair.instrument.step_atoms
        if not size:
            raise invalid("order_qty")
    if limit is size is stop is None:
        raise KrakenError(ARGUMENTS)
    return _Changes(limit, size, stop)


def _told(call: Call, order: Order, kind: str, at: int) -> dict[str, Any]:
    """One state of an order, for the history of its changes."""
    pair, ticket = call.venue.pair(order.ticket.symbol), order.ticket
    number = len(call.venue.notes[order.id].amends)
    told = {
        "amend_id": call.venue.ids.of("T", f"amend {number} of {order.id}"),
        "amend_type": kind,
        "order_qty": pair.size(order.size),
        "remaining_qty": pair.size(order.remaining),
        "post_only": call.venue.notes[order.id].post_only,
        "timestamp": stamp(at),
    }
    if ticket.kind in PRICED:
        told["limit_price"] = pair.price(ticket.price)
    if ticket.kind in STOPS:
        told["trigger_price"] = pair.price(ticket.stop)
    return told
