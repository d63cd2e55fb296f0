"""Each fault that a sample has is found by its property, and nothing is found on sound ones."""

from __future__ import annotations

import pytest

from tests.trading_tools.conformance.checking import checked, errors
from trading_tools.conformance.spec import Verdict

FAULTS: list[tuple[str, str, dict[str, str], set[str]]] = [
    ("limiter", "limiters.py:CreditsSleepTwice", {}, {"rate"}),
    ("breaker", "breakers.py:ManyProbes", {}, {"one-probe"}),
    ("kelly", "figures.py:by_ratio", {},
     {"partial-loss", "larger-loss", "overbet", "chance", "sign", "zero"}),
    ("sizing", "figures.py:trusting_size", {},
     {"bankroll", "multiplier", "no-money", "negative", "units", "no-number"}),
    ("order-guard", "guards.py:TrustingBot", {},
     {"frozen", "market-order", "race", "daily-race", "open-orders", "unknown-outcome", "closing",
      "daily-reset"}),
    ("backoff", "backoffs.py:Remembering", {}, {"bounded", "reset"}),
]  # fmt: skip
MORE_FAULTS: list[tuple[str, str, dict[str, str], set[str]]] = [
    ("limiter", "limiters.py:OnWallClock", {}, {"clock-steps"}),
    ("limiter", "limiters.py:GrantsTheImpossible", {}, {"oversize"}),
    ("limiter", "limiters.py:RefundsWhoLeaves", {}, {"cancellation"}),
    ("limiter", "limiters.py:KeepsTheDoorShut", {}, {"cancellation"}),
    ("limiter", "limiters.py:Racing", {}, {"rate"}),
    ("limiter", "limiters.py:FixedWindow", {}, {"rate"}),
    ("limiter", "limiters.py:CountsByKey", {}, {"rate"}),
    ("breaker", "breakers.py:ForgetfulProbe", {}, {"probe-fails"}),
    ("breaker", "breakers.py:LateFailures", {}, {"late-failures"}),
    ("breaker", "breakers.py:OnWallClock", {}, {"clock-steps"}),
    ("breaker", "breakers.py:SmallMemory", {}, {"big-threshold"}),
    ("breaker", "breakers.py:CountsForEver", {}, {"rare-failures"}),
    ("kelly", "figures.py:doubled", {}, {"whole-loss", "partial-loss", "larger-loss", "overbet"}),
    ("sizing", "figures.py:rounded_size", {}, {"bound"}),
    ("order-guard", "guards.py:Order", {}, {"no-number", "floats", "frozen"}),
    ("order-guard", "guards.py:FloatGuard", {}, {"limits", "no-number", "floats", "market-order"}),
    ("backoff", "backoffs.py:unbounded", {}, {"bounded"}),
    ("backoff", "backoffs.py:doubling", {}, {"bounded", "ends"}),
    ("backoff", "backoffs.py:recursive_retry", {}, {"waits", "ends", "no-recursion"}),
    ("backoff", "backoffs.py:Stream.run", {"fails": "venue.watch"}, {"reset"}),
]
SOUND: list[tuple[str, str, dict[str, str]]] = [
    ("breaker", "breakers.py:kit_breaker", {"threshold": "3", "recovery": "10"}),
    ("kelly", "figures.py:kit_kelly", {}),
]
MORE_SOUND: list[tuple[str, str, dict[str, str]]] = [
    ("limiter", "limiters.py:kit_pacer", {"rate": "10"}),
    ("order-guard", "guards.py:KitBot", {}),
    ("limiter", "limiters.py:Bucket", {}),
    ("limiter", "limiters.py:SlidingWindow", {}),
    ("limiter", "limiters.py:Entered", {}),
    ("limiter", "limiters.py:Raising", {}),
    ("limiter", "limiters.py:UnderWay", {}),
    ("limiter", "limiters.py:LastLongAgo", {}),
    ("limiter", "limiters.py:TradingLike", {"venue": "kraken", "acquire": "take"}),
    ("breaker", "breakers.py:Sound", {}),
    ("breaker", "breakers.py:Calls", {}),
    ("breaker", "breakers.py:CallsNow", {}),
    ("breaker", "breakers.py:Entered", {}),
    ("breaker", "breakers.py:Wraps", {}),
    ("kelly", "figures.py:in_floats", {}),
    ("kelly", "figures.py:Desk.stake", {"win_as": "decimal"}),
    ("sizing", "figures.py:kit_size", {}),
    ("sizing", "figures.py:by_stop", {}),
    ("backoff", "backoffs.py:full_jitter", {}),
    ("backoff", "backoffs.py:Sound", {}),
    ("backoff", "backoffs.py:bounded_retry", {}),
]


