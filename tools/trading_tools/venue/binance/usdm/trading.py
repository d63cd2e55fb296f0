"""Orders: placing, amending, cancelling, alone and in batches, and asking for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from trading_tools.venue.binance import errors as common
from trading_tools.venue.binance.call import Call
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.params import Params
from trading_tools.venue.binance.usdm import forms, tickets
from trading_tools.venue.binance.usdm.errors import refused
from trading_tools.venue.binance.usdm.place import usdm
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import Fill, Forced, Order, Reason, Rejected, Ticket

Row = dict[str, Any]
_WEEK_MS = 7 * 86_400_000
_MOST_IN_A_BATCH = 5
_MOST_CANCELS = 10


def place(call: Call) -> Row:
    """A new order."""
    ticket = tickets.plain(call)
    found = accept(call, ticket)
    told = forms.order(found, call.instrument())
    if call.params.text_or("newOrderRespType", "ACK") == "ACK" and not found.open:
        # An acknowledgement is written before the order trades.
        zero = call.instrument().size_text(0)
        told |= {"status": "NEW", "avgPrice": "0.00", "executedQty": zero, "cumQty": zero}
        told["cumQuote"] = "0.00000000"
    return told


def accept(call: Call, ticket: Ticket) -> Order:
    """Give a ticket to the exchange.

    Raises:
        BinanceError: it is refused, or there are too many orders.
    """
    limits, instrument = call.venue.limits, call.instrument()
    limits.may_order(call.account_name, call.at)
    try:
        found = call.venue.exchange.place(call.account, ticket, call.at, call.request)
    except Rejected as refusal:
        raise refused(refusal, ticket, instrument) from None
    limits.ordered(call.account_name, call.at)
    return found


def test(call: Call) -> Row:
    """Whether a new order would be accepted; nothing happens."""
    ticket = tickets.plain(call)
    try:
        call.venue.exchange.test(call.account, ticket)
    except Rejected as refusal:
        raise refused(refusal, ticket, call.instrument()) from None
    return {}


def modify(call: Call) -> Row:
    """Change price and size of an open limit order in place."""
    instrument, params = call.instrument(), call.params
    tickets.side(call)
    found = _open(call, instrument)
    size = tickets.quantity(call, instrument)
    price = tickets.price(call, "price", instrument)
    call.venue.limits.may_order(call.account_name, call.at)
    if params.text("side") != found.ticket.side.value:
        raise BinanceError(-1102, "Mandatory parameter 'side' was malformed.")
    wanted = replace(found.ticket, price=price, size=size)
    try:
        call.venue.exchange.amend(
            call.account, found, call.at, price=price, size=size, request=call.request
        )
    except Rejected as refusal:
        if refusal.reason is Reason.WOULD_MATCH:
            # A post-only order that would trade after its amendment is canceled.
            call.venue.exchange.cancel(call.account, found, call.at, call.request)
        raise refused(refusal, wanted, instrument) from None
    call.venue.limits.ordered(call.account_name, call.at)
    return forms.order(found, instrument)


def cancel(call: Call) -> Row:
    """Cancel one open order."""
    instrument = call.instrument()
    found = _open(call, instrument)
    call.venue.exchange.cancel(call.account, found, call.at, call.request)
    return forms.order(found, instrument)


def cancel_all(call: Call) -> Row:
    """Cancel every open order of one contract; algo orders stay."""
    for found in _plain_orders(call.account.open_orders(call.instrument().symbol)):
        call.venue.exchange.cancel(call.account, found, call.at, call.request)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def count_down(call: Call) -> Row:
    """Cancel every order of a contract after `countdownTime` milliseconds; 0 calls it off."""
    instrument, time = call.instrument(), call.params.integer("countdownTime")
    usdm(call).count_down(instrument.symbol, call.at + time if time else None)
    return {"symbol": instrument.symbol, "countdownTime": str(time)}


def place_batch(call: Call) -> list[Row]:
    """Up to five new orders, each accepted or refused by itself."""
    return _batch(call, place)


def modify_batch(call: Call) -> list[Row]:
    """Up to five amendments, each done or refused by itself."""
    return _batch(call, modify)


def cancel_batch(call: Call) -> list[Row]:
    """Up to ten cancels by ids or client ids, each done or refused by itself."""
    params = call.params
    by_id = "orderIdList" in params or "orderidlist" in params
    name = "orderIdList" if "orderIdList" in params else "orderidlist"
    rows = _list(call, name if by_id else "origClientOrderIdList", _MOST_CANCELS)
    field = "orderId" if by_id else "origClientOrderId"
    symbol = call.instrument().symbol
    return [_tried(call, cancel, {"symbol": symbol, field: str(row)}) for row in rows]


def query(call: Call) -> Row:
    """One order, by `orderId` or `origClientOrderId`."""
    instrument = call.instrument()
    found = _find(call, instrument)
    if found is None:
        raise BinanceError(*common.NO_SUCH_ORDER)
    return forms.order(found, instrument)


def query_open(call: Call) -> Row:
    """One open order."""
    instrument = call.instrument()
    found = _find(call, instrument)
    if found is None or not found.open:
        raise BinanceError(*common.NO_SUCH_ORDER)
    return forms.order(found, instrument)


def open_orders(call: Call) -> list[Row]:
    """Open orders of one contract or of all."""
    symbol = call.instrument().symbol if "symbol" in call.params else None
    instruments = call.venue.instruments
    return [
        forms.order(found, instruments[found.ticket.symbol])
        for found in _plain_orders(call.account.open_orders(symbol))
    ]


def all_orders(call: Call) -> list[Row]:
    """Orders of one contract, oldest first: the latest, or those from `orderId` or a time on."""
    instrument, limit = call.instrument(), call.params.limit(500, 1_000)
    first = call.params.optional_integer("orderId")
    start, end = window(call)
    found = [
        each
        for each in _plain_orders(call.account.every_order())
        if each.ticket.symbol == instrument.symbol
        and each.id >= (first or 0)
        and start <= each.created_ms <= end
    ]
    page = found[-limit:] if first is None and "startTime" not in call.params else found[:limit]
    return [forms.order(each, instrument) for each in page]


def user_trades(call: Call) -> list[Row]:
    """The account's trades of one contract: the latest, or those from an id or a time on."""
    instrument, params = call.instrument(), call.params
    limit = params.limit(500, 1_000)
    order_id, first = params.optional_integer("orderId"), params.optional_integer("fromId")
    if first is not None and ("startTime" in params or "endTime" in params):
        raise BinanceError(*common.BAD_COMBINATION)
    start, end = window(call)

    def wanted(fill: Fill) -> bool:
        return (
            fill.order.ticket.symbol == instrument.symbol
            and (order_id is None or fill.order.id == order_id)
            and fill.trade_id >= (first or 0)
            and start <= fill.at <= end
        )

    fills = [fill for fill in call.account.every_fill() if wanted(fill)]
    page = fills[-limit:] if first is None and "startTime" not in params else fills[:limit]
    return [forms.user_trade(fill, instrument) for fill in page]


