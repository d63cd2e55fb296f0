"""An order whose reply is lost, and a venue that says nothing then: unknown, never sent again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestrator.catalogue.acting.desk import Desk
from orchestrator.catalogue.orders import TOOLS
from orchestrator.config.settings import OrderSettings
from orchestrator.toolbox.tool import ToolContext, ToolResult
from tests.support.venues import spot
from trading_tools.audit.ledger import Ledger
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.binance.spot import SpotVenue
from trading_tools.venue.wire.interference import Cut, Interference, Request
from trading_tools.venue.wire.messages import Operation, Reply
from trading_tools.venue.wire.server import VenueServer

BUY = {"symbol": "BTC/USDT", "side": "buy", "size": "0.001", "limit_price": "58000"}


class Silence(Interference):
    """Loses the reply to an order, and `forever` every reply after it."""

    def __init__(self) -> None:
        self.begun = self.forever = False

    async def after(self, request: Request, reply: Reply) -> Reply | Cut:
        placed = request.seen.operation is Operation.PLACE
        self.begun = self.begun or placed
        return Cut() if placed or (self.begun and self.forever) else reply


async def call(desk: Desk, name: str, **given: Any) -> ToolResult:
    (tool,) = [one for one in TOOLS if one.name == name]
    context = ToolContext(run="r", agent="a", key="run:call", services={Desk: desk})
    return await tool.call(context, {"place": "simulator", "venue": "binance", **given})


@asynccontextmanager
async def desk_at(venue: SpotVenue, silence: Silence, folder: Path) -> AsyncIterator[Desk]:
    """A desk whose simulator is this venue."""
    async with VenueServer([BinanceSpot(venue)], interference=silence) as server:
        settings = OrderSettings(simulator=server.base_url, price_collar_percent=Decimal(50))
        with Ledger.open(folder / "ledger.sqlite") as ledger:
            async with Desk(settings, {}, ledger, folder, folder / "user") as desk:
                yield desk


def accepted(venue: SpotVenue) -> list[str]:
    """The client ids of the orders that the venue accepted."""
    return [entry.body["client_order_id"] for entry in venue.ledger.of("order.accepted")]


async def test_a_lost_reply_is_asked_after(tmp_path: Path) -> None:
    venue = spot()
    async with desk_at(venue, Silence(), tmp_path) as desk:
        placed = await call(desk, "place_order", **BUY)
    assert (placed.is_error, placed.data["stage"]) == (False, "open")
    assert accepted(venue).count(placed.data["client_order_id"]) == 1


@pytest.mark.slow
async def test_an_unknown_order_says_so_and_is_found_when_the_venue_is_back(
    tmp_path: Path,
) -> None:
    venue, silence = spot(), Silence()
    silence.forever = True
    async with desk_at(venue, silence, tmp_path) as desk:
        placed = await call(desk, "place_order", **BUY)
        assert placed.is_error
        assert placed.text.startswith("UNKNOWN: binance (simulator) has not said")
        assert placed.data["stage"] == "unknown"
        silence.forever = False
        name = placed.data["client_order_id"]
        found = await call(desk, "order_status", order_id=name)
        again = await call(desk, "place_order", **BUY)
    assert found.data["stage"] == again.data["stage"] == "open"
    assert accepted(venue).count(name) == 1
