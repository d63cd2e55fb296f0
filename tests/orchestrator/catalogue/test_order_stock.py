"""The limits on orders are the account's: what others hold and have open there counts."""

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
from orchestrator.toolbox.tool import ToolContext, ToolError, ToolResult, Unavailable
from tests.support.venues import QUIET, keys, point_at, spot
from trading_tools.audit.ledger import Ledger
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.wire.interference import Interference, Request
from trading_tools.venue.wire.messages import Operation, Reply
from trading_tools.venue.wire.server import VenueServer

BUY = {"symbol": "BTC/USDT", "side": "buy", "size": "0.001", "limit_price": "58000"}
SELL = {**BUY, "side": "sell", "limit_price": "61000"}


class Mute(Interference):
    """Does not answer the questions of one operation, once it is told to."""

    muted: Operation | None = None

    async def before(self, request: Request) -> Reply | None:
        if request.seen.operation is self.muted:
            return Reply(400, b'{"code":-1000,"msg":"not now"}')
        return None


class Bench:
    """A desk at one venue, which is simulator and live, and what others do on its account."""

    def __init__(self, desk: Desk, client: Any, mute: Mute) -> None:
        self.desk = desk
        self.client = client
        self.mute = mute
        self.calls = 0

    async def place(self, place: str, **order: str) -> ToolResult:
        return await _PLACE.call(self._context(), self._given(place, order))

    async def preview(self, place: str, **order: str) -> str:
        assert _PLACE.preview is not None
        return await _PLACE.preview(self._context(), self._given(place, order))

    async def refusal(self, place: str, **order: str) -> str:
        with pytest.raises(ToolError) as refused:
            await self.place(place, **order)
        return str(refused.value)

    def _context(self) -> ToolContext:
        self.calls += 1
        return ToolContext(run="r", agent="a", key=f"k{self.calls}", services={Desk: self.desk})

    def _given(self, place: str, order: dict[str, str]) -> dict[str, str]:
        return {"place": place, "venue": "binance", **order}


(_PLACE,) = [one for one in TOOLS if one.name == "place_order"]


@asynccontextmanager
async def bench(folder: Path, most: int) -> AsyncIterator[Bench]:
    """One whose owner allows so much in all; the account has 1 BTC, which is worth 60,000."""
    import ccxt.async_support

    venue, mute = spot(rules=QUIET), Mute()
    async with VenueServer([BinanceSpot(venue)], interference=mute) as server:
        settings = OrderSettings(
            simulator=server.base_url,
            gateway=server.base_url,
            live="ask",
            price_collar_percent=Decimal(50),
            max_exposure_quote=Decimal(most),
        )
        own = venue.credentials
        environ = {"BINANCE_API_KEY": own.key, "BINANCE_API_SECRET": own.secret}
        client = point_at(ccxt.async_support.binance(keys(venue)), server.port)
        with Ledger.open(folder / "ledger.sqlite") as ledger:
            async with Desk(settings, environ, ledger, folder, folder / "user") as desk:
                yield Bench(desk, client, mute)
        await client.close()


async def test_with_real_money_what_the_account_holds_counts_and_may_be_sold(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path, 5_000) as at:
        said = await at.refusal("live", **BUY)
        assert "max-position: with all that is open it could be 1.001" in said
        assert "orders.max_exposure_quote = 5000; it is the whole account's" in said
        assert (await at.place("live", **SELL)).data["stage"] == "open"
        # At the simulator the venue gave it.
        assert (await at.place("simulator", **BUY)).data["stage"] == "open"


async def test_a_limit_is_called_the_whole_accounts_only_where_others_count(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path, 50) as at:
        said = await at.refusal("simulator", **BUY)
        assert said.endswith("orders.max_exposure_quote = 50")


async def test_a_venue_that_does_not_tell_its_markets_is_no_fault_of_the_order(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path, 5_000) as at:
        at.mute.muted = Operation.MARKETS
        with pytest.raises(Unavailable, match="binance"):
            await at.place("simulator", **BUY)


async def test_what_others_have_open_is_reserved_and_shown_with_both_figures(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path, 1_000) as at:
        await at.place("simulator", **BUY)
        shown = await at.preview("simulator", **BUY)
        assert "0.001 BTC at 58000 USDT" not in shown
        await at.client.create_order("BTC/USDT", "limit", "buy", 0.01, 58_000)
        shown = await at.preview("simulator", **BUY)
        assert "open in BTC/USDT: 1 of this project, 1 of others" in shown
        assert "    buy 0.01 BTC at 58000 USDT" in shown
        worth = [line for line in shown.splitlines() if "may come to" in line]
        ours, all_of_it = 2 * Decimal("0.001"), 12 * Decimal("0.001")
        (figures,) = [[word for word in line.split() if word[0].isdigit()] for line in worth]
        whole, alone = (Decimal(each.strip(";")) for each in figures)
        assert whole / alone == pytest.approx(all_of_it / ours, rel=Decimal("0.001"))
        await at.client.create_order("BTC/USDT", "limit", "buy", 0.01, 58_000)
        assert "max-position" in await at.refusal("simulator", **BUY)


async def test_an_account_that_cannot_be_read_stops_live_orders_and_is_told_at_the_simulator(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path, 100_000) as at:
        at.mute.muted = Operation.BALANCE
        assert "binance (live): binance did not say" in await at.refusal("live", **BUY)
        shown = await at.preview("simulator", **BUY)
        assert "not counted: the account, which could not be read: binance did not say" in shown
        assert (await at.place("simulator", **BUY)).data["stage"] == "open"
