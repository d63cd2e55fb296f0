"""A desk with no key or a wrong one ends at its beginning; a wrong clock is waited out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.trading_tools.exchange.desk.conftest import LIMITS, Stall
from trading_tools.exchange.desk.desk import NOT_NOW
from trading_tools.exchange.desk.key import KeyWatch
from trading_tools.exchange.desk.opening import open_desk
from trading_tools.exchange.faults import Answer
from trading_tools.exchange.orders.guard import Refused
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.port import KeyRefused
from trading_tools.venue.wire.messages import Operation, Reply


async def test_a_client_without_a_key_is_told_at_once(stall: Stall) -> None:
    client = stall.client()
    client.secret = ""
    with pytest.raises(ValueError, match="the client of binance has no secret"):
        async with open_desk(
            lambda: client, ["BTC/USDT"], stall.folder, LIMITS, live=None, simulated=True
        ):
            pytest.fail("it began")


async def test_a_client_without_streams_and_symbols_in_one_text_are_told_at_once(
    tmp_path: Path,
) -> None:
    import ccxt.async_support

    def client() -> Any:
        return ccxt.async_support.binance({"apiKey": "key", "secret": "secret"})

    for symbols, says in (["BTC/USDT"], "no streams: make it by ccxt.pro"), ("BTC/USDT", "a list"):
        with pytest.raises(ValueError, match=says):
            async with open_desk(client, symbols, tmp_path, LIMITS, live=None, simulated=True):
                pytest.fail("it began")


@pytest.mark.parametrize("host", ["https://api.binance.com/api/v3", "http://127.0.0.1.example/v3"])
async def test_a_simulated_desk_whose_client_talks_to_a_real_venue_does_not_begin(
    stall: Stall, host: str
) -> None:
    client = stall.client()
    client.urls["api"]["private"] = host
    with pytest.raises(Refused, match="live: this desk is to be simulated, and its client"):
        async with open_desk(
            lambda: client, ["BTC/USDT"], stall.folder, LIMITS, live=None, simulated=True
        ):
            pytest.fail("it began")
    assert stall.asked(Operation.MARKETS) == 0


@pytest.mark.slow
@pytest.mark.parametrize(("part", "code"), [("apiKey", "-2015"), ("secret", "-1022")])
async def test_a_key_that_the_venue_refuses_ends_the_desk_with_its_code(
    stall: Stall, part: str, code: str
) -> None:
    def mistaken() -> Any:
        client = stall.client()
        setattr(client, part, getattr(client, part)[::-1])
        return client

    stall.line.silent = "ws-api"
    says = rf"binance (refuses this key|takes this key no more) \({code}[ )]"
    with pytest.raises(KeyRefused, match=says):
        async with open_desk(
            mistaken, ["BTC/USDT"], stall.folder, LIMITS, live=None, simulated=True
        ):
            pytest.fail("it began")


@pytest.mark.slow
async def test_a_key_that_is_refused_without_a_code_ends_the_desk_at_its_beginning(
    stall: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trading_tools.exchange.desk.key._DOUBTED_FOR_S", 2.0)
    stall.line.silent = "ws-api"
    stall.line.before_it[Operation.OPEN_ORDERS] = [Reply(401, b"Unauthorized")] * 1_000
    with pytest.raises(KeyRefused, match="HTTP 401: the key is no longer good"):
        async with stall.desk():
            pytest.fail("it began")


@pytest.mark.slow
async def test_a_key_that_is_revoked_ends_the_desk_which_says_what_stays_open(
    stall: Stall, resting: Callable[[str], Intent], caplog: pytest.LogCaptureFixture
) -> None:
    revoked = Reply(401, b'{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}')
    operations = (Operation.CANCEL, Operation.QUERY_ORDER, Operation.PLACE)

    async def live() -> None:
        async with stall.desk() as desk:
            order = await desk.submit(resting("left"))
            stall.line.before_it |= {each: [revoked] * 1_000 for each in operations}
            while not desk.stopping.is_set():
                with suppress(*NOT_NOW):
                    await desk.finish(order)

    with pytest.raises(KeyRefused, match=r"no more \(-2015\); open still, .* by hand: o-\w+ \(\d+"):
        await live()
    told = [each for each in caplog.records if "so the bot ends: binance" in each.message]
    assert len(told) == 1
    (left,) = stall.open_orders()
    assert left in told[0].message


REVOKED = Answer(401, {}, '{"code":-2015,"msg":"Invalid API-key"}')
BARE = Answer(401, {}, "Unauthorized")
GOOD = Answer(200, {}, "{}")
NO_FUNDS = Answer(400, {}, '{"code":-2010,"msg":"Account has insufficient balance"}')


@pytest.mark.parametrize(
    ("heard", "lost"),
    [
        ([(0, "order", REVOKED), (2, "order", REVOKED), (3, "order", REVOKED)], True),
        ([(0, "order", REVOKED), (1, "order", REVOKED), (2, "order", REVOKED)], False),
        ([(0, "order", REVOKED), (3, "order", REVOKED)], False),
        ([(0, "order", REVOKED), (2, "cancel", GOOD), (3, "order", REVOKED)] * 2, True),
        ([(0, "order", REVOKED), (2, "order", NO_FUNDS), (3, "order", REVOKED)] * 2, False),
        ([(0, "order", REVOKED), (2, "order", None), (3, "order", REVOKED)] * 2, True),
        ([(0, "order", BARE), (30, "order", BARE), (59, "order", BARE)], False),
        ([(0, "order", BARE), (30, "order", BARE), (60, "order", BARE)], True),
    ],
)
async def test_a_key_is_lost_when_refusals_of_one_kind_of_request_go_on(
    heard: list[tuple[float, str, Answer | None]], lost: bool
) -> None:
    now = [0.0]
    watch = KeyWatch(lambda: now[0])
    for at, kind, answer in heard:
        now[0] = at
        watch.heard("binance", kind, answer)
    assert watch.lost.is_set() is lost


async def test_a_clock_that_the_venue_refuses_is_waited_out(stall: Stall) -> None:
    early = Reply(400, b'{"code":-1021,"msg":"Timestamp for this request is outside of the recv."}')
    stall.line.silent = "ws-api"
    stall.line.before_it[Operation.OPEN_ORDERS] = [early] * 2
    async with stall.desk() as desk:
        assert stall.asked(Operation.OPEN_ORDERS) > 2
        assert not desk.stopping.is_set()
