"""Questions about orders and fills: open ones, closed ones, and what was traded; page by page.

An order that has ended leaves the list of open ones at once, and is found in the history.
"""

from __future__ import annotations

from typing import Any

from trading_tools.venue.bybit.call import Call
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.bybit.forms import (
    Standing,
    execution_row,
    funding_row,
    order_row,
    rejected,
    standing,
)
from trading_tools.venue.bybit.listing import SPOT
from trading_tools.venue.bybit.pages import page, times
from trading_tools.venue.bybit.tags import OWN_STOPS, STOP, kind_of
from trading_tools.venue.bybit.trading import scoped
from trading_tools.venue.core.orders import Fill
from trading_tools.venue.core.positions import IncomeKind
from trading_tools.venue.market.candles import DAY_MS

_RANGE_MS = 7 * DAY_MS
_KEPT_CLOSED = 500


def realtime(call: Call) -> dict[str, Any]:
    """Open orders; by id or with `openOnly=1` also the latest 500 that have ended."""
    category = call.category()
    if category != SPOT and not (scoped(call) or _by_id(call)):
        raise BybitError(10001, "params error: symbol, baseCoin or settleCoin is required")
    every = _orders(call, category)
    closed = [each for each in every if not each.open][:_KEPT_CLOSED]
    if _by_id(call):
        rows = [each for each in every if each.open] + closed
    elif call.params.integer("openOnly"):
        rows = closed
    else:
        rows = [each for each in every if each.open]
    return _order_page(call, category, rows)


def history(call: Call) -> dict[str, Any]:
    """Orders that have ended, newest first, within a week."""
    category = call.category()
    start, end = _week(call)
    status = call.params.optional("orderStatus")
    rows = [
        each
        for each in _orders(call, category)
        if not each.open and status in ("", each.status) and start <= each.created_ms <= end
    ]
    return _order_page(call, category, rows)


def executions(call: Call) -> dict[str, Any]:
    """The account's fills and what it paid of funding, newest first, within a week."""
    category, params, account, place = call.category(), call.params, call.account, call.place
    symbols = {each.symbol for each in call.instruments()}
    start, end = _week(call)
    number = place.ids.number(category, params.optional("orderId"))
    link = params.optional("orderLinkId")
    kind = params.optional("execType")

    def wanted(fill: Fill) -> bool:
        if "orderId" in params:
            return fill.order.id == number
        return link in ("", fill.order.ticket.client_order_id)

    rows = [
        execution_row(place, account, fill)
        for fill in reversed(account.every_fill())
        if fill.order.ticket.symbol in symbols and start <= fill.at <= end and wanted(fill)
    ]
    if not _by_id(call):
        rows += [
            funding_row(place, income)
            for income in reversed(account.every_income())
            if income.kind is IncomeKind.FUNDING
            and income.symbol in symbols
            and start <= income.at <= end
        ]
        rows.sort(key=lambda row: int(row["execTime"]), reverse=True)
    rows = [row for row in rows if kind in ("", row["execType"])]
    found, cursor = page(
        call, rows, lambda row: f"{row['execId']}:{row['execTime']}", params.limit(50, 100)
    )
    return {"category": category, "nextPageCursor": cursor, "list": list(found)}


def _by_id(call: Call) -> bool:
    return "orderId" in call.params or "orderLinkId" in call.params


def _orders(call: Call, category: str) -> list[Standing]:
    """Orders that a request asks about, newest first."""
    params, place = call.params, call.place
    symbols = {each.symbol for each in call.instruments()}
    number = place.ids.number(category, params.optional("orderId"))
    link = params.optional("orderLinkId")
    kind = params.optional("orderFilter")
    found = [
        *(standing(place, order) for order in call.account.every_order()),
        *(rejected(refusal) for refusal in place.refusals(call.account_name)),
    ]
    found.sort(key=lambda each: (each.created_ms, each.number), reverse=True)

    def wanted(each: Standing) -> bool:
        if "orderId" in params:
            if each.number != number:
                return False
        elif link and each.ticket.client_order_id != link:
            return False
        of_kind = kind in ("", kind_of(each.ticket.tag))
        of_kind = of_kind or (kind == STOP and each.ticket.tag in OWN_STOPS)
        return each.ticket.symbol in symbols and of_kind

    return [each for each in found if wanted(each)]


def _order_page(call: Call, category: str, rows: list[Standing]) -> dict[str, Any]:
    def mark(each: Standing) -> str:
        return f"{call.place.order_id(each.ticket.symbol, each.number)}:{each.created_ms}"

    rows_, cursor = page(call, rows, mark, call.params.limit(20, 50))
    return {
        "category": category,
        "nextPageCursor": cursor,
        "list": [order_row(call.place, call.account, each) for each in rows_],
    }


def _week(call: Call) -> tuple[int, int]:
    """The bounds of a query: the last seven days, or seven from or up to the one that was sent."""
    start, end = times(call, "startTime", "endTime")
    if start is not None and end is not None:
        if end - start > _RANGE_MS:
            raise BybitError(10001, "The time range cannot exceed 7 days.")
        return start, end
    if start is not None:
        return start, start + _RANGE_MS
    last = call.at if end is None else end
    return last - _RANGE_MS, last
