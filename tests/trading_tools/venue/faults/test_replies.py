"""Answers that are lost, broken, false or late: what the client sees, and what the venue did."""

from __future__ import annotations

import asyncio

import aiohttp
import ccxt.async_support as ccxt
import pytest

from tests.support.faulty import (
    ORDER,
    accepted,
    api,
    deliveries,
    ended,
    over,
    playing,
    signed,
    told,
)
from tests.support.venues import keys, point_at
from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.replies import Acted, Ending, Slow, Spoilt
from trading_tools.venue.wire.messages import Operation, Trouble


async def test_an_accepted_orders_answer_is_lost_with_its_connection() -> None:
    async with playing(Spoilt("lost", Act(nth=2), Ending.RESET)) as wire:
        assert (await wire.order())[0] == 200
        with pytest.raises(aiohttp.ClientConnectionError):
            await wire.order()
        assert (await wire.order())[0] == 200

        assert len(accepted(wire)) == 3
        armed, delivered, end = wire.venue.ledger.of(
            "fault.armed", "fault.delivered", "fault.ended"
        )
        assert armed.body == {"fault": "lost", "waits_for": "accepted place request number 2"}
        assert delivered.body["request"] == accepted(wire)[1].body["request"]
        assert delivered.seq < end.seq < accepted(wire)[2].seq


async def test_an_answer_that_never_comes_leaves_the_connection_open() -> None:
    async with playing(Spoilt("hang", Act(), Ending.HANG)) as wire:
        waiting = asyncio.create_task(wire.order())
        await over(wire)
        assert not waiting.done()
        waiting.cancel()
        assert len(accepted(wire)) == 1


async def test_half_of_an_answer_and_a_reset() -> None:
    async with playing(Spoilt("half", Act(), Ending.HALF)) as wire:
        with pytest.raises(aiohttp.ClientPayloadError):
            await wire.order()
        assert len(accepted(wire)) == 1


@pytest.mark.parametrize(("answer", "kept"), [(Ending.TRUNCATED, True), (Ending.EMPTY, False)])
async def test_200_without_its_whole_body(answer: Ending, kept: bool) -> None:
    async with playing(Spoilt("false", Act(), answer)) as wire:
        headers = {"X-MBX-APIKEY": wire.venue.credentials.key}
        url = f"{wire.server.base_url}/api/v3/order?{wire.sign(**ORDER)}"
        async with wire.session.post(url, headers=headers) as reply:
            body = await reply.read()
        assert reply.status == 200
        assert bool(body) is kept
        assert not body.endswith(b"}")
        assert len(accepted(wire)) == 1


@pytest.mark.parametrize(("acted", "orders"), [(Acted.YES, 1), (Acted.NO, 0)])
async def test_503_says_nothing_of_what_became_of_the_order(acted: Acted, orders: int) -> None:
    async with playing(Spoilt("503", Act(), Trouble.OVERLOADED, acted)) as wire:
        status, body, _ = await wire.order()
        assert (status, body["code"]) == (503, -1008)
        assert len(accepted(wire)) == orders


async def test_the_seed_alone_decides_whether_the_venue_has_acted() -> None:
    async def fates(seed: int) -> list[int]:
        fault = Spoilt("503", Act(), Trouble.OVERLOADED, Acted.DICE, times=8)
        async with playing(fault, seed=seed) as wire:
            for _ in range(8):
                assert (await wire.order())[0] == 503
            assert (await wire.order())[0] == 200
            return [entry.body["request"] for entry in accepted(wire)]

    first = await fates(3)
    assert 1 < len(first) < 9
    assert first == await fates(3)
    assert first != await fates(4)


async def test_a_refused_order_is_no_act_that_sets_a_lost_answer_off() -> None:
    async with playing(Spoilt("lost", Act(), Ending.RESET)) as wire:
        assert (await wire.order(quantity="0.0000001"))[0] == 400
        assert not deliveries(wire)


@pytest.mark.parametrize("words", ["ethusdt", "SELL", "mine-2", "ETHUSDT sell"])
async def test_an_act_is_told_by_symbol_side_or_client_id(words: str) -> None:
    act = Act(words=frozenset(words.split()))
    async with playing(Spoilt("503", act, Trouble.OVERLOADED)) as wire:
        assert (await wire.order(newClientOrderId="mine-1"))[0] == 200
        second = {"symbol": "ETHUSDT", "side": "SELL", "price": "4000", "quantity": "1"}
        assert (await wire.order(newClientOrderId="mine-2", **second))[0] == 503


async def test_any_operation_can_be_spoilt() -> None:
    act = Act(frozenset({Operation.QUERY_ORDER}))
    async with playing(Spoilt("502", act, Trouble.BAD_GATEWAY, Acted.NO)) as wire:
        _, order, _ = await wire.order()
        asked = {"symbol": "BTCUSDT", "orderId": order["orderId"]}
        status, page, _ = await wire.signed("GET", "/api/v3/order", **asked)
        assert (status, page[:6]) == (502, "<html>")
        assert (await wire.signed("GET", "/api/v3/order", **asked))[0] == 200


async def test_slow_answers_come_late_and_whole() -> None:
    async with playing(Slow("slow", Act(nth=2), 0.01, 0.01, times=2)) as wire:
        for _ in range(4):
            assert (await wire.order())[0] == 200
        requests = [entry.body["request"] for entry in accepted(wire)]
        assert [entry.body["request"] for entry in deliveries(wire)] == requests[1:3]
        assert wire.venue.ledger.of("fault.ended")


async def test_over_a_websocket_a_lost_answer_ends_the_connection() -> None:
    async with playing(Spoilt("lost", Act(), Ending.RESET)) as wire:
        async with api(wire) as socket:
            await socket.send_json(signed(wire, "order.place", **ORDER))
            await ended(socket)
        assert len(accepted(wire)) == 1
        assert deliveries(wire)[0].body["request"] == accepted(wire)[0].body["request"]


async def test_over_a_websocket_an_order_may_never_reach_the_venue() -> None:
    async with playing(Spoilt("503", Act(), Trouble.OVERLOADED, Acted.NO)) as wire:
        async with api(wire) as socket:
            await socket.send_json(signed(wire, "order.place", **ORDER))
            await ended(socket)
        assert not accepted(wire)


async def test_over_a_websocket_a_silent_answer_leaves_the_connection_as_it_was() -> None:
    async with playing(Spoilt("hang", Act(), Ending.HANG)) as wire, api(wire) as socket:
        await socket.send_json(signed(wire, "order.place", **ORDER))
        await socket.send_json({"id": 2, "method": "ping"})
        assert (await told(socket))["id"] == 2
        assert len(accepted(wire)) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Ending.RESET, ccxt.ExchangeNotAvailable),
        (Ending.HALF, ccxt.ExchangeError),
        (Ending.TRUNCATED, None),
        (Trouble.BAD_GATEWAY, ccxt.ExchangeNotAvailable),
        (Ending.EMPTY, None),
    ],
)
async def test_ccxt_has_another_word_for_each_unknown_outcome(
    answer: Trouble | Ending, error: type[Exception] | None
) -> None:
    async with playing(Spoilt("unknown", Act(), answer)) as wire:
        client = point_at(ccxt.binance(keys(wire.venue)), wire.server.port)
        client.options["fetchMarkets"] = {"types": ["spot"]}
        try:
            order = client.create_order("BTC/USDT", "limit", "buy", 0.01, 50_000)
            if error is None:
                assert (await order)["id"] is None
            else:
                with pytest.raises(error) as raised:
                    await order
                assert raised.type is error
        finally:
            await client.close()
        assert len(accepted(wire)) == 1
