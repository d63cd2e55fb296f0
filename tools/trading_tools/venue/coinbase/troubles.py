"""How Coinbase says that it fails or refuses as a whole: limits, firewall, gateways, clock.

Source: the error documentation of the v2 API, "REST API rate limits", and what clients report of
the content delivery network in front.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from trading_tools.venue.coinbase.errors import (
    gateway_error,
    no_such_order,
    rate_limited,
    unauthorized,
)
from trading_tools.venue.wire.messages import Reply, Trouble

_REPLIES: Final = {
    Trouble.RATE_LIMITED: rate_limited(),
    Trouble.MAINTENANCE: gateway_error(
        503, "UNAVAILABLE", "We are temporarily offline for maintenance"
    ),
    Trouble.OVERLOADED: gateway_error(500, "INTERNAL", "Something went wrong"),
    Trouble.BAD_CLOCK: unauthorized(),
    Trouble.BAD_NONCE: unauthorized(),
    Trouble.NO_SUCH_ORDER: no_such_order(),
}
_PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
_PAGES: Final = {
    Trouble.BANNED: (403, "Access denied: error code 1015, you are being rate limited"),
    Trouble.FIREWALL: (403, "Access denied: error code 1020"),
    Trouble.BAD_GATEWAY: (502, "502 Bad Gateway"),
}


def trouble(kind: Trouble, retry_after_s: int | None) -> Reply:
    """The reply; `retry_after_s` goes into the header."""
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    if kind in _PAGES:
        status, title = _PAGES[kind]
        return Reply(status, _PAGE.format(title=title).encode(), "text/html", headers)
    return replace(_REPLIES[kind].reply(), headers=headers)