@pytest.mark.parametrize(("kind", "target", "params", "faults"), FAULTS)
def test_a_fault_is_found_by_its_property_and_by_no_other(
    kind: str, target: str, params: dict[str, str], faults: set[str]
) -> None:
    outcome = checked(kind, target, params)

    assert errors(outcome) == faults
    for finding in outcome.broken:
        assert finding.counterexample is not None
        assert finding.counterexample.steps
        assert finding.counterexample.expected != finding.counterexample.came


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "target", "params", "faults"), MORE_FAULTS)
def test_other_faults_are_found_too(
    kind: str, target: str, params: dict[str, str], faults: set[str]
) -> None:
    assert errors(checked(kind, target, params, histories=100)) == faults


@pytest.mark.parametrize(("kind", "target", "params"), SOUND)
def test_nothing_is_found_on_the_kit_itself(kind: str, target: str, params: dict[str, str]) -> None:
    outcome = checked(kind, target, params)

    assert errors(outcome) == set()
    held = [each for each in outcome.findings if each.verdict is Verdict.HELD]
    assert len(held) >= 4
    assert all(each.histories > 0 for each in held)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("kind", "target", "params"), [*SOUND, *MORE_SOUND])
def test_nothing_is_found_on_sound_ones_whatever_the_seed(
    kind: str, target: str, params: dict[str, str], seed: int
) -> None:
    outcome = checked(kind, target, params, histories=100, seed=seed)

    assert errors(outcome) == set()


@pytest.mark.slow
def test_the_same_seed_finds_the_same_counterexample() -> None:
    first, second = (checked("limiter", "limiters.py:Racing") for _ in range(2))

    assert first.findings == second.findings


def test_a_counterexample_is_short() -> None:
    outcome = checked("breaker", "breakers.py:OnWallClock")

    (finding,) = outcome.broken
    assert finding.counterexample is not None
    calls = [step.call for step in finding.counterexample.steps]
    assert len(calls) <= 4
    assert "the wall clock is set" in calls[1]


def test_a_property_whose_question_is_never_reached_is_not_said_to_hold() -> None:
    outcome = checked("breaker", "breakers.py:NeverLetsThrough", histories=5)
    told = {each.name: each for each in outcome.findings}
    assert errors(outcome) == {"threshold"}
    for name in ("big-threshold", "stays-open", "one-probe", "probe-fails", "clock-steps"):
        assert told[name].verdict is Verdict.NOT_APPLICABLE
        assert told[name].detail == "not reached: it refuses before enough failures open it"


@pytest.mark.slow
def test_calls_that_wait_for_the_one_under_way_are_not_said_to_be_refused() -> None:
    outcome = checked("breaker", "breakers.py:Serial", histories=2)

    told = {each.name: each for each in outcome.findings}
    assert told["late-failures"].detail == "not reached: calls wait for the one under way"
    example = told["lost-probe"].counterexample
    assert example is not None
    assert example.steps[-1].came == "waits for the call under way"
    assert not any("threads running" in note for note in outcome.notes)


@pytest.mark.slow
def test_a_win_in_decimal_odds_is_named_where_it_seems_to_be_one() -> None:
    outcome = checked("kelly", "figures.py:Desk.stake", histories=5)

    (finding,) = [each for each in outcome.broken if each.name == "whole-loss"]
    assert finding.counterexample is not None
    assert "--param win_as=decimal" in finding.counterexample.expected
    assert "Desk().stake(" in finding.counterexample.steps[0].call
