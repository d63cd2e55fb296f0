"""The gate's checks of market rules, from a venue on this machine and from kept files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.gate_venues import at_port, lying
from tests.support.golive import NOW, GateProject, check
from tests.support.venues import served_in_a_thread, serving, spot
from trading_tools.golive.check import Case
from trading_tools.golive.config.reading import read_project
from trading_tools.golive.drilled import Drilled, Judgement
from trading_tools.golive.venues.asking import Venues
from trading_tools.golive.verdict import Evidence, Finding, Verdict

KEPT = "markets.json"
FILE: dict[str, Any] = {"name": "binance", "symbols": ["BTC/USDT"], "markets": KEPT}
SMALL = {"min_order_quote": "50", "stop_distance": "0.05"}
PRICED = {**FILE, "prices": {"BTC/USDT": "60000"}}


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> GateProject:
    return GateProject(tmp_path_factory.mktemp("gate") / "bot")


@pytest.fixture(scope="module")
def binance() -> Iterator[Venues]:
    with served_in_a_thread(serving(spot())) as port:
        yield at_port(port)


def market(**changed: Any) -> dict[str, Any]:
    """BTC/USDT as ccxt describes Binance's, so far as the gate reads it."""
    return {
        "symbol": "BTC/USDT",
        "id": "BTCUSDT",
        "type": "spot",
        "base": "BTC",
        "quote": "USDT",
        "active": True,
        "taker": 0.001,
        "precision": {"price": 0.01, "amount": 0.00001},
        "limits": {
            "amount": {"min": 0.00001, "max": 9000},
            "price": {"min": 0.01, "max": 1000000},
            "cost": {"min": 5, "max": 9000000},
        },
        "info": {"orderTypes": ["LIMIT", "MARKET"]},
        **changed,
    }


def keep(gate: GateProject, age: timedelta = timedelta(hours=1), **changed: Any) -> None:
    gate.write(KEPT, json.dumps({"BTC/USDT": market(**changed)}))
    stamp = (NOW - age).timestamp()
    os.utime(gate.folder / KEPT, (stamp, stamp))


def ask(gate: GateProject, name: str, venue: dict[str, Any], **limits: Any) -> Finding:
    gate.configure(venues=[venue], limits={**SMALL, **limits})
    return gate.ask_as_it_is(name)


def drilled(gate: GateProject, verdict: str) -> Finding:
    """What G07 says when every drill came to that verdict."""
    gate.configure(venues=[FILE], limits=SMALL)
    names = ("calm", "d16-coarser-tick", "d17-higher-notional")
    judged = tuple(Judgement(name, "binance", verdict, "a price off the tick") for name in names)
    case = Case(
        project=read_project(gate.folder / "golive.toml"),
        now=NOW,
        drilled=Drilled(judged, Evidence("drills", "00")),
    )
    return check("G07").run(case)


def test_the_venue_itself_says_that_a_market_is_open(gate: GateProject, binance: Venues) -> None:
    found = gate.ask_venues("G06", binance)
    assert found.verdict is Verdict.PASS, found.detail
    assert found.evidence[0].sha256


def test_a_symbol_that_the_venue_does_not_list_fails(gate: GateProject, binance: Venues) -> None:
    venues = [{"name": "binance", "symbols": ["BTC/USDT", "NIL/USDT"]}]
    found = gate.ask_venues("G06", binance, venues=venues)
    assert found.verdict is Verdict.FAIL
    assert "NIL/USDT" in found.detail


def test_an_exit_is_reckoned_with_the_venues_own_rules(gate: GateProject, binance: Venues) -> None:
    venues = [{**PRICED, "markets": None}]
    venues = [{key: value for key, value in venues[0].items() if value is not None}]
    found = gate.ask_venues("G08", binance, venues=venues, limits=SMALL)
    assert found.verdict is Verdict.PASS, found.detail


def test_a_venue_that_is_down_is_no_evidence_for_its_rules(gate: GateProject) -> None:
    with lying() as liar:
        port = liar.port
    found = gate.ask_venues("G06", at_port(port))
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "binance" in found.detail


def test_a_young_file_of_rules_serves_without_the_venue(gate: GateProject) -> None:
    keep(gate)
    found = ask(gate, "G06", FILE)
    assert found.verdict is Verdict.PASS, found.detail


