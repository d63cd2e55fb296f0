"""What Bybit says when it refuses: a code and words, most of them within an HTTP 200.

Source: "Error Codes" in the documentation of the v5 API. Spot has its own codes from 170000 on,
contracts theirs from 110000 on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from trading_tools.venue.bybit.listing import LINEAR, SPOT
from trading_tools.venue.core.checks import rising
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import Reason, Rejected, Side, Ticket


class BybitError(Exception):
    """A refusal as it goes over the wire."""

    def __init__(
        self, code: int, msg: str, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{code}: {msg}")
        self.code = code
        self.msg = msg
        self.status = status
        self.headers = headers or {}

    def body(self, at: int) -> dict[str, Any]:
        """The JSON body."""
        return envelope(at, {}, code=self.code, msg=self.msg)


def envelope(
    at: int,
    result: Any,
    ext: Mapping[str, Any] | None = None,
    code: int = 0,
    msg: str = "OK",
) -> dict[str, Any]:
    """What every reply is wrapped in."""
    return {"retCode": code, "retMsg": msg, "result": result, "retExtInfo": ext or {}, "time": at}


_UNCHANGED: Final = "The order remains unchanged as the parameters entered match the existing ones."
_SPOT: Final[Mapping[Reason, tuple[int, str]]] = {
    Reason.PRICE: (170132, "Order price too high."),
    Reason.SIZE: (170136, "Order quantity exceeded lower limit."),
    Reason.MARKET_SIZE: (170135, "Order quantity exceeded upper limit."),
    Reason.NOTIONAL: (170140, "Order value exceeded lower limit."),
    Reason.PRICE_BAND: (170193, "Buy order price cannot be higher than the price limit."),
    Reason.OPEN_ORDERS: (
        170810,
        "Cannot exceed maximum of 500 conditional, TP/SL and active orders.",
    ),
    Reason.FUNDS: (170131, "Insufficient balance."),
    Reason.DUPLICATE: (170141, "Duplicate clientOrderId"),
    Reason.WOULD_MATCH: (170218, "The LIMIT-MAKER order is rejected due to invalid price."),
    Reason.WOULD_TRIGGER: (170130, "Data sent for paramter 'triggerPrice' is not valid."),
    Reason.UNKNOWN_ORDER: (170213, "Order does not exist."),
    Reason.UNCHANGED: (10001, _UNCHANGED),
}
_LINEAR: Final[Mapping[Reason, tuple[int, str]]] = {
    Reason.PRICE: (110003, "Order price exceeds the allowable range."),
    Reason.SIZE: (10001, "Qty invalid"),
    Reason.MARKET_SIZE: (10001, "Qty invalid"),
    Reason.NOTIONAL: (110094, "Order does not meet minimum order value 5USDT"),
    Reason.PRICE_BAND: (110003, "Order price exceeds the allowable range."),
    Reason.OPEN_ORDERS: (110020, "Not allowed to have more than 500 active orders"),
    Reason.FUNDS: (110007, "ab not enough for new order"),
    Reason.DUPLICATE: (110072, "OrderLinkedID is duplicate"),
    Reason.WOULD_MATCH: (170218, "The LIMIT-MAKER order is rejected due to invalid price."),
    Reason.WOULD_TRIGGER: (110092, "expect Rising, but trigger_price <= current"),
    Reason.UNKNOWN_ORDER: (110001, "order not exists or too late to cancel"),
    Reason.UNCHANGED: (10001, _UNCHANGED),
    Reason.MARGIN: (110007, "ab not enough for new order"),
    Reason.REDUCE_ONLY: (110017, "current position is zero, cannot fix reduce-only order qty"),
    Reason.POSITION_SIDE: (10001, "position idx not match position mode"),
    Reason.POSITION_LIMIT: (
        110090,
        "Order placement failed as your position may exceed the max limit.",
    ),
    Reason.POSITION_OPEN: (
        110024,
        "You have an existing position, so the position mode cannot be switched",
    ),
}
REASONS: Final[Mapping[str, Mapping[Reason, tuple[int, str]]]] = {SPOT: _SPOT, LINEAR: _LINEAR}
"""Codes and words for the core's refusals, by category."""


def refused(refusal: Rejected, category: str, ticket: Ticket, instrument: Instrument) -> BybitError:
    """The core's refusal of an order in Bybit's words."""
    if category == SPOT:
        if refusal.reason is Reason.SIZE and ticket.size > instrument.max_steps:
            return BybitError(*_SPOT[Reason.MARKET_SIZE])
        if refusal.reason is Reason.PRICE_BAND and ticket.side is Side.SELL:
            return BybitError(170194, "Sell order price cannot be lower than the price limit.")
        worth = (ticket.price or ticket.stop) * ticket.size * instrument.lot_value
        if refusal.reason is Reason.NOTIONAL and worth > instrument.max_worth:
            return BybitError(170124, "Order amount too large.")
    elif refusal.reason is Reason.WOULD_TRIGGER and not rising(ticket):
        return BybitError(110093, "expect Falling, but trigger_price >= current")
    return BybitError(*REASONS[category][refusal.reason])


def of_reason(reason: Reason, category: str) -> BybitError:
    """One of the core's reasons in a category's words."""
    return BybitError(*REASONS[category][reason])


def no_such_order(category: str) -> BybitError:
    """There is no open order of this id."""
    return BybitError(*REASONS.get(category, _LINEAR)[Reason.UNKNOWN_ORDER])


def too_fine(name: str, category: str) -> BybitError:
    """A price or size between two ticks or steps."""
    if category != SPOT:
        return invalid(name, category)
    return BybitError(*_TOO_FINE[name])


def invalid(name: str, category: str) -> BybitError:
    """A parameter of an order that cannot be read."""
    if category == SPOT:
        return BybitError(170130, f"Data sent for paramter '{name}' is not valid.")
    return BybitError(10001, f"{name[:1].upper()}{name[1:]} invalid")


def missing(name: str) -> BybitError:
    """A parameter that must be there is not, or is empty."""
    return BybitError(10001, f"params error: {name} is required")


def unreadable(name: str) -> BybitError:
    """A parameter of a query that is no number, or outside of its range."""
    return BybitError(10001, f"params error: {name} invalid")


_TOO_FINE: Final[Mapping[str, tuple[int, str]]] = {
    "price": (170134, "Order price has too many decimals."),
    "triggerPrice": (170134, "Order price has too many decimals."),
    "qty": (170137, "Order quantity has too many decimals."),
    "quote": (170148, "Market order amount has too many decimals."),
}

BAD_JSON: Final = (10001, "Request parameter error.")
BAD_CATEGORY: Final = (10001, "Illegal category")
BAD_SYMBOL: Final = (10001, "Not supported symbols")
NO_KEY: Final = (
    10001,
    "empty value: apiTimestamp[] apiKey[] apiSignature[]: openapi sign params error!",
)
UNKNOWN_KEY: Final = (10003, "API key is invalid.")
NO_ROUTE: Final = (10017, "Route not found.", 404)
TOO_MANY: Final = (10006, "Too many visits. Exceeded the API Rate Limit.")
"""Arguments of `BybitError` for refusals without a variable part."""
