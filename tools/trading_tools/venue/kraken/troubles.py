"""How Kraken says that it fails or refuses as a whole: limits, lockouts, outages, gateways.

Source: "Error messages" in the documentation of the spot API; the pages are Cloudflare's, which
stands in front of it.
"""

from __future__ import annotations

from typing import Final

from trading_tools.venue.kraken.errors import LOCKOUT, UNKNOWN_ORDER, KrakenError
from trading_tools.venue.kraken.rest import refusal
from trading_tools.venue.wire.messages import Reply, Trouble

_WORDS: Final = {
    Trouble.RATE_LIMITED: "EAPI:Rate limit exceeded",
    Trouble.BANNED: LOCKOUT,
    Trouble.MAINTENANCE: "EService:Unavailable",
    Trouble.OVERLOADED: "EService:Busy",
    Trouble.BAD_CLOCK: "EAPI:Invalid nonce",
    Trouble.BAD_NONCE: "EAPI:Invalid nonce",
    Trouble.NO_SUCH_ORDER: UNKNOWN_ORDER,
}
_PAGE = (
    "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1>"
    "<p>cloudflare</p></body></html>"
)
_PAGES: Final = {
    Trouble.FIREWALL: (403, "403 Forbidden"),
    Trouble.BAD_GATEWAY: (520, "520 Web server is returning an unknown error"),
}


def trouble(kind: Trouble, retry_after_s: int | None) -> Reply:
    """The reply. Kraken sends no `Retry-After`, but the gateway in front of it may."""
    if kind not in _PAGES:
        return refusal(KrakenError(_WORDS[kind]))
    status, title = _PAGES[kind]
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return Reply(status, _PAGE.format(title=title).encode(), "text/html", headers, str(status))
