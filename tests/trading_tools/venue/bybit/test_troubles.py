"""How the venue fails as a whole, and what ccxt makes of it."""

from __future__ import annotations

import json

import pytest

from tests.support.bybit_venue import SMALL, bybit
from tests.support.venues import Clock
from trading_tools.venue.bybit.adapter import Bybit
from trading_tools.venue.wire.messages import Trouble

EXPECTED = {
    Trouble.RATE_LIMITED: "RateLimitExceeded",
    Trouble.BANNED: "RateLimitExceeded",
    Trouble.FIREWALL: "RateLimitExceeded",
    Trouble.MAINTENANCE: "ExchangeError",
    Trouble.OVERLOADED: "ExchangeError",
    Trouble.BAD_GATEWAY: "ExchangeNotAvailable",
    Trouble.BAD_CLOCK: "InvalidNonce",
    Trouble.BAD_NONCE: "InvalidNonce",
    Trouble.NO_SUCH_ORDER: "OrderNotFound",
}


@pytest.mark.parametrize("kind", list(Trouble))
def test_each_trouble_is_told_in_the_venues_words_and_has_its_class_in_ccxt(kind: Trouble) -> None:
    import ccxt

    reply = Bybit(bybit(clock=Clock(), instruments=SMALL)).trouble(kind, 1_800_000_000_000, 3)
    client = ccxt.bybit()
    text = reply.body.decode()
    told = json.loads(text) if reply.content_type == "application/json" else None

    def received() -> None:
        """What ccxt does with a reply: its body first, then its status."""
        client.handle_errors(reply.status, "", "", "POST", {}, text, told, {}, "")
        client.handle_http_status_code(reply.status, "", "", "POST", text)

    with pytest.raises(ccxt.BaseError) as failure:
        received()
    assert type(failure.value).__name__ == EXPECTED[kind]