def force_orders(call: Call) -> list[Row]:
    """Orders by which the venue itself closed the account's positions, newest first."""
    params = call.params
    symbol = call.instrument().symbol if "symbol" in params else None
    kind = params.text_or("autoCloseType", "")
    names = {"LIQUIDATION": Forced.LIQUIDATION, "ADL": Forced.DELEVERAGE}
    if kind and kind not in names:
        raise BinanceError(-1102, "Mandatory parameter 'autoCloseType' was malformed.")
    start, end = window(call)
    found = [
        forms.order(each, call.venue.instruments[each.ticket.symbol])
        for each in call.account.every_order()
        if each.forced
        and symbol in {None, each.ticket.symbol}
        and (not kind or each.forced is names[kind])
        and start <= each.created_ms <= end
    ]
    return found[::-1][: params.limit(50, 100)]


def window(call: Call) -> tuple[int, int]:
    """The times a query is for, at most a week; without one the last week.

    Raises:
        BinanceError: it is longer.
    """
    start = call.params.optional_integer("startTime")
    end = call.params.optional_integer("endTime")
    if start is not None and end is not None and end - start > _WEEK_MS:
        raise BinanceError(-4165, "Invalid time interval, maximum time interval is 7 days.")
    if start is None:
        start = (end if end is not None else call.at) - _WEEK_MS
    return start, end if end is not None else start + _WEEK_MS


def _plain_orders(found: list[Order]) -> list[Order]:
    """Those that work: an algo order is an order once it was triggered."""
    return [each for each in found if each.working_ms >= 0]


def _find(call: Call, instrument: Instrument) -> Order | None:
    params, account = call.params, call.account
    found = None
    if "orderId" in params:
        found = account.order(params.integer("orderId"))
    elif "origClientOrderId" in params:
        found = account.order_of_client(instrument.symbol, params.text("origClientOrderId"))
    else:
        raise BinanceError(
            -1102,
            "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
        )
    if found is None or found.ticket.symbol != instrument.symbol or found.working_ms < 0:
        return None
    return found


def _open(call: Call, instrument: Instrument) -> Order:
    found = _find(call, instrument)
    if found is None or not found.open:
        raise refused(Rejected(Reason.UNKNOWN_ORDER), None, instrument)
    return found


def _list(call: Call, name: str, most: int) -> list[Any]:
    try:
        rows = json.loads(call.params.text(name))
    except (ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list) or not rows:
        raise BinanceError(-1130, f"Data sent for parameter '{name}' is not valid.")
    if len(rows) > most:
        raise BinanceError(-4082, "Invalid number of batch place orders.")
    return rows


def _batch(call: Call, act: Callable[[Call], Row]) -> list[Row]:
    return [
        _tried(call, act, row if isinstance(row, dict) else {})
        for row in _list(call, "batchOrders", _MOST_IN_A_BATCH)
    ]


def _tried(call: Call, act: Callable[[Call], Row], row: dict[str, Any]) -> Row:
    values = {
        name: value if isinstance(value, str) else json.dumps(value) for name, value in row.items()
    }
    try:
        return act(replace(call, params=Params(values)))
    except BinanceError as error:
        return error.body()
