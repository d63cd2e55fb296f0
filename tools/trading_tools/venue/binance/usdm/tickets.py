"""A request for an order as a ticket: which parameters each type takes, and their words."""

from __future__ import annotations

from typing import Final

from trading_tools.venue.binance.call import Call
from trading_tools.venue.binance.errors import BinanceError, not_required
from trading_tools.venue.binance.params import CLIENT_ID
from trading_tools.venue.binance.usdm.errors import (
    NOT_THIS_TYPE,
    REDUCE_ONLY_IN_HEDGE,
    precision,
)
from trading_tools.venue.binance.usdm.forms import STOP_KINDS
from trading_tools.venue.core.contracts import PositionSide, Trigger
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import PRICED, Kind, Side, Ticket, TimeInForce

_FORCES: Final = {"GTC", "IOC", "FOK", "GTX"}
_ALGO_TYPES: Final = {*STOP_KINDS, "TRAILING_STOP_MARKET"}


def plain(call: Call) -> Ticket:
    """Read a new order that works at once.

    Raises:
        BinanceError: the first parameter that is not in order.
    """
    params, instrument = call.params, call.instrument()
    named = params.text("type")
    if named in _ALGO_TYPES:
        raise BinanceError(*NOT_THIS_TYPE)
    if named not in {"LIMIT", "MARKET"}:
        raise BinanceError(-1116, "Invalid orderType.")
    force = _force(call) if named == "LIMIT" else "GTC"
    if named == "MARKET":
        for name in ("price", "timeInForce"):
            if name in params:
                raise not_required(name)
    kind = Kind.MARKET if named == "MARKET" else Kind.LIMIT
    return Ticket(
        symbol=instrument.symbol,
        side=side(call),
        kind=Kind.LIMIT_MAKER if force == "GTX" else kind,
        size=quantity(call, instrument),
        price=price(call, "price", instrument) if named == "LIMIT" else 0,
        time_in_force=TimeInForce.GTC if force == "GTX" else TimeInForce(force),
        client_order_id=_client_id(call, "newClientOrderId"),
        reduce_only=_reduce_only(call),
        position_side=_position_side(call),
    )


def conditional(call: Call) -> Ticket:
    """Read a new order that waits for its trigger price.

    Raises:
        BinanceError: the first parameter that is not in order.
    """
    params, instrument = call.params, call.instrument()
    if params.text("algoType") != "CONDITIONAL":
        raise BinanceError(-1102, "Mandatory parameter 'algoType' was malformed.")
    kind = STOP_KINDS.get(params.text("type"))
    if kind is None:
        raise BinanceError(-1116, "Invalid orderType.")
    closes = params.flag("closePosition")
    if closes and ("quantity" in params or params.flag("reduceOnly") or kind in PRICED):
        raise BinanceError(-4136, "Target strategy invalid for orderType or closePosition")
    force = _force(call) if kind in PRICED and "timeInForce" in params else "GTC"
    return Ticket(
        symbol=instrument.symbol,
        side=side(call),
        kind=kind,
        size=0 if closes else quantity(call, instrument),
        price=price(call, "price", instrument) if kind in PRICED else 0,
        stop=price(call, "triggerPrice", instrument),
        time_in_force=TimeInForce.GTC if force == "GTX" else TimeInForce(force),
        client_order_id=_client_id(call, "clientAlgoId"),
        reduce_only=_reduce_only(call),
        position_side=_position_side(call),
        close_position=closes,
        trigger=_trigger(call),
    )


def side(call: Call) -> Side:
    """Which side the order is on.

    Raises:
        BinanceError: -1117.
    """
    return call.params.choice("side", Side, -1117, "Invalid side.")


def quantity(call: Call, instrument: Instrument) -> int:
    """The size in steps.

    Raises:
        BinanceError: -4003 for nothing, -1111 for a finer one.
    """
    amount = call.params.amount("quantity")
    if not amount:
        raise BinanceError(-4003, "Quantity less than or equal to zero.")
    steps, rest = divmod(amount, instrument.step_atoms)
    if rest:
        raise precision()
    return steps


def price(call: Call, name: str, instrument: Instrument) -> int:
    """A price in ticks.

    Raises:
        BinanceError: -4001 for nothing, -4014 for one between two ticks.
    """
    amount = call.params.amount(name)
    if not amount:
        raise BinanceError(-4001, "Price less than 0.")
    ticks, rest = divmod(amount, instrument.tick_atoms)
    if rest:
        raise BinanceError(-4014, "Price not increased by tick size.")
    return ticks


def _force(call: Call) -> str:
    force = call.params.text("timeInForce")
    if force not in _FORCES:
        raise BinanceError(-1115, "Invalid timeInForce.")
    return force


def _client_id(call: Call, name: str) -> str:
    if name not in call.params:
        return call.venue.made_id()
    value = call.params.text(name)
    if len(value) > 36:
        raise BinanceError(-4015, "Client order id length should not be more than 36 chars")
    return call.params.matching(name, CLIENT_ID.replace("a-zA-Z0-9-_", r".A-Z:/a-z0-9_-"))


def _reduce_only(call: Call) -> bool:
    wanted = call.params.flag("reduceOnly")
    if wanted and call.account.hedge:
        raise BinanceError(*REDUCE_ONLY_IN_HEDGE)
    return wanted


def _position_side(call: Call) -> PositionSide:
    if "positionSide" not in call.params:
        return PositionSide.BOTH
    return call.params.choice("positionSide", PositionSide, -4060, "Invalid position side.")


def _trigger(call: Call) -> Trigger:
    named = call.params.text("workingType") if "workingType" in call.params else "CONTRACT_PRICE"
    if named not in {"CONTRACT_PRICE", "MARK_PRICE"}:
        raise BinanceError(-4054, "Invalid working type.")
    return Trigger.MARK if named == "MARK_PRICE" else Trigger.LAST
