"""Queries: one order, pages of orders, pages of fills. The latest come first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, Final, TypeVar

from trading_tools.venue.coinbase.call import Call
from trading_tools.venue.coinbase.errors import invalid, no_such_order
from trading_tools.venue.coinbase.forms import (
    fill_form,
    fill_id,
    order_form,
    status_text,
    time_in_force,
    type_text,
)
from trading_tools.venue.core.orders import Order

_MOST_ORDERS = 1_000
_FILLS = 100
_MOST_FILLS = 3_000
_STATUSES: Final = frozenset(
    {"PENDING", "OPEN", "FILLED", "CANCELLED", "EXPIRED", "FAILED", "QUEUED", "CANCEL_QUEUED"}
)
_Row = TypeVar("_Row")


def order(call: Call) -> dict[str, Any]:
    """One order by its id; a client's id is none."""
    number = call.place.ids.number(call.argument)
    found = None if number is None else call.account.order(number)
    if found is None:
        raise no_such_order()
    return {"order": order_form(call.place, call.account, found)}


def orders(call: Call) -> dict[str, Any]:
    """A page of the account's orders."""
    params, place = call.params, call.place
    statuses = set(params.texts("order_status"))
    if not statuses <= _STATUSES:
        raise invalid(f"order_status {min(statuses - _STATUSES)} is not known")
    if "OPEN" in statuses and len(statuses) > 1:
        raise invalid("OPEN cannot be queried with any other order status")
    wanted: list[tuple[Callable[[Order], str], set[str]]] = [
        (lambda each: status_text(each, place.sent_of(each)), statuses),
        (lambda each: each.ticket.symbol, set(params.texts("product_ids", "product_id"))),
        (lambda each: place.ids.text(each.id), set(params.texts("order_ids"))),
        (lambda each: each.ticket.side.value, set(params.texts("order_side"))),
        (lambda each: type_text(place.sent_of(each)), set(params.texts("order_types"))),
        (lambda each: time_in_force(place.sent_of(each)), set(params.texts("time_in_forces"))),
        (lambda each: "SPOT", set(params.texts("product_type"))),
    ]
    tests = [(read, values) for read, values in wanted if values]
    start, end = params.moment("start_date"), params.moment("end_date")
    account = call.account
    rows = account.open_orders() if statuses == {"OPEN"} else account.every_order()
    found = (
        each
        for each in reversed(rows)
        if (start is None or each.created_ms >= start)
        and (end is None or each.created_ms < end)
        and all(read(each) in values for read, values in tests)
    )
    page, cursor = _page(call, found, _MOST_ORDERS, _MOST_ORDERS, lambda each: each.id)
    return {
        "orders": [order_form(place, account, each) for each in page],
        "sequence": "0",
        "has_next": cursor != "",
        "cursor": cursor,
    }


def fills(call: Call) -> dict[str, Any]:
    """A page of the account's fills."""
    params, place = call.params, call.place
    products = params.texts("product_ids", "product_id")
    ids, trades = params.texts("order_ids", "order_id"), params.texts("trade_ids")
    start = params.moment("start_sequence_timestamp")
    end = params.moment("end_sequence_timestamp")
    every = list(enumerate(call.account.every_fill(), start=1))
    found = (
        (number, fill)
        for number, fill in reversed(every)
        if (not products or fill.order.ticket.symbol in products)
        and (not ids or place.ids.text(fill.order.id) in ids)
        and (not trades or fill_id(place, fill) in trades)
        and (start is None or fill.at >= start)
        and (end is None or fill.at < end)
    )
    page, cursor = _page(call, found, _FILLS, _MOST_FILLS, lambda row: row[0])
    return {"fills": [fill_form(place, fill) for _, fill in page], "cursor": cursor}


def _page(
    call: Call,
    rows: Iterable[_Row],
    usual: int,
    most: int,
    number: Callable[[_Row], int],
) -> tuple[list[_Row], str]:
    """The rows after the cursor of a request, and the cursor of what comes after them.

    `number` falls from row to row.
    """
    limit, cursor = call.params.limit(usual, most), call.params.text("cursor", "")
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise invalid("cursor is not one that was given out")
    rest = (row for row in rows if not cursor or number(row) < int(cursor))
    page = list(islice(rest, limit + 1))
    return page[:limit], str(number(page[limit - 1])) if len(page) > limit else ""
