"""Market data is counted with all else that this machine asks of the venue."""

from __future__ import annotations

import pytest

from tests.support.venues import QUIET, point_at, spot
from trading_tools.exchange.ccxt_venue import CcxtVenue, public_client
from trading_tools.exchange.errors import RateLimited
from trading_tools.exchange.pacing.machine import host_of, machine_slots
from trading_tools.exchange.pacing.venues import pacer_for
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.wire.server import VenueServer


async def test_a_bot_finds_what_market_data_has_used_and_a_ban_of_its_keeps_market_data_back() -> (
    None
):
    place = spot(rules=QUIET)
    async with VenueServer([BinanceSpot(place)]) as server:
        client = point_at(public_client("binance"), server.port)
        venue = CcxtVenue("binance", client)
        bots = pacer_for("binance", "key", machine_slots(), where=host_of(client))
        await venue.order_book("BTC/USDT", 5)
        asked = len(place.ledger.of("request.received"))
        assert bots.used("requests-5m") == asked > 0
        bots.pause(60)
        with pytest.raises(RateLimited, match="ask again in 60 s"):
            await venue.order_book("BTC/USDT", 5)
        assert len(place.ledger.of("request.received")) == asked
        await venue.close()
