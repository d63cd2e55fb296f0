"""The market playbooks over ccxt's own clients, led to local venues; checked as every answer is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.catalogue.kinds import CHECKS
from orchestrator.catalogue.tools import all_tools
from orchestrator.run import events as ev
from orchestrator.run.state import State
from tests.support.engines import Trial
from tests.support.playbooks import AGENTS, library
from tests.support.venue_server import Fault, VenueServer
from trading_tools.exchange.market_data import MarketData

PLAYBOOKS = library().playbooks


@pytest.fixture
def venues() -> Iterator[VenueServer]:
    with VenueServer() as server:
        yield server


async def asked(folder: Path, venues: VenueServer, request: str, answer: str = "") -> State:
    """The run of a request to its end, with `answer` to its question where it asks one."""
    one = Trial(
        folder,
        (),
        asks=request,
        job="answer",
        checks=CHECKS["answer"],
        agents=tuple(AGENTS),
        tools=all_tools(),
        playbooks=PLAYBOOKS,
    )
    async with venues.market_data() as data:
        one.setting = replace(one.setting, services={MarketData: data})
        state = await one.drive()
        if state.question is not None:
            assert answer, state.question.text
            asks = state.question
            one.journal.append(ev.QuestionAnswered(asks.frame, asks.call, answer))
            state = await one.drive()
    one.close()
    assert state.route is not None
    assert state.route.playbook is not None
    assert state.closed is not None
    return state


@pytest.mark.parametrize(
    ("request_text", "told"),
    [
        ("Tick size of BTC/USDT perp on Bybit?", "tick size 0.1 USDT"),
        ("Min order size BTC/USDT binance", "least notional 5 USDT"),
        ("How many decimals for the BTC/USD price on kraken?", "price decimals 1"),
        ("Does 0.00123 BTC fit BTC/USDT on binance?", "the amount 0.00123 BTC fits"),
        ("Does 0.0012345 BTC fit BTC/USDT on binance?", "rounded down the amount is 0.00123 BTC"),
        ("What is the price of BTC/USDT on bybit?", "- last 60"),
        ("What are the trading fees for BTC/USDT on bybit?", "- maker"),
        ("what are Kraken's rate limits", "a counter up to 15 that falls by 0.33 a second"),
        ("binance maker fee tier 0", "spot, VIP 0: maker 0.1%, taker 0.1% [not verified"),
        ("quirks of coinbase", "has_next and cursor lead on"),
    ],
)
async def test_a_market_question_is_answered_from_the_venue(
    tmp_path: Path, venues: VenueServer, request_text: str, told: str
) -> None:
    state = await asked(tmp_path, venues, request_text)
    assert state.closed is not None
    assert state.closed.status == "success", state.closed.result
    assert told in state.closed.result
    assert state.acceptance[-1].unmet == ()


async def test_the_rate_limits_of_a_venue_that_is_gone_are_its_end(
    tmp_path: Path, venues: VenueServer
) -> None:
    state = await asked(tmp_path, venues, "rate limits of FTX")
    assert state.closed is not None
    assert state.closed.status == "blocked"
    assert "ftx closed in November 2022" in state.closed.result


async def test_the_market_of_an_amount_is_asked_for(tmp_path: Path, venues: VenueServer) -> None:
    state = await asked(tmp_path, venues, "does 0.0012345 BTC fit on binance?", "BTC/USDT")
    assert state.closed is not None
    assert "it does not fit" in state.closed.result


async def test_an_amount_in_another_unit_than_the_markets_is_not_held_against_it(
    tmp_path: Path, venues: VenueServer
) -> None:
    state = await asked(tmp_path, venues, "does 50 USDT fit BTC/USDT on binance?")
    assert state.closed is not None
    assert state.closed.status == "blocked"
    assert "give the amount in BTC" in state.closed.result


async def test_a_name_that_is_two_markets_is_answered_for_both(
    tmp_path: Path, venues: VenueServer
) -> None:
    state = await asked(tmp_path, venues, "Min order size BTCUSDT binance")
    assert state.closed is not None
    assert state.closed.status == "success"
    assert "BTC/USDT on binance, spot" in state.closed.result
    assert "BTC/USDT:USDT on binance" in state.closed.result


async def test_without_a_venue_the_tools_own_order_holds(
    tmp_path: Path, venues: VenueServer
) -> None:
    state = await asked(tmp_path, venues, "tick size of BTC/USDT")
    assert state.closed is not None
    assert "on bybit" in state.closed.result


async def test_an_unknown_market_is_blocked_with_the_tools_words(
    tmp_path: Path, venues: VenueServer
) -> None:
    state = await asked(tmp_path, venues, "tick size of BTX/USDT on binance")
    assert state.closed is not None
    assert state.closed.status == "blocked"
    assert "BTX/USDT" in state.closed.result
    assert state.tool_calls == 1


@pytest.mark.parametrize("wanted", ["tick size of", "what is the price of", "trading fees for"])
async def test_a_venue_that_cannot_be_reached_is_asked_once(
    tmp_path: Path, venues: VenueServer, wanted: str
) -> None:
    venues.faults["exchangeInfo"] = Fault(ending="reset")
    state = await asked(tmp_path, venues, f"{wanted} BTC/USDT on binance")
    assert state.closed is not None
    assert state.closed.status == "blocked"
    assert "binance" in state.closed.result
    assert state.tool_calls == 1
