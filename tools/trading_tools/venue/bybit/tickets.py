"""From the parameters of a new order to the core's ticket.

Whether the exchange takes it is the core's decision; what becomes of it is `trading`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from trading_tools.venue.bybit import errors
from trading_tools.venue.bybit.call import Call
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.bybit.listing import LINEAR, SPOT
from trading_tools.venue.bybit.params import amount_of
from trading_tools.venue.core.contracts import PositionSide, Trigger
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import Kind, Side, Ticket, TimeInForce

CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,36}", re.ASCII)
ORDER, STOP, TPSL = "Order", "StopOrder", "tpslOrder"
TAKE_PROFIT, STOP_LOSS = "TakeProfit", "StopLoss"
"""What an order is: the order filters of requests, and what closes a position by its own."""
_SIDES: Final = {"Buy": Side.BUY, "Sell": Side.SELL}
_TIMES: Final = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "PostOnly": TimeInForce.GTC,
}
_WORDS: Final = {
    "side": (170117, "Invalid side."),
    "orderType": (170116, "Invalid orderType."),
    "timeInForce": (170115, "Invalid timeInForce."),
    "orderFilter": (170202, "Invalid orderFilter parameter."),
    "marketUnit": (170130, "Data sent for paramter 'marketUnit' is not valid."),
}
INDEXES: Final = {0: PositionSide.BOTH, 1: PositionSide.LONG, 2: PositionSide.SHORT}
_TRIGGERS: Final = {"LastPrice": Trigger.LAST, "MarkPrice": Trigger.MARK}
ATTACHED: Final = ("takeProfit", "stopLoss")
NOT_HERE: Final = (170227, "This feature is not supported.")


@dataclass(frozen=True)
class Wanted:
    """A new order as it is asked for."""

    category: str
    instrument: Instrument
    ticket: Ticket


def wanted(call: Call) -> Wanted:
    """What an order request asks for.

    Raises:
        BybitError: a parameter is missing or cannot be read.
    """
    category, params = call.category(), call.params
    each = instrument_of(call, category)
    if any(name in params for name in ATTACHED) or params.integer("isLeverage"):
        raise BybitError(*NOT_HERE)
    side = _SIDES[_word(call, category, "side", *_SIDES)]
    market = _word(call, category, "orderType", "Limit", "Market") == "Market"
    link = params.optional("orderLinkId")
    if link and not CLIENT_ID.fullmatch(link):
        raise errors.invalid("orderLinkId", category)
    usual = "IOC" if market else "GTC"
    lasting = _word(call, category, "timeInForce", *_TIMES, default=usual)
    price = 0 if market else units(call, category, each, "price")
    stop = units(call, category, each, "triggerPrice") if "triggerPrice" in params else 0
    size, quote = _sizes(call, category, each, side, market, stop or price)
    ticket = Ticket(
        each.symbol,
        side,
        _kind(call, category, each, side, market, lasting, stop),
        size,
        price,
        stop,
        TimeInForce.GTC if market else _TIMES[lasting],
        quote,
        link,
        tag=_filter(call, category, stop),
    )
    if category == LINEAR:
        ticket = _of_contract(call, ticket)
    return Wanted(category, each, ticket)


def instrument_of(call: Call, category: str) -> Instrument:
    """The instrument of a request about orders, which has its own words for an unknown one.

    Raises:
        BybitError: there is none.
    """
    found = call.place.find(category, call.params.text("symbol"))
    if found is None:
        if category == SPOT:
            raise BybitError(170121, "Invalid symbol.")
        raise BybitError(10001, "params error: symbol invalid")
    return found


def units(call: Call, category: str, each: Instrument, name: str) -> int:
    """A price in ticks or `qty` in steps.

    Raises:
        BybitError: it is missing, no number, not positive, or between two of them.
    """
    return _whole(call, category, name, each.step_atoms if name == "qty" else each.tick_atoms)


def _whole(call: Call, category: str, name: str, unit: int, what: str = "") -> int:
    found = amount_of(call.params.text(name))
    if found is None or not found.atoms:
        raise errors.invalid(name, category)
    if not found.exact or found.atoms % unit:
        raise errors.too_fine(what or name, category)
    return found.atoms // unit


def _word(call: Call, category: str, name: str, *known: str, default: str = "") -> str:
    word = call.params.optional(name, default)
    if word in known:
        return word
    if category == SPOT and name in _WORDS:
        raise BybitError(*_WORDS[name])
    raise errors.invalid(name, category)


def _sizes(
    call: Call, category: str, each: Instrument, side: Side, market: bool, price: int
) -> tuple[int, int]:
    """Steps, and quote atoms where a spot market order is sized by what it spends or earns."""
    usual = "quoteCoin" if side is Side.BUY else "baseCoin"
    if category == SPOT and market:
        unit = _word(call, category, "marketUnit", "quoteCoin", "baseCoin", default=usual)
        if unit == "quoteCoin":
            quote = _whole(call, category, "qty", 1, "quote")
            # A stop has no market to be measured on yet: it is sized by its own price.
            return (quote // (price * each.lot_value), 0) if price else (0, quote)
    return units(call, category, each, "qty"), 0


def _kind(
    call: Call, category: str, each: Instrument, side: Side, market: bool, lasting: str, stop: int
) -> Kind:
    if not stop:
        if market:
            return Kind.MARKET
        return Kind.LIMIT_MAKER if lasting == "PostOnly" else Kind.LIMIT
    if category == LINEAR:
        direction = call.params.integer("triggerDirection")
        if direction not in (1, 2):
            raise errors.invalid("triggerDirection", category)
        rising = direction == 1
    else:
        rising = stop > call.place.exchange.books[each.symbol].last_price
    if rising is (side is Side.BUY):
        return Kind.STOP_LOSS if market else Kind.STOP_LOSS_LIMIT
    return Kind.TAKE_PROFIT if market else Kind.TAKE_PROFIT_LIMIT


def _of_contract(call: Call, ticket: Ticket) -> Ticket:
    """With what only orders in contracts have. What closes on trigger may only reduce, too."""
    params = call.params
    trigger = _TRIGGERS.get(params.optional("triggerBy", "LastPrice"))
    if trigger is None:
        raise errors.invalid("triggerBy", LINEAR)
    return ticket._replace(
        reduce_only=params.flag("reduceOnly") or params.flag("closeOnTrigger"),
        position_side=position_side(call),
        trigger=trigger,
    )


def position_side(call: Call) -> PositionSide:
    """The position that `positionIdx` means: 0 the only one, 1 the long one, 2 the short one.

    Raises:
        BybitError: it is another number.
    """
    index = call.params.integer("positionIdx")
    if index not in INDEXES:
        raise errors.invalid("positionIdx", LINEAR)
    return INDEXES[index]


def _filter(call: Call, category: str, stop: int) -> str:
    if category != SPOT:
        return STOP if stop else ORDER
    found = _word(call, category, "orderFilter", ORDER, STOP, TPSL, default=ORDER)
    if (found != ORDER) != bool(stop):
        raise BybitError(*_WORDS["orderFilter"])
    return found