def test_an_old_file_of_rules_is_no_evidence(gate: GateProject) -> None:
    keep(gate, timedelta(days=8))
    found = ask(gate, "G06", FILE)
    assert found.verdict is Verdict.NO_EVIDENCE
    assert "8 days old" in found.detail


@pytest.mark.parametrize(
    ("changed", "types", "verdict", "words"),
    [
        ({"active": False}, ["limit"], Verdict.FAIL, "not trading"),
        ({"active": None}, ["limit"], Verdict.NO_EVIDENCE, "does not say"),
        ({}, ["limit", "stop"], Verdict.FAIL, "stop"),
        ({"info": {}}, ["limit"], Verdict.NO_EVIDENCE, "order types"),
        ({"limits": {"cost": {"min": "much"}}}, ["limit"], Verdict.NO_EVIDENCE, "much"),
    ],
)
def test_what_the_file_says_decides(
    gate: GateProject, changed: Any, types: list[str], verdict: Verdict, words: str
) -> None:
    keep(gate, **changed)
    found = ask(gate, "G06", {**FILE, "order_types": types})
    assert found.verdict is verdict
    assert words in found.detail


@pytest.mark.parametrize("text", ["{", "[1]", "7", ""])
def test_a_file_that_holds_no_markets_is_no_evidence(gate: GateProject, text: str) -> None:
    keep(gate)
    (gate.folder / KEPT).write_text(text)
    assert ask(gate, "G06", FILE).verdict is Verdict.NO_EVIDENCE


def test_an_entry_that_leaves_enough_to_sell_passes_with_its_sums(gate: GateProject) -> None:
    keep(gate)
    found = ask(gate, "G08", PRICED)
    assert found.verdict is Verdict.PASS, found.detail
    figures = found.evidence[1].figures
    # 50 / 60000 = 0.000833…, down to 0.00083; half of it 0.00041, less a thousandth 0.0004.
    assert (figures["entry_amount"], figures["exit_amount"]) == ("0.00083", "0.0004")
    assert figures["exit_quote"] == "22.8"


def test_a_rest_that_could_not_be_sold_at_the_stop_fails(gate: GateProject) -> None:
    keep(gate)
    found = ask(gate, "G08", PRICED, min_order_quote="9")
    assert found.verdict is Verdict.FAIL
    assert "smallest exit" in found.detail


def test_an_entry_below_the_minimum_fails(gate: GateProject) -> None:
    keep(gate)
    found = ask(gate, "G08", PRICED, min_order_quote="4")
    assert found.verdict is Verdict.FAIL
    assert "smallest entry" in found.detail


@pytest.mark.parametrize("name", ["min_order_quote", "stop_distance"])
def test_what_the_sum_needs_and_is_not_declared_is_named(gate: GateProject, name: str) -> None:
    keep(gate)
    found = ask(gate, "G08", PRICED, **{name: None})
    assert found.verdict is Verdict.NO_EVIDENCE
    assert name in found.detail


def test_rules_without_a_fee_are_no_evidence_for_an_exit(gate: GateProject) -> None:
    keep(gate, taker=None)
    assert ask(gate, "G08", PRICED).verdict is Verdict.NO_EVIDENCE


def test_rounding_passes_with_sound_steps_and_sound_drills(gate: GateProject) -> None:
    keep(gate)
    found = drilled(gate, "pass")
    assert found.verdict is Verdict.PASS, found.detail
    assert "10000 drawn orders" in found.detail


def test_a_bot_that_sends_prices_off_the_tick_fails(gate: GateProject) -> None:
    keep(gate)
    found = drilled(gate, "fail")
    assert found.verdict is Verdict.FAIL
    assert "off the tick" in found.detail


def test_sound_steps_without_drills_are_no_evidence(gate: GateProject) -> None:
    keep(gate)
    assert ask(gate, "G07", FILE).verdict is Verdict.NO_EVIDENCE


def test_rules_without_a_tick_are_no_evidence_for_rounding(gate: GateProject) -> None:
    keep(gate, precision={"amount": 0.00001})
    assert drilled(gate, "pass").verdict is Verdict.NO_EVIDENCE
