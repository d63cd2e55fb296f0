"""The recorded runs replayed: the model's turns from cassettes, everything else real."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.cli.place import Place
from orchestrator.cli.runs import find_run
from orchestrator.models.cassettes import first_difference, replaying
from orchestrator.models.factory import build_model
from orchestrator.run.state import State
from tests.cassettes.record import play
from tests.support.scenarios import SCENARIOS, Scenario
from trading_tools.audit.verify import verify


def replay(name: str, folder: Path) -> tuple[int, State]:
    """Exit code and state of a replayed scenario; all of its recording was played."""
    scenario: Scenario = SCENARIOS[name]
    model = build_model("anthropic", {"ANTHROPIC_API_KEY": "replay"})
    with replaying(scenario.cassette) as cassette:
        code = play(scenario, folder, model)
        assert cassette.all_played
    place = Place.find(folder / "momentum-desk", {"ORC_HOME": str(folder / "user")})
    with place.open_ledger(read_only=True) as ledger:
        assert verify(ledger).valid
    return code, find_run(place, name)[1]


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != "demo"])
def test_a_recorded_run_ends_as_it_did(name: str, tmp_path: Path) -> None:
    code, state = replay(name, tmp_path)
    assert code == SCENARIOS[name].exit_code
    assert state.closed is not None


def test_the_router_model_chose_who_takes_the_routed_run(tmp_path: Path) -> None:
    _, state = replay("routed", tmp_path)
    assert state.route is not None
    assert (state.route.agent, state.route.by) == ("exchange-integration-specialist", "model")
    assert (state.spend.model_calls, state.spend.router.model_calls) == (4, 1)


def test_the_validation_cites_the_tools_receipts(tmp_path: Path) -> None:
    _, state = replay("validation", tmp_path)
    (link,) = state.chain
    assert link.agent == "trading-logic-validator"
    tools = {state.receipts[number].tool for number in link.receipts}
    assert tools & {"kelly_fraction", "validate_sizing", "position_size"}


def test_the_approved_call_was_made_once_and_only_after_the_approval(tmp_path: Path) -> None:
    _, state = replay("approval", tmp_path)
    (approval,) = state.approvals.values()
    assert approval.used
    assert approval.request.arguments["command"] == "make report"
    assert any("0.0051" in receipt.text for receipt in state.receipts.values())


def test_the_overloaded_service_was_asked_again(tmp_path: Path) -> None:
    _, state = replay("overload", tmp_path)
    assert state.spend.attempts == state.spend.model_calls + 2


@pytest.mark.slow
def test_the_demo_rejects_a_handoff_and_an_ending_and_then_ends_well(tmp_path: Path) -> None:
    code, state = replay("demo", tmp_path)
    assert code == 0
    assert len({link.agent for link in state.chain}) >= 3
    assert [bool(checked.unmet) for checked in state.acceptance] == [True, False]


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_a_cassette_says_where_its_turns_come_from_and_holds_no_header_beyond_the_list(
    name: str,
) -> None:
    document = json.loads(SCENARIOS[name].cassette.read_text(encoding="utf-8"))
    assert "recorded over HTTP" in document["about"]["turns"]
    for interaction in document["interactions"]:
        assert {key.lower() for key in interaction["request"]["headers"]} <= {
            "content-type",
            "anthropic-version",
        }


def test_a_mismatch_names_the_first_difference() -> None:
    sent = {"model": "a", "messages": [{"role": "user", "content": "Kelly 0.65"}]}
    recorded = {"model": "a", "messages": [{"role": "user", "content": "Kelly 0.55"}]}
    difference = first_difference(sent, recorded)
    assert difference is not None
    assert difference.startswith("body.messages[0].content differs at character 8")
