"""From the parameters of a new order to the core's ticket.

Whether the exchange takes it is the core's decision; what becomes of it is `trading`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from trading_tools.venue.bybit import errors, texts
from trading_tools.venue.bybit.call import Call
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.bybit.listing import LINEAR, SPOT
from trading_tools.venue.bybit.params import amount_of
from trading_tools.venue.bybit.tags import ORDER, STOP, TPSL, Attached, tagged
from trading_tools.venue.core.contracts import PositionSide, Trigger
from trading_tools.venue.core.instruments import Instrument, atoms
from trading_tools.venue.core.orders import Kind, Reason, Side, Ticket, TimeInForce

CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,36}", re.ASCII)
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
_SIZES: Final = ("qty", "tpSize", "slSize")
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
    brings = any(name in params for name in ATTACHED)
    partly = params.optional("tpslMode", "Full") != "Full"
    if (brings and (category == SPOT or partly)) or params.integer("isLeverage"):
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
        ticket = _of_contract(call, each, ticket)
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
    """A price in ticks, or a size in steps.

    Raises:
        BybitError: it is missing, no number, not positive, or between two of them.
    """
    if name in _SIZES:
        return _whole(call, category, name, each.step_atoms) // each.step_atoms
    # A tick is a multiple of what prices are counted in.
    return _whole(call, category, name, atoms(each.tick_size)) // each.tick_atoms


def _whole(call: Call, category: str, name: str, unit: int, what: str = "") -> int:
    """A multiple of `unit` atoms, in atoms."""
    found = amount_of(call.params.text(name))
    if found is None or not found.atoms:
        raise errors.invalid(name, category)
    if not found.exact or found.atoms % unit:
        raise errors.too_fine(what or name, category)
    return found.atoms


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
    if category == LINEAR and call.params.optional("qty") == "0":
        return _closing(call, each, side), 0
    return units(call, category, each, "qty"), 0


def _closing(call: Call, each: Instrument, side: Side) -> int:
    """The size of an order that asks for 0 to close all of a position, as much as one order may.

    Raises:
        BybitError: it is no closing order, or there is no position against it.
    """
    if not (call.params.flag("reduceOnly") and call.params.flag("closeOnTrigger")):
        raise errors.invalid("qty", LINEAR)
    which = (each.symbol, position_side(call))
    held = sum(one.size for one in call.account.every_position() if (one.symbol, one.side) == which)
    steps = held if side is Side.SELL else -held
    if steps <= 0:
        raise errors.of_reason(Reason.REDUCE_ONLY, LINEAR)
    return min(steps, each.max_market_steps)


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


def _of_contract(call: Call, each: Instrument, ticket: Ticket) -> Ticket:
    """With what only orders in contracts have. What closes on trigger may only reduce, too."""
    params = call.params
    trigger = _TRIGGERS.get(params.optional("triggerBy", "LastPrice"))
    if trigger is None:
        raise errors.invalid("triggerBy", LINEAR)
    attached = _attached(call, each, ticket)
    return replace(
        ticket,
        tag=tagged(ticket.tag, attached),
        reduce_only=params.flag("reduceOnly") or params.flag("closeOnTrigger"),
        position_side=position_side(call),
        trigger=trigger,
    )


def _attached(call: Call, each: Instrument, ticket: Ticket) -> Attached:
    """The stops that an order brings to its position, on the sides where they belong."""
    found = Attached(
        *(units(call, LINEAR, each, name) if name in call.params else 0 for name in ATTACHED)
    )
    base = ticket.price or call.place.exchange.books[each.symbol].last_price
    buys = ticket.side is Side.BUY
    for word, stop, above in (
        ("TakeProfit", found.take_profit, buys),
        ("StopLoss", found.stop_loss, not buys),
    ):
        if stop and not (stop > base if above else stop < base):
            side, where = "Buy" if buys else "Sell", "higher" if above else "lower"
            shown = f"{word}:{texts.price(each, stop)}"
            raise BybitError(
                10001, f"{shown} set for {side} position should be {where} than base_price"
            )
    return found


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
