"""Weights, order counts, warnings and bans, as the headers and statuses tell them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.support.venues import Clock, Wire, keys, point_at, serving, spot
from trading_tools.venue.binance.limits import Rules


@pytest.fixture
async def strict(clock: Clock) -> AsyncIterator[Wire]:
    rules = Rules(weight_1m=50, orders_10s=3, orders_1d=5, connections_5m=2, patience=2)
    venue = spot(clock=clock, rules=rules)
    async with serving(venue) as server:
        async with aiohttp.ClientSession() as session:
            yield Wire(session, server, venue)


async def test_each_reply_says_how_much_weight_is_used(wire: Wire, clock: Clock) -> None:
    _, _, headers = await wire.send("GET", "/api/v3/time")
    assert headers["X-MBX-USED-WEIGHT-1M"] == "1"
    _, _, headers = await wire.send("GET", "/api/v3/depth", "symbol=BTCUSDT&limit=1000")
    assert headers["X-MBX-USED-WEIGHT-1M"] == "51"
    clock.now += 60_000
    _, _, headers = await wire.send("GET", "/api/v3/time")
    assert headers["X-MBX-USED-WEIGHT-1M"] == "1"


async def test_an_orders_reply_says_how_many_were_placed(wire: Wire) -> None:
    await wire.order()
    _, _, headers = await wire.order()
    assert headers["X-MBX-ORDER-COUNT-10S"] == "2"
    assert headers["X-MBX-ORDER-COUNT-1D"] == "2"
    _, _, headers = await wire.order(quantity="3")
    assert headers["X-MBX-ORDER-COUNT-10S"] == "2"


async def test_too_many_orders_are_refused_until_the_window_is_over(
    strict: Wire, clock: Clock
) -> None:
    for _ in range(3):
        assert (await strict.order())[0] == 200
    status, told, headers = await strict.order()
    assert (status, told["code"]) == (429, -1015)
    assert told["msg"] == "Too many new orders; current limit is 3 orders per 10 SECOND."
    clock.now += 1000 * int(headers["Retry-After"])
    assert (await strict.order())[0] == 200
    assert len(strict.venue.ledger.of("order.accepted")) == 4
    assert [entry.body["limit"] for entry in strict.venue.ledger.of("limit.hit")] == ["429"]


async def test_who_goes_on_after_429_is_banned_and_longer_the_next_time(
    strict: Wire, clock: Clock
) -> None:
    async def ask() -> tuple[int, int]:
        status, _, headers = await strict.send("GET", "/api/v3/exchangeInfo")
        return status, int(headers.get("Retry-After", 0))

    assert [(await ask())[0] for _ in range(5)] == [200, 200, 429, 429, 418]
    status, wait_s = await ask()
    assert (status, wait_s) == (418, 120)
    clock.now += 60_000
    assert await ask() == (418, 60)
    clock.now += 60_000
    assert [(await ask())[0] for _ in range(5)] == [200, 200, 429, 429, 418]
    assert await ask() == (418, 240)
    assert len(strict.venue.ledger.of("limit.hit")) == 9


async def test_who_waits_after_429_is_not_banned(strict: Wire, clock: Clock) -> None:
    for _ in range(5):
        statuses = []
        for _ in range(3):
            status, told, headers = await strict.send("GET", "/api/v3/exchangeInfo")
            statuses.append(status)
        assert statuses == [200, 200, 429]
        assert told["code"] == -1003
        clock.now += 1000 * int(headers["Retry-After"])


async def test_ccxt_raises_ddos_protection_for_429_and_418(strict: Wire, clock: Clock) -> None:
    import ccxt.async_support

    client = point_at(ccxt.async_support.binance(keys(strict.venue)), strict.server.port)
    seen = []
    try:
        for _ in range(5):
            await strict.send("GET", "/api/v3/exchangeInfo")
        for _ in range(2):
            with pytest.raises(ccxt.async_support.DDoSProtection) as raised:
                await client.fetch_time()
            seen.append(str(raised.value)[:11])
    finally:
        await client.close()
    assert seen == ["binance 418", "binance 418"]


async def test_ccxt_raises_ddos_protection_for_too_many_orders(strict: Wire, clock: Clock) -> None:
    import ccxt.async_support

    client = point_at(ccxt.async_support.binance(keys(strict.venue)), strict.server.port)
    client.nonce = lambda: clock.now
    for _ in range(3):
        await strict.order()
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    try:
        with pytest.raises(ccxt.async_support.DDoSProtection, match="-1015"):
            await client.private_post_order({**order, "quantity": "0.01", "price": "50000"})
    finally:
        await client.close()


async def test_connections_are_counted(strict: Wire) -> None:
    url = f"{strict.server.base_url}/ws"
    for _ in range(2):
        await (await strict.session.ws_connect(url)).close()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await strict.session.ws_connect(url)
    assert refusal.value.status == 429


async def test_the_limits_that_are_told_are_those_in_force(strict: Wire) -> None:
    _, told, _ = await strict.send("GET", "/api/v3/exchangeInfo")
    assert [limit["limit"] for limit in told["rateLimits"]] == [50, 3, 5]
