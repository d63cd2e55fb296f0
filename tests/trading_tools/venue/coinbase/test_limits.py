"""Limits and troubles: how Coinbase says that it has had enough, or is not well."""

from __future__ import annotations

import aiohttp
import pytest

from tests.support.coinbase_venue import V3, Wire, coinbase, serving
from tests.support.venues import Clock, keys, point_at
from trading_tools.venue.coinbase.adapter import Coinbase
from trading_tools.venue.coinbase.limits import Rules
from trading_tools.venue.wire.interference import Interference, Request
from trading_tools.venue.wire.messages import Operation, Reply, Trouble
from trading_tools.venue.wire.server import VenueServer


async def test_each_budget_is_counted_by_itself_and_comes_back(clock: Clock) -> None:
    place = coinbase(clock=clock, rules=Rules(private_1s=2, public_1s=3, v2_1h=4))
    async with serving(place) as server, aiohttp.ClientSession() as session:
        wire = Wire(session, server, place)
        paths = (f"{V3}/time", 3), ("/v2/time", 4)
        for path, most in paths:
            statuses = [(await wire.send("GET", path))[0] for _ in range(most + 1)]
            assert statuses == [200] * most + [429], path
        replies = [await wire.signed("GET", f"{V3}/accounts") for _ in range(3)]
        assert [status for status, _, _ in replies] == [200, 200, 429]
        error = {"id": "rate_limit_exceeded", "message": "Too many requests"}
        assert replies[-1][1] == {"errors": [error]}
        clock.now += 1_000
        assert (await wire.send("GET", f"{V3}/time"))[0] == 200
        assert (await wire.signed("GET", f"{V3}/accounts"))[0] == 200
        assert (await wire.send("GET", "/v2/time"))[0] == 429
        clock.now += 3_600_000
        assert (await wire.send("GET", "/v2/time"))[0] == 200
    assert len(place.ledger.of("limit.hit")) == 4


class _Troubled(Interference):
    """Answers each order with the trouble of the moment."""

    def __init__(self) -> None:
        self.kind = Trouble.RATE_LIMITED

    async def before(self, request: Request) -> Reply | None:
        if request.seen.operation is not Operation.PLACE:
            return None
        return request.venue.trouble(self.kind, request.at, 7)


async def test_troubles_become_the_exceptions_that_the_real_venue_leads_to() -> None:
    import ccxt.async_support

    place, troubled = coinbase(), _Troubled()
    async with VenueServer([Coinbase(place)], interference=troubled) as server:
        client = point_at(ccxt.async_support.coinbase(keys(place)), server.port)
        try:
            await client.load_markets()
            for kind, error, words in (
                (Trouble.RATE_LIMITED, ccxt.RateLimitExceeded, "rate_limit_exceeded"),
                (Trouble.BANNED, ccxt.ExchangeNotAvailable, "1015"),
                (Trouble.FIREWALL, ccxt.ExchangeNotAvailable, "1020"),
                (Trouble.BAD_GATEWAY, ccxt.ExchangeNotAvailable, "502"),
                (Trouble.MAINTENANCE, ccxt.ExchangeError, "maintenance"),
                (Trouble.OVERLOADED, ccxt.ExchangeError, "INTERNAL"),
                (Trouble.BAD_CLOCK, ccxt.AuthenticationError, "Unauthorized"),
                (Trouble.BAD_NONCE, ccxt.AuthenticationError, "Unauthorized"),
                (Trouble.NO_SUCH_ORDER, ccxt.ExchangeError, "NOT_FOUND"),
            ):
                troubled.kind = kind
                with pytest.raises(error, match=words) as raised:
                    await client.create_order("BTC/USD", "limit", "buy", 0.01, 50_000)
                assert raised.type is error, kind
                assert client.last_response_headers["Retry-After"] == "7"
        finally:
            await client.close()
    assert not place.ledger.of("order.accepted")
