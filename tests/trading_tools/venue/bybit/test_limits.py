"""Requests of an account each second, of an address in five seconds, and what comes after."""

from __future__ import annotations

import aiohttp
import pytest

from tests.support.bybit_venue import SMALL, BybitWire, bybit, serving_bybit
from tests.support.venues import Clock
from trading_tools.venue.bybit.limits import Rules

TIME = "/v5/market/time"


async def test_every_reply_to_an_account_says_what_is_left(wire: BybitWire, clock: Clock) -> None:
    _, _, headers = await wire.order()
    assert headers["X-Bapi-Limit"] == "20"
    assert headers["X-Bapi-Limit-Status"] == "19"
    assert headers["X-Bapi-Limit-Reset-Timestamp"] == str(clock.now)
    assert "X-Bapi-Limit" not in (await wire.send("GET", TIME))[2]


async def test_one_order_too_many_in_a_second_is_refused_and_the_next_second_is_free(
    wire: BybitWire, clock: Clock
) -> None:
    codes = [(await wire.order())[1]["retCode"] for _ in range(21)]
    assert codes == [0] * 20 + [10006]
    _, told, headers = await wire.order()
    assert told["retCode"] == 10006
    assert headers["X-Bapi-Limit-Status"] == "0"
    assert int(headers["X-Bapi-Limit-Reset-Timestamp"]) == clock.now + 1_000
    assert (await wire.get("/v5/account/info"))[1]["retCode"] == 0
    clock.now += 999
    assert (await wire.order())[1]["retCode"] == 10006
    clock.now += 1
    assert (await wire.order())[1]["retCode"] == 0
    assert [entry.body["limit"] for entry in wire.place.ledger.of("limit.hit")] == ["10006"] * 3
    assert len(wire.place.ledger.of("order.accepted")) == 21


async def test_a_batch_counts_as_many_orders_as_it_has(wire: BybitWire) -> None:
    one = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01"}
    many = [{**one, "price": "50000"}] * 10
    path = "/v5/order/create-batch"
    told, headers = (await wire.post(path, category="spot", request=many))[1:]
    assert [each["code"] for each in told["retExtInfo"]["list"]] == [0] * 10
    assert headers["X-Bapi-Limit-Status"] == "10"
    await wire.post(path, category="spot", request=many)
    assert (await wire.post(path, category="spot", request=many))[1]["retCode"] == 10006


async def test_an_address_that_sends_too_much_is_shut_out_for_ten_minutes(
    wire: BybitWire, clock: Clock
) -> None:
    for _ in range(600):
        assert (await wire.send("GET", TIME))[0] == 200
    status, told, _ = await wire.send("GET", TIME)
    assert (status, "access too frequent" in told) == (403, True)
    clock.now += 599_999
    assert (await wire.order())[0] == 403
    clock.now += 1
    assert (await wire.send("GET", TIME))[0] == 200


async def test_too_many_connections_are_refused(clock: Clock) -> None:
    place = bybit(clock=clock, rules=Rules(connections_5m=2), instruments=SMALL)
    async with serving_bybit(place) as server, aiohttp.ClientSession() as session:
        url = f"{server.base_url}/v5/public/spot"
        for _ in range(2):
            await (await session.ws_connect(url)).close()
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await session.ws_connect(url)
        assert refusal.value.status == 403
        clock.now += 300_000
        await (await session.ws_connect(url)).close()
