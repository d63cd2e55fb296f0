"""Algo orders: those that wait for a trigger price, apart from all others since December 2025.

Source: "New Algo Order" in the documentation of the USD-M API.
"""

from __future__ import annotations

from typing import Any

from trading_tools.venue.binance.call import Call
from trading_tools.venue.binance.errors import NO_SUCH_ORDER, BinanceError
from trading_tools.venue.binance.usdm import forms, tickets
from trading_tools.venue.binance.usdm.errors import refused
from trading_tools.venue.binance.usdm.trading import accept, window
from trading_tools.venue.core.orders import STOPS, Order, Reason, Rejected

Row = dict[str, Any]


def place(call: Call) -> Row:
    """A new algo order."""
    return forms.algo(accept(call, tickets.conditional(call)), call.instrument())


def cancel(call: Call) -> Row:
    """Cancel one that waits."""
    found = _find(call)
    if found is None or not _waits(found):
        instrument = next(iter(call.venue.instruments.values()))
        raise refused(Rejected(Reason.UNKNOWN_ORDER), None, instrument)
    call.venue.exchange.cancel(call.account, found, call.at, call.request)
    return {
        "algoId": found.id + forms.ALGO_OFFSET,
        "clientAlgoId": found.ticket.client_order_id,
        "code": "200",
        "msg": "success",
    }


def cancel_all(call: Call) -> Row:
    """Cancel every one that waits, of one contract."""
    for found in call.account.open_orders(call.instrument().symbol):
        if _waits(found):
            call.venue.exchange.cancel(call.account, found, call.at, call.request)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def query(call: Call) -> Row:
    """One algo order, by `algoId` or `clientAlgoId`."""
    found = _find(call)
    if found is None:
        raise BinanceError(*NO_SUCH_ORDER)
    return forms.algo(found, call.venue.instruments[found.ticket.symbol])


def open_orders(call: Call) -> list[Row]:
    """Those that wait, of one contract or of all."""
    symbol = call.instrument().symbol if "symbol" in call.params else None
    return [
        forms.algo(found, call.venue.instruments[found.ticket.symbol])
        for found in call.account.open_orders(symbol)
        if _waits(found)
    ]


def all_orders(call: Call) -> list[Row]:
    """Algo orders of one contract, oldest first: the latest, or those from an id or a time on."""
    instrument, limit = call.instrument(), call.params.limit(500, 1_000)
    first = (call.params.optional_integer("algoId") or 0) - forms.ALGO_OFFSET
    start, end = window(call)
    found = [
        each
        for each in call.account.every_order()
        if each.ticket.symbol == instrument.symbol
        and each.ticket.kind in STOPS
        and each.id >= first
        and start <= each.created_ms <= end
    ]
    return [forms.algo(each, instrument) for each in found[-limit:]]


def _waits(found: Order) -> bool:
    return found.open and found.working_ms < 0


def _find(call: Call) -> Order | None:
    params, account = call.params, call.account
    if "algoId" in params:
        found = account.order(params.integer("algoId") - forms.ALGO_OFFSET)
        return found if found is not None and found.ticket.kind in STOPS else None
    name = params.text("clientAlgoId")
    return next(
        (
            each
            for each in reversed(account.every_order())
            if each.ticket.client_order_id == name and each.ticket.kind in STOPS
        ),
        None,
    )
