"""The order tools at local venues: what they do, and what is read when they cannot."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestrator.catalogue.acting.desk import KILL_SWITCH, Desk
from orchestrator.catalogue.orders import TOOLS
from orchestrator.config.settings import OrderSettings
from orchestrator.toolbox.tool import Effect, ToolContext, ToolError, ToolResult
from orchestrator.toolbox.verdicts import Done, NotDone, Verdict
from tests.support import bybit_venue, kraken_venue, venues
from tests.support.acts import DEAD
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import Outcome, TradeAudit
from trading_tools.exchange.orders.clients import Credentials, client_of
from trading_tools.exchange.pacing.machine import host_of, machine_slots
from trading_tools.exchange.pacing.venues import pacer_for
from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.bybit.adapter import Bybit
from trading_tools.venue.kraken.adapter import Kraken
from trading_tools.venue.wire.server import VenueServer
from trading_tools.venue.wire.venue import Venue

BUY = {"symbol": "BTC/USDT", "side": "buy", "size": "0.001", "limit_price": "58000"}


@dataclass(frozen=True)
class Venues:
    """Venues on loopback, whose limits no test reaches."""

    url: str
    served: Mapping[str, Venue]

    def accepted(self, venue: str = "binance") -> list[str]:
        """The client ids of all orders that the venue accepted, one for each."""
        told = self.served[venue].place.ledger.of("order.accepted")
        return [each.body["client_order_id"] for each in told]

    def keys(self, venue: str) -> dict[str, str]:
        """The variables that hold a venue's live key."""
        own, name = venues.keys(self.served[venue]), f"{venue.upper()}_API"
        return {f"{name}_KEY": own["apiKey"], f"{name}_SECRET": own["secret"]}


@pytest.fixture
async def venue() -> AsyncIterator[Venues]:
    served: list[Venue] = [
        BinanceSpot(venues.spot(rules=venues.QUIET)),
        Bybit(bybit_venue.bybit(rules=bybit_venue.QUIET, instruments=bybit_venue.MIDDLE)),
        Kraken(kraken_venue.kraken(rules=kraken_venue.QUIET)),
    ]
    async with VenueServer(served) as server:
        yield Venues(server.base_url, {each.name: each for each in served})


@dataclass
class Bench:
    """A desk and its tools; `environ` and `settings` may be changed before the first call."""

    folder: Path
    ledger: Ledger
    environ: dict[str, str]
    settings: OrderSettings
    calls: int = 0

    def set(self, **settings: Any) -> None:
        self.settings = self.settings.model_copy(update=settings)

    def context(self, desk: Desk, key: str | None = None) -> ToolContext:
        self.calls += 1
        name = key or f"{self.folder.name}:{self.calls}"
        return ToolContext(run="r", agent="a", key=name, services={Desk: desk})

    def desk(self) -> Desk:
        user = self.folder / "user"
        return Desk(self.settings, self.environ, self.ledger, self.folder, user)

    async def call(
        self, name: str, place: str = "simulator", venue: str = "binance", **more: Any
    ) -> ToolResult:
        """What a call comes to; `key` is that of another attempt at the same one."""
        key = more.pop("key", None)
        (tool,) = [one for one in TOOLS if one.name == name]
        async with self.desk() as desk:
            given = {"place": place, "venue": venue, **more}
            return await tool.call(self.context(desk, key), given)

    async def preview(self, name: str, place: str, venue: str = "binance", **more: Any) -> str:
        (tool,) = [one for one in TOOLS if one.name == name]
        assert tool.preview is not None
        async with self.desk() as desk:
            given = {"place": place, "venue": venue, **more}
            return await tool.preview(self.context(desk), given)

    async def verdict(self, name: str, **more: Any) -> Verdict:
        """What became of an attempt at the simulator that was cut off."""
        (tool,) = [one for one in TOOLS if one.name == name]
        assert tool.reconcile is not None
        async with self.desk() as desk:
            given = {"place": "simulator", "venue": "binance", **more}
            return await tool.reconcile(self.context(desk), given)

    async def refusal(self, name: str, place: str = "simulator", **more: Any) -> str:
        with pytest.raises(ToolError) as refused:
            await self.call(name, place, **more)
        return str(refused.value)


