"""A venue that refuses for a while: limits and bans, firewall, maintenance."""

from __future__ import annotations

import aiohttp
import pytest

from tests.support.faulty import (
    ORDER,
    accepted,
    api,
    deliveries,
    ended,
    let_pass,
    over,
    playing,
    signed,
)
from trading_tools.venue.faults.acts import Act
from trading_tools.venue.faults.refusals import Limited, Refusing
from trading_tools.venue.wire.messages import Trouble


async def test_whoever_waits_as_long_as_told_is_served_again() -> None:
    async with playing(Limited("limit", Act(nth=2), retry_after_s=1)) as wire:
        assert (await wire.order())[0] == 200
        status, _, headers = await wire.order()
        assert (status, headers["Retry-After"]) == (429, "1")
        await over(wire)
        assert (await wire.order())[0] == 200
        assert len(wire.venue.ledger.of("limit.hit")) == 1


async def test_whoever_goes_on_is_banned_and_each_try_begins_the_ban_anew() -> None:
    fault = Limited("limit", Act(), retry_after_s=60, patience=2, ban_s=90, grace_s=0)
    async with playing(fault) as wire:
        told = [await wire.signed("GET", "/api/v3/account") for _ in range(2)]
        assert [status for status, _, _ in told] == [200, 200]
        told = [await wire.order() for _ in range(5)]
        assert [status for status, _, _ in told] == [429, 429, 429, 418, 418]
        assert [headers["Retry-After"] for _, _, headers in told[3:]] == ["90", "90"]
        assert not accepted(wire)
        hits = [entry.body["limit"] for entry in wire.venue.ledger.of("limit.hit")]
        assert hits == ["429", "429", "429", "418", "418"]


async def test_what_was_under_way_at_the_warning_is_refused_and_not_counted() -> None:
    fault = Limited("limit", Act(), retry_after_s=60, patience=0, grace_s=60)
    async with playing(fault) as wire:
        assert [(await wire.order())[0] for _ in range(3)] == [429, 429, 429]


async def test_a_ban_holds_for_websockets_too() -> None:
    fault = Limited("limit", Act(), retry_after_s=60, grace_s=0)
    async with playing(fault) as wire:
        async with api(wire) as socket:
            assert (await wire.order())[0] == 429
            await socket.send_json(signed(wire, "order.place", **ORDER))
            assert await ended(socket) == 1008
        with pytest.raises(aiohttp.WSServerHandshakeError, match="429"):
            async with api(wire):
                pass
        assert not accepted(wire)


@pytest.mark.parametrize(
    ("trouble", "status"), [(Trouble.MAINTENANCE, 503), (Trouble.FIREWALL, 403)]
)
async def test_everything_is_refused_until_it_is_over(trouble: Trouble, status: int) -> None:
    async with playing(Refusing("closed", Act(nth=2), trouble, for_s=60)) as wire:
        assert (await wire.order())[0] == 200
        assert (await wire.order())[0] == status
        assert (await wire.send("GET", "/api/v3/time"))[0] == status
        with pytest.raises(aiohttp.WSServerHandshakeError, match=str(status)):
            async with api(wire):
                pass
        let_pass(60)
        await over(wire)
        assert (await wire.order())[0] == 200
        assert len(accepted(wire)) == 2
        assert len(deliveries(wire)) == 2
