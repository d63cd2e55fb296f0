"""A request for an order as a ticket: what each configuration holds, and in which increments.

Source: "Create Order" in the reference of Advanced Trade. Brackets, TWAP, scaled orders and orders
attached to another are not offered here and are refused as a configuration that the venue does not
support.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from trading_tools.venue.coinbase.call import Call
from trading_tools.venue.coinbase.errors import (
    BAD_STOP_PRICE,
    INVALID_PRODUCT,
    INVALID_SIDE,
    PRICE_PRECISION,
    QUOTE_PRECISION,
    SIZE_PRECISION,
    UNSUPPORTED,
    Failure,
    OrderRefused,
    invalid,
)
from trading_tools.venue.coinbase.params import Params
from trading_tools.venue.coinbase.sent import Sent
from trading_tools.venue.core.instruments import ATOMS, Instrument
from trading_tools.venue.core.orders import Kind, Side, Ticket, TimeInForce

_MILLION = 1_000_000
_FORCES: Final = {
    "gtc": TimeInForce.GTC,
    "gtd": TimeInForce.GTC,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
}
_MARKETS: Final = frozenset({"market_market_ioc", "market_market_fok"})
_LIMITS: Final = frozenset(
    {"limit_limit_gtc", "limit_limit_gtd", "limit_limit_fok", "sor_limit_ioc"}
)
_STOPS: Final = frozenset({"stop_limit_stop_limit_gtc", "stop_limit_stop_limit_gtd"})
_DIRECTIONS: Final = {
    ("STOP_DIRECTION_STOP_UP", Side.BUY): Kind.STOP_LOSS_LIMIT,
    ("STOP_DIRECTION_STOP_UP", Side.SELL): Kind.TAKE_PROFIT_LIMIT,
    ("STOP_DIRECTION_STOP_DOWN", Side.BUY): Kind.TAKE_PROFIT_LIMIT,
    ("STOP_DIRECTION_STOP_DOWN", Side.SELL): Kind.STOP_LOSS_LIMIT,
}


@dataclass(frozen=True)
class Wanted:
    """A new order: the ticket, its product, and how it was asked for. `ends_ms` is a GTD's end."""

    ticket: Ticket
    each: Instrument
    sent: Sent
    ends_ms: int | None = None


def wanted(call: Call, client_order_id: str) -> Wanted:
    """Read a new order.

    Raises:
        CoinbaseError: the request is malformed.
        OrderRefused: it is not, but the order cannot be taken.
    """
    sent = configuration(call.params)
    each = call.place.instruments.get(call.params.text("product_id"))
    if each is None:
        raise OrderRefused(INVALID_PRODUCT)
    side = call.params.text("side")
    if side not in {"BUY", "SELL"}:
        raise OrderRefused(INVALID_SIDE)
    values = Params(sent.values)
    kind, size, quote_size, price, stop = Kind.MARKET, 0, 0, 0, 0
    if sent.name in _MARKETS:
        if ("base_size" in values) is ("quote_size" in values):
            raise invalid("Market orders cannot be placed with empty order sizes")
        if "quote_size" in values:
            gross = quote_atoms(values, each)
            # The quote size pays for the fee too, so that less is left to trade with.
            quote_size = gross * _MILLION // (_MILLION + call.account.taker_fee_ppm)
        else:
            size = steps(values, "base_size", each)
    else:
        size, price = steps(values, "base_size", each), ticks(values, "limit_price", each)
        kind = Kind.LIMIT_MAKER if values.flag("post_only") else Kind.LIMIT
    if sent.name in _STOPS:
        stop = ticks(values, "stop_price", each)
        direction = values.text("stop_direction")
        if not 0 < stop <= each.max_ticks or (direction, Side(side)) not in _DIRECTIONS:
            raise OrderRefused(BAD_STOP_PRICE)
        kind = _DIRECTIONS[direction, Side(side)]
    ticket = Ticket(
        each.symbol,
        Side(side),
        kind,
        size,
        price,
        stop,
        _FORCES[sent.name[-3:]],
        quote_size,
        client_order_id,
    )
    return Wanted(ticket, each, sent, _end(call, sent, values))


def configuration(params: Params) -> Sent:
    """The one configuration of a request, with the values that it gives.

    Raises:
        CoinbaseError: there is none, or several.
        OrderRefused: it is one that is not offered.
    """
    found = params.raw("order_configuration")
    if not isinstance(found, dict) or len(found) != 1:
        raise invalid("order_configuration must hold one configuration")
    ((name, values),) = found.items()
    if name not in _MARKETS | _LIMITS | _STOPS or "attached_order_configuration" in params:
        raise OrderRefused(UNSUPPORTED)
    if not isinstance(values, dict):
        raise invalid(f"{name} must be an object")
    return Sent(name, dict(values))


def steps(values: Params, name: str, each: Instrument) -> int:
    """A size in steps.

    Raises:
        OrderRefused: it is finer than the product's increment.
    """
    return _parts(values, name, each.step_atoms, SIZE_PRECISION)


def ticks(values: Params, name: str, each: Instrument) -> int:
    """A price in ticks.

    Raises:
        OrderRefused: it is finer than the product's increment.
    """
    return _parts(values, name, each.tick_atoms, PRICE_PRECISION)


def quote_atoms(values: Params, each: Instrument) -> int:
    """A quote size in atoms.

    Raises:
        OrderRefused: it is finer than the quote's increment.
    """
    return _parts(values, "quote_size", each.tick_atoms, QUOTE_PRECISION) * each.tick_atoms


def _parts(values: Params, name: str, part: int, why: Failure) -> int:
    atoms = values.decimal(name) * ATOMS
    if atoms != int(atoms) or int(atoms) % part:
        raise OrderRefused(why)
    return int(atoms) // part


def _end(call: Call, sent: Sent, values: Params) -> int | None:
    if not sent.name.endswith("gtd"):
        return None
    ends = values.moment("end_time")
    if ends is None:
        raise invalid("end_time is required")
    if ends <= call.at:
        raise invalid("end_time must be in the future")
    return ends