@pytest.fixture
async def bench(venue: Venues, tmp_path: Path) -> AsyncIterator[Bench]:
    settings = OrderSettings(
        simulator=venue.url,
        gateway=venue.url,
        live="ask",
        price_collar_percent=Decimal(50),
        max_exposure_quote=Decimal(100_000),
    )
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        yield Bench(tmp_path, ledger, venue.keys("binance"), settings)


async def test_an_order_is_placed_shown_and_cancelled(bench: Bench) -> None:
    placed = await bench.call("place_order", **BUY)
    assert (placed.is_error, placed.data["stage"], placed.data["size"]) == (False, "open", "0.001")
    listed = await bench.call("open_orders")
    name = placed.data["client_order_id"]
    (mine,) = [row for row in listed.data["orders"] if row["client_order_id"] == name]
    assert mine["ours"]
    assert Decimal(mine["limit_price"]) == 58_000
    ended = await bench.call("cancel_order", order_id=placed.data["venue_order_id"])
    assert (ended.is_error, ended.data["stage"]) == (False, "canceled")
    status = await bench.call("order_status", order_id=name)
    assert status.data["stage"] == "canceled"


async def test_an_order_counts_together_with_those_of_bots_of_the_same_key(
    bench: Bench, venue: Venues
) -> None:
    key, secret = (bench.environ[f"BINANCE_API_{part}"] for part in ("KEY", "SECRET"))
    bots = client_of("binance", Credentials(key, secret), sandbox=False, through=venue.url)
    counted = pacer_for("binance", key, machine_slots(), where=host_of(bots))
    await bench.call("place_order", **BUY)
    assert counted.used("orders-10s") >= 1
    await bots.close()


async def test_what_became_of_a_cancel_is_read_from_the_venue(bench: Bench) -> None:
    placed = await bench.call("place_order", **BUY)
    name = placed.data["client_order_id"]
    assert isinstance(await bench.verdict("cancel_order", order_id=name), NotDone)
    assert isinstance(await bench.verdict("cancel_all_orders", symbol="BTC/USDT"), NotDone)
    await bench.call("cancel_all_orders", symbol="BTC/USDT")
    assert isinstance(await bench.verdict("cancel_order", order_id=name), Done)
    assert isinstance(await bench.verdict("cancel_all_orders", symbol="BTC/USDT"), Done)


async def test_the_same_call_made_again_is_the_same_order(bench: Bench, venue: Venues) -> None:
    first = await bench.call("place_order", key="run:call", **BUY)
    again = await bench.call("place_order", key="run:call", **BUY)
    assert first.data == again.data
    assert venue.accepted().count(first.data["client_order_id"]) == 1


async def test_an_order_that_trades_at_once_says_what_it_paid_and_what_is_held(
    bench: Bench,
) -> None:
    filled = await bench.call("place_order", **{**BUY, "limit_price": "70000"})
    assert filled.data["stage"] == "filled"
    assert Decimal(filled.data["average_price"]) <= 70_000
    held = await bench.call("positions")
    (traded,) = held.data["traded_here"]
    # a thousandth of what was bought went to the venue as its fee
    assert Decimal(traded["bought_less_sold"]) == Decimal("0.000999")
    assert any(one["asset"] == "USDT" for one in held.data["holdings"])


async def test_all_orders_are_cancelled_those_of_others_too(bench: Bench, tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "other.sqlite") as ledger:
        other = Bench(tmp_path / "other", ledger, bench.environ, bench.settings)
        await other.call("place_order", **BUY)
    others = (await bench.call("open_orders", symbol="BTC/USDT")).data["count"]
    shown = await bench.preview("place_order", "simulator", **BUY)
    assert f"open in BTC/USDT: 0 of this project, {others} of others" in shown
    assert "of others elsewhere: 0\n    buy 0.001 BTC at 58000 USDT" in shown
    await bench.call("place_order", **BUY)
    done = await bench.call("cancel_all_orders", symbol="BTC/USDT")
    assert done.data["count"] >= 2
    assert (done.is_error, done.data["still_open"]) == (False, [])
    assert (await bench.call("open_orders", symbol="BTC/USDT")).data["count"] == 0


