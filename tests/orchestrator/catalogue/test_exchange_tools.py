"""The market data tools as agents and people call them, on recorded venues; no network."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from orchestrator.catalogue.acceptance.figures import figures_supported
from orchestrator.catalogue.services import market_data_of
from orchestrator.catalogue.tools import all_tools, default_verdicts
from orchestrator.config.settings import MarketDataSettings
from orchestrator.models.scripted import ScriptedModel
from orchestrator.toolbox.tool import Effect, ToolContext, ToolError, ToolResult, Unavailable
from tests.cassettes.record import play
from tests.support.cases import ending
from tests.support.command_line import CommandLine
from tests.support.engines import hand, reply, use
from tests.support.golden import assert_golden
from tests.support.scenarios import Scenario
from tests.support.venue_cassettes import FOLDER, SYMBOLS, calls, cassette, replayed
from trading_tools.exchange.market_data import MarketData

NAMES = ("ticker", "order_book", "candles", "market_limits", "trading_fees")


async def call(data: MarketData, tool: str, arguments: dict[str, Any]) -> ToolResult:
    context = ToolContext(run="r", agent="a", key="k", services={MarketData: data})
    return await all_tools()[tool].call(context, arguments)


@pytest.mark.parametrize("venue", SYMBOLS)
async def test_every_tool_reads_the_recorded_venue(venue: str) -> None:
    lines = []
    with cassette(venue) as tape:
        async with replayed() as data:
            for tool, arguments in calls(venue):
                found = await call(data, tool, arguments)
                assert json.loads(found.text) == found.data
                lines.append(f"{tool} {json.dumps(arguments)}\n{found.text}\n")
        assert tape.all_played
    assert_golden(f"market_data_{venue}.txt", "\n".join(lines))


@pytest.mark.parametrize("venue", SYMBOLS)
def test_a_recording_says_what_it_is_and_names_only_the_real_hosts(venue: str) -> None:
    text = (FOLDER / f"{venue}.json").read_text(encoding="utf-8")
    kept = json.loads(text)
    assert "local stand-ins" in kept["about"]
    hosts = {row["request"]["uri"].split("/")[2] for row in kept["interactions"]}
    assert all(host.endswith(f"{venue}.com") for host in hosts), hosts
    assert "127.0.0.1" not in text
    assert len({row["request"]["uri"] for row in kept["interactions"]}) == len(kept["interactions"])


async def test_a_request_that_was_not_recorded_is_not_answered_with_another() -> None:
    with cassette("bybit"):
        async with replayed() as data:
            deeper = {"symbol": "BTC/USDT", "venue": "bybit", "depth": 60}
            with pytest.raises(Unavailable):
                await call(data, "order_book", deeper)


def test_all_of_them_only_read_and_are_free() -> None:
    for name in NAMES:
        assert all_tools()[name].effect is Effect.READ
        assert default_verdicts(sealed=False)[name] == "allow"


async def test_an_order_is_held_against_the_limits() -> None:
    with cassette("bybit"):
        async with replayed() as data:
            found = await call(
                data,
                "market_limits",
                {"symbol": "SHIB1000USDT", "venue": "bybit", "amount": 125, "price": 0.0123456},
            )
    order = found.data["order"]
    assert (order["amount"], order["price_buy"], order["price_sell"]) == (
        "120",
        "0.012345",
        "0.012346",
    )
    assert order["fits"] is False
    assert "amount 125 is no multiple of the step, 10" in order["problems"]


@pytest.mark.parametrize(("seconds", "requests"), [(0, 5), (30, 4)])
async def test_the_settings_say_how_long_an_answer_is_kept(seconds: int, requests: int) -> None:
    with cassette("bybit") as tape:
        async with market_data_of(MarketDataSettings(ticker_s=seconds)) as data:
            for _ in range(2):
                await data.ticker("BTC/USDT", "bybit")
        assert tape.play_count == requests


async def test_what_a_venue_said_supports_a_figure_and_nothing_else_does(tmp_path: Path) -> None:
    with cassette("bybit"), ending(tmp_path, "What does BTC cost on Bybit?") as run:
        async with replayed() as data:
            run.services[MarketData] = data
            seq = await run.use("ticker", symbol="BTC/USDT", venue="bybit")
        said = f"BTC/USDT trades at a price of 60,000 USDT, bid 59999.5 [r{seq}]."
        assert (await figures_supported(run.case(said))).met is True
        made_up = f"BTC/USDT trades at a price of 61,234 USDT [r{seq}]."
        assert (await figures_supported(run.case(made_up))).met is False


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("ticker", {"symbol": "BTCUSDT", "venue": "bybit"}, "is 2 markets of bybit"),
        ("ticker", {"symbol": "BTC/USDT", "venue": "ftx"}, "closed in November 2022"),
        ("candles", {"symbol": "BTC/USDT", "interval": "2m", "venue": "bybit"}, "no candles of"),
        ("candles", {"symbol": "BTC/USDT", "interval": "1m", "count": 0}, "count"),
        ("order_book", {"symbol": "BTC/USDT", "depth": 1000}, "depth"),
        ("market_limits", {"symbol": "BTC/USDT", "amount": "NaN"}, "amount"),
        ("ticker", {"symbol": ""}, "symbol"),
    ],
)
async def test_a_wrong_call_is_answered_with_what_is_wrong(
    tool: str, arguments: dict[str, Any], says: str
) -> None:
    with cassette("bybit"):
        async with replayed() as data:
            with pytest.raises(ToolError, match=says) as refusal:
                await call(data, tool, arguments)
    assert not isinstance(refusal.value, Unavailable)


def test_a_person_calls_them_by_hand(orc: CommandLine) -> None:
    with cassette("bybit"):
        called = orc("tools", "call", "ticker", '{"venue":"bybit","symbol":"BTC/USDT"}', "--json")
    assert (called.code, called.err) == (0, "")
    assert (called.json["last"], called.json["price_unit"]) == ("60000", "USDT")


def test_without_a_network_a_person_gets_one_line_and_exit_code_1(
    orc: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    called = orc("tools", "call", "ticker", '{"venue":"bybit","symbol":"BTC/USDT"}')
    assert (called.code, called.out) == (1, "")
    assert called.err == (
        "orc: ticker: bybit cannot be reached: its name is not found (no network, or no name "
        "service); nothing is wrong with the call\n"
    )


def test_a_run_answers_from_the_venue_and_is_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = {"symbol": "BTC/USDT", "venue": "bybit"}
    steps = [
        reply(use("ticker", **at), use("market_limits", **at)),
        hand(result="BTC/USDT last traded at a price of 60000 USDT; its tick size is 0.1 USDT."),
    ]
    asked = Scenario("price", "What does BTC/USDT cost on Bybit?", agent="trading-logic-validator")
    with cassette("bybit"):
        assert play(asked, tmp_path, ScriptedModel(steps)) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["verified"], told["unverified"]) == ("success", True, [])
