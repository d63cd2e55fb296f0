"""Streams that fall silent, break, expire, or tell messages wrongly."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from tests.support.faulty import (
    ORDER,
    Socket,
    api,
    deliveries,
    ended,
    market,
    over,
    playing,
    signed,
    told,
    until,
)
from tests.support.venues import Wire, hurried
from trading_tools.venue.faults.acts import Act, Heard
from trading_tools.venue.faults.fault import Fault
from trading_tools.venue.faults.keys import KeysExpired
from trading_tools.venue.faults.streams import Broken, Silence, Silent
from trading_tools.venue.faults.told import Mangled, Mishap
from trading_tools.venue.wire.messages import Told

BOOK = "btcusdt@depth@100ms"
ORDERS = Heard(frozenset({Told.ORDERS}), nth=2)


@asynccontextmanager
async def hearing(*faults: Fault) -> AsyncIterator[tuple[Wire, Socket]]:
    """A client that listens to its account."""
    async with playing(*faults) as wire, api(wire) as socket:
        await socket.send_json(signed(wire, "userDataStream.subscribe.signature"))
        await told(socket)
        yield wire, socket


async def reports(socket: Socket, count: int) -> list[str]:
    """Whose orders the next reports are about, by client id."""
    found: list[str] = []
    while len(found) < count:
        event = (await told(socket)).get("event", {})
        if event.get("e") == "executionReport":
            found.append(event["c"])
    return found


async def place(wire: Wire, *names: str) -> None:
    """Place orders with these client ids."""
    for name in names:
        assert (await wire.order(newClientOrderId=name))[0] == 200


async def test_a_silent_stream_answers_pings_and_brings_nothing() -> None:
    async with playing(Silent("silent", Heard(nth=2)), clock=hurried()) as wire:
        async with market(wire, BOOK) as socket, market(wire, BOOK) as other:
            await until(lambda: deliveries(wire))
            deaf = deliveries(wire)[0].body["connection"]
            numbers = [entry.seq for entry in wire.venue.ledger.of("stream.opened")]
            silent, speaking = (socket, other) if deaf == numbers[0] else (other, socket)
            for _ in range(5):
                await told(speaking)
            heard = [await told(silent)]
            await silent.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 7})
            while "id" not in heard[-1]:
                heard.append(await told(silent))
            assert len(heard) <= 3
            assert not wire.venue.ledger.of("fault.ended")
            await silent.close()
            await over(wire)
        async with market(wire, BOOK) as again:
            for _ in range(5):
                await told(again)


@pytest.mark.parametrize(
    ("how", "pongs"),
    [(Silence.NO_DATA, True), (Silence.HALF_OPEN, False), (Silence.NO_PONG, False)],
)
async def test_whether_a_silent_stream_answers_pings(how: Silence, pongs: bool) -> None:
    async with playing(Silent("silent", Heard(nth=1), how), clock=hurried()) as wire:
        url = f"{wire.server.base_url}/ws/{BOOK}"
        async with wire.session.ws_connect(url, autoping=False) as socket:
            await until(lambda: deliveries(wire))
            kinds: list[aiohttp.WSMsgType] = []
            listening = asyncio.create_task(listen(socket, kinds))
            await socket.ping(b"there?")
            async with market(wire, BOOK) as other:
                for _ in range(5):
                    await told(other)
            listening.cancel()
            assert (aiohttp.WSMsgType.PONG in kinds) is pongs
            assert (kinds.count(aiohttp.WSMsgType.TEXT) > 1) is (how is Silence.NO_PONG)


async def listen(socket: Socket, kinds: list[aiohttp.WSMsgType]) -> None:
    """Note what comes, pongs too."""
    while True:
        kinds.append((await socket.receive()).type)


async def test_on_a_half_open_connection_nothing_arrives() -> None:
    async with playing(Silent("half", Heard(nth=1), Silence.HALF_OPEN), clock=hurried()) as wire:
        async with market(wire, BOOK) as socket:
            await until(lambda: deliveries(wire))
            await socket.send_json({"method": "SUBSCRIBE", "params": ["a@b"], "id": 1})
            async with market(wire, BOOK) as other:
                await told(other)
            assert not wire.venue.ledger.of("stream.asked")


async def test_a_silence_with_an_end_is_over_by_itself() -> None:
    async with playing(Silent("pause", Heard(nth=1), for_s=0.2)) as wire:
        async with market(wire, BOOK) as socket:
            await over(wire)
            await told(socket)
            await told(socket)


@pytest.mark.parametrize(("code", "seen"), [(None, 1006), (1012, 1012)])
async def test_a_connection_breaks_with_or_without_a_close_frame(
    code: int | None, seen: int
) -> None:
    async with playing(Broken("broken", Heard(nth=2), code=code), clock=hurried()) as wire:
        async with market(wire, BOOK) as socket:
            assert await ended(socket) == seen
        async with market(wire, BOOK) as socket:
            for _ in range(4):
                await told(socket)
        assert len(deliveries(wire)) == 1


async def test_in_a_storm_connections_break_at_their_first_message() -> None:
    async with playing(Broken("storm", Heard(nth=3), times=4, for_s=60), clock=hurried()) as wire:
        heard = []
        for _ in range(4):
            count = 0
            async with market(wire, BOOK) as socket:
                async for message in socket:
                    count += message.type is aiohttp.WSMsgType.TEXT
            heard.append(count)
        assert heard[1:] == [0, 0, 0]
        assert wire.venue.ledger.of("fault.ended")
        async with market(wire, BOOK) as socket:
            await told(socket)


async def test_a_storm_is_over_after_a_time_however_few_have_broken() -> None:
    async with playing(Broken("storm", Heard(nth=1), times=30, for_s=0.2)) as wire:
        async with market(wire, BOOK) as socket:
            await ended(socket)
        await over(wire)
        async with market(wire, BOOK) as socket:
            await told(socket)


@pytest.mark.parametrize(
    ("mishap", "heard"),
    [
        (Mishap.LOST, ["a", "c", "d"]),
        (Mishap.DOUBLED, ["a", "b", "b", "c", "d"]),
        (Mishap.LATE, ["a", "c", "b", "d"]),
    ],
)
async def test_a_message_is_lost_doubled_or_late(mishap: Mishap, heard: list[str]) -> None:
    async with hearing(Mangled("mangled", ORDERS, mishap)) as (wire, socket):
        await place(wire, "a", "b", "c", "d")
        assert await reports(socket, len(heard)) == heard
        assert len(wire.venue.ledger.of("fault.ended")) == 1


async def test_a_gap_in_the_books_numbers() -> None:
    lost = Mangled("gap", Heard(frozenset({Told.BOOK}), nth=3), Mishap.LOST, times=2)
    async with playing(lost, clock=hurried()) as wire, market(wire, BOOK) as socket:
        updates = [await told(socket) for _ in range(4)]
        follows = [b["U"] == a["u"] + 1 for a, b in itertools.pairwise(updates)]
        assert follows == [True, False, True]


async def test_an_expired_subscription_says_so_and_tells_nothing_more() -> None:
    async with hearing(KeysExpired("expired", Act(nth=2))) as (wire, socket):
        await place(wire, "a")
        assert await reports(socket, 1) == ["a"]
        await place(wire, "b")
        event: dict[str, Any] = {}
        while event.get("e") != "eventStreamTerminated":
            event = (await told(socket))["event"]
        assert not wire.venue.ledger.of("fault.ended")
        await socket.send_json(signed(wire, "userDataStream.subscribe.signature"))
        assert (await told(socket))["status"] == 200
        await place(wire, "c")
        assert await reports(socket, 1) == ["c"]
        assert wire.venue.ledger.of("fault.ended")


async def test_keys_expire_only_for_who_listens() -> None:
    async with playing(KeysExpired("expired", Act())) as wire, api(wire) as socket:
        await place(wire, "a")
        assert not deliveries(wire)
        await socket.send_json(signed(wire, "order.place", **ORDER))
        assert (await told(socket))["status"] == 200
        assert not deliveries(wire)