async def test_an_order_that_should_not_be_there_does_not_keep_the_others_open(
    bench: Bench, tmp_path: Path
) -> None:
    placed = await bench.call("place_order", **BUY)
    name = placed.data["client_order_id"]
    with Ledger.open(tmp_path / "wrong.sqlite") as ledger:
        other = Bench(tmp_path / "wrong", ledger, bench.environ, bench.settings)
        await other.call("place_order", **BUY)
        (stream,) = [each.stream for each in ledger.streams() if each.stream.startswith("orders:")]
        audit, at = TradeAudit(ledger, stream), datetime.now(UTC)
        audit.order_intent(
            client_order_id=name,
            symbol="BTC/USDT",
            side="buy",
            order_type="limit",
            size_base=Decimal("0.001"),
            price_quote=Decimal(58_000),
            at=at,
        )
        audit.order_result(client_order_id=name, outcome=Outcome.REJECTED, at=at, code="-2010")
        done = await other.call("cancel_all_orders", symbol="BTC/USDT")
    assert (done.is_error, done.data["still_open"]) == (False, [])
    assert (await bench.call("open_orders", symbol="BTC/USDT")).data["count"] == 0


async def test_a_person_sees_the_order_as_it_would_really_be_sent(bench: Bench) -> None:
    asked = {**BUY, "size": "0.0012345678", "limit_price": "58000.019"}
    shown = await bench.preview("place_order", "live", **asked)
    assert "LIVE order with REAL MONEY at binance, through the gateway" in shown
    assert "buy 0.00123 BTC at a limit of 58000.01 USDT" in shown
    assert "worth 71.3400123 USDT" in shown
    assert "asked for was 0.0012345678 BTC at 58000.019 USDT" in shown
    assert "the guard lets it pass" in shown


async def test_only_the_simulator_is_free_and_closed_places_say_how_they_are_opened() -> None:
    from orchestrator.catalogue.sessions import rules_of
    from orchestrator.config.settings import PermissionSettings, Settings
    from orchestrator.toolbox.permissions import decide

    # A project that allows everything lifts nothing.
    allow = PermissionSettings(allow=("place_order", "cancel_order", "open_orders"))
    closed = rules_of(Settings(permissions=allow), None)
    opened = rules_of(Settings(permissions=allow, orders=OrderSettings(live="ask")), None)
    said: dict[tuple[Effect, str], list[str]] = {}
    for tool in TOOLS:
        for place in ("simulator", "sandbox", "live"):
            given = {"place": place, "venue": "bybit"}
            for rules in (closed, opened):
                verdict = decide(rules, tool.name, given, tool.subject(given))
                said.setdefault((tool.effect, place), []).append(verdict.verdict)
    for effect, sandbox, live in (
        (Effect.EXTERNAL, {"ask"}, {"deny", "ask"}),
        (Effect.READ, {"allow"}, {"deny", "allow"}),
    ):
        assert set(said[effect, "simulator"]) == {"allow"}
        assert set(said[effect, "sandbox"]) == sandbox
        assert set(said[effect, "live"]) == live
    why = decide(closed, "place_order", {}, "live bybit BTC/USDT buy").why
    assert "orders with real money are not open here" in why
    assert "ORC_ORDERS_LIVE=ask" in why
    asked = decide(opened, "place_order", {}, "live bybit BTC/USDT buy").why
    assert "a LIVE order with REAL MONEY needs a person" in asked
    asked = decide(opened, "cancel_order", {}, "live bybit 17").why
    assert "a cancel in a LIVE account (it takes orders out of the book, and sends none)" in asked
    assert "LIVE order" not in asked


@pytest.mark.parametrize(
    ("settings", "given", "words"),
    [
        ({}, {"venue": "binanse"}, "there is no venue 'binanse'; did you mean binance"),
        ({}, {"venue": "ftx"}, "ftx closed in November 2022"),
        ({}, {"venue": "okx"}, "orders at okx are not supported: use one of binance, "),
        (
            {},
            {"venue": "coinbase"},
            "does not serve coinbase, only binance, bybit, kraken: start one with",
        ),
        ({"simulator": DEAD}, {}, "no simulator answers at http://127.0.0.1:1: start one with"),
        ({}, {"symbol": "BTC/XYZ"}, "BTC/XYZ"),
        ({}, {"symbol": "ETH/BTC"}, "ETH/BTC is priced in BTC, and the limits"),
        ({}, {"size": "0.000001"}, "binance would not take it, and nothing was sent"),
        ({}, {"size": "-1"}, "side gives direction"),
        ({}, {"size_unit": "USDT"}, "size is meant in USDT, but BTC/USDT counts it in BTC"),
        (
            {"price_collar_percent": Decimal(1)},
            {},
            "the guard refuses this order, and nothing was sent: price-collar",
        ),
        ({"max_order_quote": Decimal(10)}, {}, "The user's own limit is orders.max_order_quote"),
        ({"live": "deny"}, {"place": "live"}, "orders with real money are not open here"),
        ({"gateway": DEAD}, {"place": "live"}, "binance"),
    ],
)
async def test_what_cannot_be_placed_says_why_and_what_to_do(
    bench: Bench, settings: dict[str, Any], given: dict[str, str], words: str
) -> None:
    bench.set(**settings)
    assert words in await bench.refusal("place_order", **{**BUY, **given})


