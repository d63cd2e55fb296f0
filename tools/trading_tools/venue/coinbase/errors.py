"""What Coinbase says when it refuses: statuses, codes and words.

Three shapes: the gateway's `error`, the older API's list `errors`, and an order's `error_response`
inside a 200. Source: the reference of Advanced Trade ("Create Order", "Edit Order", "Cancel
Orders") and the error documentation of the v2 API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from trading_tools.venue.core.checks import rising
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import Reason, Ticket
from trading_tools.venue.wire.messages import Reply, compact


class CoinbaseError(Exception):
    """A refusal as it goes over the wire. `body` is text or what becomes JSON."""

    def __init__(self, status: int, code: str, body: str | Mapping[str, Any]) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.body = body

    def reply(self, headers: Mapping[str, str] | None = None) -> Reply:
        """The refusal as HTTP has it."""
        if isinstance(self.body, str):
            return Reply(self.status, self.body.encode(), "text/plain", headers or {}, self.code)
        body = compact(self.body).encode()
        return Reply(self.status, body, headers=headers or {}, code=self.code)


def gateway_error(status: int, code: str, words: str) -> CoinbaseError:
    """A refusal of the v3 API."""
    return CoinbaseError(status, code, {"error": code, "error_details": words, "message": words})


def listed_error(status: int, code: str, words: str) -> CoinbaseError:
    """A refusal of the v2 API, and of the limits of both."""
    return CoinbaseError(status, code, {"errors": [{"id": code, "message": words}]})


def invalid(words: str) -> CoinbaseError:
    """A parameter that is missing or not understood."""
    return gateway_error(400, "INVALID_ARGUMENT", words)


def unauthorized() -> CoinbaseError:
    """A token or key that is not accepted; the v3 API does not say why."""
    return CoinbaseError(401, "Unauthorized", "Unauthorized\n")


def rate_limited() -> CoinbaseError:
    """Too many requests."""
    return listed_error(429, "rate_limit_exceeded", "Too many requests")


def no_such_product() -> CoinbaseError:
    """A product that is not listed."""
    return gateway_error(404, "NOT_FOUND", "valid product_id is required")


def no_such_order() -> CoinbaseError:
    """An order that this account never had."""
    return gateway_error(404, "NOT_FOUND", "order with this orderID was not found")


class Failure(NamedTuple):
    """Why an order is not taken: the reason, the preview's name of it, and words for a person."""

    error: str
    preview: str
    words: str = ""


class OrderRefused(Exception):
    """An order that is answered with a failure inside a 200."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.error)
        self.failure = failure


_UNKNOWN = "UNKNOWN_FAILURE_REASON"
INVALID_SIDE: Final = Failure("INVALID_SIDE", "PREVIEW_INVALID_SIDE", "side must be BUY or SELL")
INVALID_PRODUCT: Final = Failure(
    "INVALID_PRODUCT_ID", "PREVIEW_INVALID_PRODUCT_ID", "valid product_id is required"
)
UNSUPPORTED: Final = Failure(
    "UNSUPPORTED_ORDER_CONFIGURATION",
    "PREVIEW_INVALID_ORDER_CONFIG",
    "source is not enabled for trading",
)
SIZE_PRECISION: Final = Failure(
    "INVALID_SIZE_PRECISION", "PREVIEW_INVALID_SIZE_PRECISION", "Too many decimals in order amount"
)
PRICE_PRECISION: Final = Failure(
    "INVALID_PRICE_PRECISION", "PREVIEW_INVALID_PRICE_PRECISION", "Too many decimals in order price"
)
QUOTE_PRECISION: Final = Failure(
    "INVALID_SIZE_PRECISION",
    "PREVIEW_INVALID_QUOTE_SIZE_PRECISION",
    "Too many decimals in order amount",
)
BAD_STOP_PRICE: Final = Failure(_UNKNOWN, "PREVIEW_INVALID_STOP_PRICE")
_BASE_TOO_SMALL = Failure(_UNKNOWN, "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL")
_BASE_TOO_LARGE = Failure(_UNKNOWN, "PREVIEW_INVALID_BASE_SIZE_TOO_LARGE")
_QUOTE_TOO_SMALL = Failure(_UNKNOWN, "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL")
_QUOTE_TOO_LARGE = Failure(_UNKNOWN, "PREVIEW_INVALID_QUOTE_SIZE_TOO_LARGE")
_REASONS: Final[dict[Reason, Failure]] = {
    Reason.PRICE: Failure(
        "INVALID_LIMIT_PRICE", "PREVIEW_INVALID_LIMIT_PRICE", "limit price is out of range"
    ),
    Reason.MARKET_SIZE: _BASE_TOO_LARGE,
    Reason.PRICE_BAND: Failure(_UNKNOWN, "PREVIEW_LIMIT_PRICE_TOO_FAR_FROM_MARKET"),
    Reason.OPEN_ORDERS: Failure(
        "COMMANDER_REJECTED_NEW_ORDER", "UNKNOWN_PREVIEW_FAILURE_REASON", "TOO_MANY_OPEN_ORDERS"
    ),
    Reason.FUNDS: Failure(
        "INSUFFICIENT_FUND", "PREVIEW_INSUFFICIENT_FUND", "Insufficient balance in source account"
    ),
    Reason.WOULD_MATCH: Failure(
        "INVALID_LIMIT_PRICE_POST_ONLY", "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY"
    ),
}


def failure(reason: Reason, ticket: Ticket, each: Instrument) -> Failure:
    """The core's refusal of a ticket in Coinbase's words.

    A reason that depends on a side or a bound has two names here.
    """
    if reason is Reason.PRICE and 0 < ticket.price <= each.max_ticks:
        return PRICE_PRECISION
    if reason is Reason.SIZE:
        return _BASE_TOO_SMALL if ticket.size < each.min_steps else _BASE_TOO_LARGE
    if reason is Reason.NOTIONAL:
        worth = ticket.quote_size or ticket.price * ticket.size * each.lot_value
        return _QUOTE_TOO_LARGE if worth > each.max_worth else _QUOTE_TOO_SMALL
    if reason is Reason.WOULD_TRIGGER:
        where = "BELOW" if rising(ticket) else "ABOVE"
        return Failure(_UNKNOWN, f"PREVIEW_STOP_PRICE_{where}_LAST_TRADE_PRICE")
    return _REASONS.get(reason, Failure(_UNKNOWN, "UNKNOWN_PREVIEW_FAILURE_REASON"))


def error_response(why: Failure) -> dict[str, str]:
    """A failure as the reply to an order has it."""
    return {
        "error": why.error,
        "message": why.words,
        "error_details": "",
        "preview_failure_reason": why.preview,
        "new_order_failure_reason": why.error,
    }
