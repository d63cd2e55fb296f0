"""A desk with no key or a wrong one ends at its beginning; a wrong clock is waited out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.trading_tools.exchange.desk.conftest import LIMITS, Stall
from trading_tools.exchange.desk.opening import open_desk
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
    with pytest.raises(KeyRefused, match=rf"binance refuses this key \({code}[ )]"):
        async with open_desk(
            mistaken, ["BTC/USDT"], stall.folder, LIMITS, live=None, simulated=True
        ):
            pytest.fail("it began")


async def test_a_clock_that_the_venue_refuses_is_waited_out(stall: Stall) -> None:
    early = Reply(400, b'{"code":-1021,"msg":"Timestamp for this request is outside of the recv."}')
    stall.line.silent = "ws-api"
    stall.line.before_it[Operation.OPEN_ORDERS] = [early] * 2
    async with stall.desk() as desk:
        assert stall.asked(Operation.OPEN_ORDERS) > 2
        assert not desk.stopping.is_set()
