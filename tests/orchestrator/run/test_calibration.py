"""What agents said of their work against what was found: which envelopes count, and the figures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.run import events as ev
from orchestrator.run.calibration import (
    FEW,
    NO_CHECK,
    PLAYBOOK,
    UNCHECKED,
    Forecast,
    by_agent,
    calibrate,
    gather,
    wilson,
)
from orchestrator.run.setting import Case, Finding
from tests.support.engines import Make, hand, reply, use
from tests.support.recorded_runs import RecordedRun, blocked_run, normal_run, open_ledger
from trading_tools.audit.ledger import Ledger

FORECASTS = st.lists(
    st.builds(
        Forecast,
        st.sampled_from(["alpha", "beta"]),
        st.floats(0, 1, allow_nan=False),
        st.booleans(),
    ),
    min_size=1,
    max_size=60,
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as opened:
        yield opened


def test_each_agents_first_envelope_counts_against_the_first_check(ledger: Ledger) -> None:
    gathered = gather([normal_run(ledger).state])
    assert gathered.forecasts == (
        Forecast("exchange-integration-specialist", 0.86, True),
        Forecast("risk-engine-architect", 0.7, True),
        Forecast("trading-logic-validator", 0.93, True),
    )
    assert gathered.left_out == {}


def test_what_is_said_after_a_check_that_failed_is_no_forecast(ledger: Ledger) -> None:
    run = RecordedRun(ledger, "sent-back")
    run.open("do it", "alpha")
    check = ({"check": "verify", "met": False, "detail": "2 failing"},)
    first = run.envelope("success", "done", confidence=0.9)
    run.check(first, run.offer(first), check, unmet=("mend the tests",))
    run.hand_off("success", "you go on", to="beta", confidence=0.2)
    run.end("complete", "done now", ({"check": "verify", "met": True, "detail": "ok"},))
    assert gather([run.state]).forecasts == (Forecast("alpha", 0.9, False),)


def test_a_run_that_was_not_checked_in_full_is_left_out_and_counted(ledger: Ledger) -> None:
    met = {"check": "workspace changed", "met": True, "detail": "1 file"}
    unknown = {"check": "verify", "met": None, "detail": "no seal"}
    formal = {"check": "receipts", "met": True, "detail": "all there", "formal": True}
    states = []
    for name, checks in (("a", (met, unknown)), ("b", (formal,)), ("c", ())):
        run = RecordedRun(ledger, name)
        run.open("do it", "alpha")
        run.end("success", "done", checks)
        states.append(run.state)
    gathered = gather(states)
    assert (gathered.forecasts, gathered.left_out) == ((), {UNCHECKED: 3})


def test_a_check_that_this_version_does_not_have_says_nothing(ledger: Ledger) -> None:
    run = RecordedRun(ledger, "part")
    run.open("do it", "alpha")
    met = {"check": "verify", "met": True, "detail": "ok"}
    later = {"check": "review", "met": None, "detail": "not here", "available": False}
    run.end("success", "done", (met, later), confidence=0.6)
    assert gather([run.state]).forecasts == (Forecast("alpha", 0.6, True),)


def test_a_run_without_a_check_is_left_out_and_counted(ledger: Ledger) -> None:
    run = RecordedRun(ledger, "open")
    run.open("do it", "alpha")
    run.hand_off("success", "go on", to="beta")
    assert gather([run.state]).left_out == {NO_CHECK: 1}


def test_a_blocked_envelope_claims_nothing(ledger: Ledger) -> None:
    run = RecordedRun(ledger, "unblocked")
    run.open("do it", "alpha")
    run.hand_off("blocked", "I need a key", to="beta", confidence=0.99)
    run.hand_off("success", "here it is", confidence=0.8)
    run.end("success", "done", ({"check": "verify", "met": True, "detail": "ok"},), confidence=0.7)
    assert gather([run.state]).forecasts == (
        Forecast("alpha", 0.7, True),
        Forecast("beta", 0.8, True),
    )


def test_what_a_playbook_did_is_not_an_agents_word(ledger: Ledger) -> None:
    run = RecordedRun(ledger, "played")
    run.open("do it", "alpha")
    run.journal.append(
        ev.RouteChosen("alpha", "validate", True, "it fits", "do it", playbook="kelly")
    )
    run.end("success", "done", ({"check": "verify", "met": True, "detail": "ok"},))
    gathered = gather([run.state])
    assert (gathered.forecasts, gathered.left_out) == ((), {PLAYBOOK: 1})


def test_a_run_that_ends_blocked_at_its_check_is_a_miss(ledger: Ledger) -> None:
    assert gather([blocked_run(ledger).state]).forecasts == (
        Forecast("trading-bot-specialist", 0.55, False),
    )


async def test_an_envelope_of_the_harness_is_not_the_agents_word(trial: Make) -> None:
    async def check(case: Case) -> Finding:
        return Finding("verify", True, "ok")

    nonsense = [reply({"type": "text", "text": "no envelope"}) for _ in range(3)]
    one = trial(
        hand("needs_help", "beta", confidence=0.4), *nonsense, hand(confidence=0.9), checks=[check]
    )
    await one.drive()
    assert gather([one.journal.state]).forecasts == (Forecast("alpha", 0.4, True),)


async def test_a_fresh_conversation_does_not_make_another_first_envelope(trial: Make) -> None:
    async def check(case: Case) -> Finding:
        return Finding("verify", True, "ok")

    one = trial(
        hand("needs_help", "beta", confidence=0.4),
        hand(confidence=0.6),
        reply(use("look", what="a")),
        hand(confidence=0.9),
        checks=[check],
    )
    one.journal.append(ev.ContextTrimmed(0, "context window", "go on"))
    await one.drive()
    assert [f.confidence for f in gather([one.journal.state]).forecasts] == [0.4, 0.6]


@given(FORECASTS)
def test_the_figures_keep_their_bounds_and_count_everything_once(given: list[Forecast]) -> None:
    one = calibrate(given)
    assert 0 <= one.brier <= 1
    assert 0 <= one.low <= one.hit_rate <= one.high <= 1
    assert sum(part.n for part in one.bins) == one.n == len(given)
    assert sum(part.n for part in by_agent(given).values()) == len(given)
    for part in one.bins:
        assert part.start - 1e-9 <= part.mean_confidence <= part.end + 1e-9
        assert 0 <= part.low <= part.observed <= part.high <= 1
    assert math.isclose(
        sum(part.observed * part.n for part in one.bins), one.hit_rate * one.n, abs_tol=1e-9
    )


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_a_perfect_forecaster_scores_nothing_and_its_opposite_one(outcomes: list[bool]) -> None:
    perfect = [Forecast("alpha", float(met), met) for met in outcomes]
    worst = [Forecast("alpha", 1.0 - met, met) for met in outcomes]
    assert calibrate(perfect).brier == 0
    assert calibrate(worst).brier == 1


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_always_saying_the_hit_rate_earns_the_baseline(outcomes: list[bool]) -> None:
    rate = sum(outcomes) / len(outcomes)
    one = calibrate([Forecast("alpha", rate, met) for met in outcomes])
    assert math.isclose(one.brier, one.baseline, abs_tol=1e-12)


@given(FORECASTS)
def test_nothing_constant_beats_the_baseline(given: list[Forecast]) -> None:
    level = [Forecast("alpha", given[0].confidence, one.met) for one in given]
    one = calibrate(level)
    assert one.brier >= one.baseline - 1e-12


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (8, 10, 0.4902, 0.9433), (1, 2, 0.0945, 0.9055)],
)
def test_the_interval_is_wilsons(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=1e-4)


def test_few_outcomes_are_called_few() -> None:
    assert calibrate([Forecast("alpha", 0.5, True)] * (FEW - 1)).few
    assert not calibrate([Forecast("alpha", 0.5, True)] * FEW).few
