"""How Binance says that it fails or refuses as a whole: limits, bans, firewall, gateways, clock.

Source: "HTTP Return Codes", "IP Limits" and "Error codes" in the documentation of the spot API.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from trading_tools.venue.binance.errors import NO_SUCH_ORDER, BinanceError
from trading_tools.venue.binance.rest import refusal
from trading_tools.venue.wire.messages import Reply, Trouble

_ERRORS: Final = {
    Trouble.RATE_LIMITED: (-1003, "Too many requests; current limit is reached.", 429),
    Trouble.BANNED: (-1003, "Way too many requests; IP banned until {until}.", 418),
    Trouble.MAINTENANCE: (-1016, "This service is no longer available.", 503),
    Trouble.OVERLOADED: (
        -1008,
        "Unknown error, please check your request or try again later.",
        503,
    ),
    Trouble.BAD_CLOCK: (-1021, "Timestamp for this request is outside of the recvWindow.", 400),
    Trouble.BAD_NONCE: (-1021, "Timestamp for this request is outside of the recvWindow.", 400),
    Trouble.NO_SUCH_ORDER: (*NO_SUCH_ORDER, 400),
}
USDM: Final = {
    Trouble.OVERLOADED: (
        -1000,  # -1008 says on USD-M that the request was not carried out
        "Unknown error, please check your request or try again later.",
        503,
    ),
}
"""What USD-M says otherwise."""
_PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
_PAGES: Final = {
    Trouble.FIREWALL: (403, "403 Forbidden"),
    Trouble.BAD_GATEWAY: (502, "502 Bad Gateway"),
}


def trouble(
    kind: Trouble,
    at: int,
    retry_after_s: int | None,
    own: Mapping[Trouble, tuple[int, str, int]] = MappingProxyType({}),
) -> Reply:
    """The reply; `retry_after_s` goes into the header and the ban's end.

    `own` is what a product says other than spot.
    """
    if kind in _PAGES:
        status, title = _PAGES[kind]
        return Reply(status, _PAGE.format(title=title).encode(), "text/html")
    code, msg, status = own.get(kind) or _ERRORS[kind]
    until = at + 1_000 * (retry_after_s or 0)
    return refusal(BinanceError(code, msg.format(until=until), status, retry_after_s=retry_after_s))