async def test_what_the_venue_rejects_is_told_in_its_words(bench: Bench) -> None:
    bench.set(max_order_quote=Decimal(10**8), max_exposure_quote=Decimal(10**8))
    rejected = await bench.call("place_order", **{**BUY, "size": "100"})
    assert rejected.is_error
    assert rejected.text.startswith("REJECTED by binance (simulator): -2010")
    assert rejected.data["stage"] == "rejected"


async def test_reads_at_the_same_time_share_one_account(bench: Bench) -> None:
    tools = [tool for tool in TOOLS if tool.name in {"open_orders", "positions"}]
    given = {"place": "simulator", "venue": "binance"}
    async with bench.desk() as desk:
        calls = [tool.call(bench.context(desk), given) for tool in tools]
        both = await asyncio.gather(*calls)
    assert not any(one.is_error for one in both)


async def test_a_missing_key_is_named_and_a_wrong_one_refused(bench: Bench) -> None:
    right = dict(bench.environ)
    bench.environ.clear()
    said = await bench.refusal("open_orders", "live")
    assert "set BINANCE_API_KEY and BINANCE_API_SECRET in the environment" in said
    bench.environ |= {**right, "BINANCE_API_SECRET": "x" * 40}
    said = await bench.refusal("place_order", "live", **BUY)
    assert "refuses the key in BINANCE_API_KEY and BINANCE_API_SECRET" in said
    assert "x" * 40 not in said


async def test_a_thrown_kill_switch_stops_orders_and_lets_cancels_pass(bench: Bench) -> None:
    placed = await bench.call("place_order", **BUY)
    (bench.folder / "user" / KILL_SWITCH).write_text("desk is on fire")
    said = await bench.refusal("place_order", **BUY)
    assert "kill-switch: it is thrown: desk is on fire" in said
    assert KILL_SWITCH in said
    ended = await bench.call("cancel_order", order_id=placed.data["client_order_id"])
    assert ended.data["stage"] == "canceled"


async def test_no_key_is_in_the_ledger_or_in_a_result(bench: Bench) -> None:
    placed = await bench.call("place_order", "live", **BUY)
    secrets = [value for name, value in bench.environ.items() if name.startswith("BINANCE")]
    kept = json.dumps(
        [event.body for info in bench.ledger.streams() for event in bench.ledger.read(info.stream)]
    )
    assert placed.data["stage"] == "open"
    for secret in secrets:
        assert secret not in kept
        assert secret not in placed.text


@pytest.mark.parametrize("name", ["kraken", "coinbase"])
async def test_no_key_is_asked_for_where_there_is_no_sandbox(bench: Bench, name: str) -> None:
    said = await bench.refusal("open_orders", "sandbox", venue=name)
    assert said.startswith(f"{name} has no sandbox that ccxt knows of: rehearse on the simulator")


@pytest.mark.parametrize("name", ["binance", "bybit"])
async def test_a_sandbox_is_reached_by_the_hosts_of_the_venues_testnet(
    bench: Bench, venue: Venues, name: str
) -> None:
    own = venue.keys(name)
    bench.environ.clear()
    bench.environ.update({key.replace("_API", "_SANDBOX_API"): own[key] for key in own})
    bench.set(sandbox="ask")
    at = {"place": "sandbox", "venue": name}
    shown = await bench.preview("place_order", **at, **BUY)
    assert f"a SANDBOX order (no real money) at {name}, through the gateway" in shown
    placed = await bench.call("place_order", **at, **BUY)
    assert placed.data["stage"] == "open"
    order = placed.data["client_order_id"]
    assert order in venue.accepted(name)
    assert (await bench.call("cancel_order", **at, order_id=order)).data["stage"] == "canceled"
