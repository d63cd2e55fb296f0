"""How Bybit says that it fails or refuses as a whole: limits, bans, firewall, gateways, clock.

Source: "Error Codes" and "Rate Limit Rules" in the documentation of the v5 API.
"""

from __future__ import annotations

from typing import Final

from trading_tools.venue.bybit import errors
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.bybit.listing import SPOT
from trading_tools.venue.bybit.rest import refusal, shut_out
from trading_tools.venue.core.orders import Reason
from trading_tools.venue.wire.messages import Reply, Trouble

_CLOCK = "invalid request, please check your server timestamp or recv_window param."
_ERRORS: Final[dict[Trouble, tuple[int, str, int]]] = {
    Trouble.RATE_LIMITED: (*errors.TOO_MANY, 200),
    Trouble.MAINTENANCE: (10016, "Service is restarting, please try again later.", 200),
    Trouble.OVERLOADED: (10000, "Server Timeout", 200),
    Trouble.BAD_CLOCK: (10002, _CLOCK, 200),
    Trouble.BAD_NONCE: (10002, _CLOCK, 200),
    Trouble.NO_SUCH_ORDER: (*errors.REASONS[SPOT][Reason.UNKNOWN_ORDER], 200),
}
_PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
_PAGES: Final = {
    Trouble.FIREWALL: (403, "403 Forbidden"),
    Trouble.BAD_GATEWAY: (502, "502 Bad Gateway"),
}


def trouble(kind: Trouble, at: int, retry_after_s: int | None) -> Reply:
    """The reply. Bybit has no Retry-After: `retry_after_s` is when the limit's header says so."""
    if kind is Trouble.BANNED:
        return shut_out()
    if kind in _PAGES:
        status, title = _PAGES[kind]
        return Reply(status, _PAGE.format(title=title).encode(), "text/html")
    code, msg, status = _ERRORS[kind]
    reply = refusal(BybitError(code, msg, status), at)
    if kind is not Trouble.RATE_LIMITED:
        return reply
    headers = {
        "X-Bapi-Limit": "10",
        "X-Bapi-Limit-Status": "0",
        "X-Bapi-Limit-Reset-Timestamp": str(at + 1_000 * (retry_after_s or 1)),
    }
    return Reply(reply.status, reply.body, headers=headers, code=reply.code)
