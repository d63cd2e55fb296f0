"""The catalogue: complete, told apart, and found by the beginning of a name."""

from __future__ import annotations

import re

import pytest

from trading_tools.drill.scenarios.catalogue import SCENARIOS, UnknownScenario, fitting, scenario
from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.drill.scenarios.scenario import Scenario


def test_every_drill_has_its_number_and_its_name() -> None:
    numbers = [each.name[:3] for each in SCENARIOS if re.match(r"d\d\d-", each.name)]
    assert numbers == sorted(set(numbers))
    assert {f"d{number:02}" for number in range(1, 26)} <= set(numbers)
    assert {"calm", "sigterm", "kill"} <= {each.name for each in SCENARIOS}


def test_the_beginning_of_a_name_is_enough() -> None:
    assert scenario("d01").name == "d01-lost-ack"
    assert scenario("D13").name == "d13-429-then-418"
    assert scenario("sig").name == "sigterm"


@pytest.mark.parametrize(
    ("name", "problem"),
    [("d0", "several scenarios begin with"), ("lost", "no scenario is called"), ("", "several")],
)
def test_a_name_that_names_none_or_several_is_answered_with_what_there_is(
    name: str, problem: str
) -> None:
    with pytest.raises(UnknownScenario, match=problem) as caught:
        scenario(name)
    assert "d01-lost-ack" in str(caught.value)


@pytest.mark.parametrize("each", SCENARIOS, ids=lambda each: each.name)
def test_a_scenario_says_what_happened_and_what_must_hold(each: Scenario) -> None:
    assert each.title.endswith(".")
    assert each.story.endswith(".")
    assert each.links or each.name == "calm"
    assert all(link.startswith("https://") for link in each.links)
    assert each.invariants
    assert each.faults or each.signals or each.name == "calm"
    names = [fault.name for fault in each.faults]
    assert len(names) == len(set(names))


def test_every_invariant_is_asked_for_somewhere() -> None:
    assert {name for each in SCENARIOS for name in each.invariants} == set(Invariant)


def test_what_cannot_happen_on_a_venue_is_not_played_there() -> None:
    assert "d15-nonce-collision" not in [each.name for each in fitting("binance")]
    assert "d15-nonce-collision" in [each.name for each in fitting("kraken")]
    assert "d12-key-expiry" not in [each.name for each in fitting("kraken")]
