"""What Binance says when it refuses: status, code and words.

Source: "Error codes for Binance" and "Filters" in the documentation of the spot API.
"""

from __future__ import annotations

from typing import Any, Final

from trading_tools.venue.core.orders import Reason, Rejected


class BinanceError(Exception):
    """A refusal as it goes over the wire."""

    def __init__(
        self,
        code: int,
        msg: str,
        status: int = 400,
        data: dict[str, Any] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(f"{code}: {msg}")
        self.code = code
        self.msg = msg
        self.status = status
        self.data = data
        self.retry_after_s = retry_after_s

    def body(self) -> dict[str, Any]:
        """The JSON body."""
        body: dict[str, Any] = {"code": self.code, "msg": self.msg}
        if self.data is not None:
            body["data"] = self.data
        return body


_FILTER = "Filter failure: "
_REASONS: Final[dict[Reason, tuple[int, str]]] = {
    Reason.PRICE: (-1013, _FILTER + "PRICE_FILTER"),
    Reason.SIZE: (-1013, _FILTER + "LOT_SIZE"),
    Reason.MARKET_SIZE: (-1013, _FILTER + "MARKET_LOT_SIZE"),
    Reason.NOTIONAL: (-1013, _FILTER + "NOTIONAL"),
    Reason.PRICE_BAND: (-1013, _FILTER + "PERCENT_PRICE_BY_SIDE"),
    Reason.OPEN_ORDERS: (-1013, _FILTER + "MAX_NUM_ORDERS"),
    Reason.FUNDS: (-2010, "Account has insufficient balance for requested action."),
    Reason.DUPLICATE: (-2010, "Duplicate order sent."),
    Reason.WOULD_MATCH: (-2010, "Order would immediately match and take."),
    Reason.WOULD_TRIGGER: (-2010, "Stop price would trigger immediately."),
    Reason.UNKNOWN_ORDER: (-2011, "Unknown order sent."),
}


def refused(refusal: Rejected) -> BinanceError:
    """The core's refusal in Binance's words."""
    return BinanceError(*_REASONS[refusal.reason])


def filter_failure(name: str) -> BinanceError:
    """An order breaks the filter `name`."""
    return BinanceError(-1013, _FILTER + name)


def missing(name: str) -> BinanceError:
    """A parameter that must be there is not, or is empty."""
    return BinanceError(
        -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )


def not_required(name: str) -> BinanceError:
    """A parameter that this kind of order does not take."""
    return BinanceError(-1106, f"Parameter '{name}' sent when not required.")


def illegal(name: str, pattern: str) -> BinanceError:
    """A parameter with characters that its pattern does not have."""
    return BinanceError(
        -1100, f"Illegal characters found in parameter '{name}'; legal range is '{pattern}'."
    )


def unread(read: int, sent: int) -> BinanceError:
    """There are parameters that the endpoint does not know."""
    return BinanceError(
        -1104,
        f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'.",
    )


BAD_SYMBOL: Final = (-1121, "Invalid symbol.")
NO_SUCH_ORDER: Final = (-2013, "Order does not exist.")
BAD_COMBINATION: Final = (-1128, "Combination of optional parameters invalid.")
BAD_KEY_FORMAT: Final = (-2014, "API-key format invalid.", 401)
UNKNOWN_KEY: Final = (-2015, "Invalid API-key, IP, or permissions for action.", 401)
BAD_SIGNATURE: Final = (-1022, "Signature for this request is not valid.")
"""Arguments of `BinanceError` for refusals without a variable part."""
