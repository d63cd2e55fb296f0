"""Stops of a position's own: take profit and stop loss, of all of it or of a part."""

from __future__ import annotations

from typing import Any, Final

from trading_tools.venue.bybit import errors
from trading_tools.venue.bybit.call import Call
from trading_tools.venue.bybit.contracts import terms
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.bybit.listing import LINEAR
from trading_tools.venue.bybit.own_stops import stop_of_all, stops_of
from trading_tools.venue.bybit.params import amount_of
from trading_tools.venue.bybit.positions import held
from trading_tools.venue.bybit.tags import PARTIAL, STOP_LOSS, TAKE_PROFIT
from trading_tools.venue.bybit.tickets import ATTACHED, NOT_HERE, instrument_of, units
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import Kind, Reason, Rejected, Side, Ticket
from trading_tools.venue.core.positions import Position

_TAGS: Final = {"takeProfit": TAKE_PROFIT, "stopLoss": STOP_LOSS}
_KINDS: Final = {
    ("takeProfit", False): Kind.TAKE_PROFIT,
    ("takeProfit", True): Kind.TAKE_PROFIT_LIMIT,
    ("stopLoss", False): Kind.STOP_LOSS,
    ("stopLoss", True): Kind.STOP_LOSS_LIMIT,
}
_SHORT: Final = {"takeProfit": "tp", "stopLoss": "sl"}
_MODES: Final = ("Full", "Partial")


def trading_stop(call: Call) -> dict[str, Any]:
    """Give a position a stop loss, a take profit, or both.

    In mode Full one of each closes all of it, a new one replaces it, and "0" takes it away. In mode
    Partial each request adds stops of a size of their own.

    Raises:
        BybitError: there is no position, nothing changes, or a price would trigger at once.
    """
    each, params = instrument_of(call, call.category()), call.params
    terms(each)
    mode = params.optional("tpslMode", "Full")
    if mode not in _MODES:
        raise errors.invalid("tpslMode", LINEAR)
    if "trailingStop" in params or "activePrice" in params:
        raise BybitError(*NOT_HERE)
    if not any(name in params for name in ATTACHED):
        raise errors.missing("takeProfit or stopLoss")
    position = held(call, each)
    own = stops_of(call.account, position) if mode == "Full" else {}
    tickets, dropped = [], []
    for name in ATTACHED:
        if name not in params:
            continue
        old, ticket = own.get(_TAGS[name]), _wanted(call, each, position, name, mode)
        if (old.ticket.stop if old is not None else 0) == (ticket.stop if ticket else 0):
            continue
        if old is not None:
            dropped.append(old)
        if ticket is not None:
            _test(call, position, name, ticket)
            tickets.append(ticket)
    if not tickets and not dropped:
        raise BybitError(34_040, "not modified")
    for order in dropped:
        call.place.exchange.cancel(call.account, order, call.at, call.request)
    for ticket in tickets:
        call.place.exchange.place(call.account, ticket, call.at, call.request)
    return {}


def _wanted(
    call: Call, each: Instrument, position: Position, name: str, mode: str
) -> Ticket | None:
    """The order that a stop is; None for one that is to be taken away."""
    params, short = call.params, _SHORT[name]
    found = amount_of(params.text(name))
    if found is not None and not found.atoms:
        return None
    stop = units(call, LINEAR, each, name)
    if mode == "Full":
        return stop_of_all(position, _TAGS[name], stop)
    limited = params.optional(f"{short}OrderType", "Market") == "Limit"
    return Ticket(
        each.symbol,
        Side.SELL if position.size > 0 else Side.BUY,
        _KINDS[name, limited],
        units(call, LINEAR, each, f"{short}Size"),
        units(call, LINEAR, each, f"{short}LimitPrice") if limited else 0,
        stop,
        reduce_only=True,
        position_side=position.side,
        tag=PARTIAL + _TAGS[name],
    )


def _test(call: Call, position: Position, name: str, ticket: Ticket) -> None:
    try:
        call.place.exchange.test(call.account, ticket)
    except Rejected as refusal:
        if refusal.reason is not Reason.WOULD_TRIGGER:
            raise errors.of_reason(refusal.reason, LINEAR) from None
        side = "Buy" if position.size > 0 else "Sell"
        where = "lower" if (name == "stopLoss") is (side == "Buy") else "higher"
        raise BybitError(
            10001, f"{_TAGS[name]} set for {side} position should be {where} than base_price"
        ) from None
