"""What the statistics must obey, whatever the numbers, and what they refuse."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trading_tools.stats.drawdown import drawdown, drawdown_chance
from trading_tools.stats.errors import StatsError
from trading_tools.stats.overfitting import overfitting
from trading_tools.stats.samples import Moments, moments
from trading_tools.stats.sharpe import (
    deflated_sharpe,
    expected_best_sharpe,
    probabilistic_sharpe,
)
from trading_tools.stats.slippage import fills_needed, mean_upper_bound
from trading_tools.stats.track_record import min_backtest_years, min_track_record

RETURNS = st.lists(st.floats(-0.2, 0.2), min_size=3, max_size=60).filter(
    lambda row: np.ptp(row) > 1e-6
)


@given(RETURNS, st.floats(0.01, 100))
def test_leverage_changes_no_ratio(row: list[float], leverage: float) -> None:
    plain, levered = moments(row), moments([value * leverage for value in row])
    assert levered.sharpe == pytest.approx(plain.sharpe, rel=1e-6, abs=1e-9)
    assert levered.kurtosis == pytest.approx(plain.kurtosis, rel=1e-6)


@given(RETURNS, st.integers(1, 10_000), st.integers(1, 10_000))
def test_more_trials_never_make_a_record_more_credible(row: list[float], a: int, b: int) -> None:
    few, many = sorted((a, b))
    sample = moments(row)
    assume(sample.kurtosis > 1.01 + sample.skewness**2)  # two-valued series sit on that edge
    assert 0 <= deflated_sharpe(sample, many, 0.01) <= deflated_sharpe(sample, few, 0.01) <= 1


def test_one_trial_deflates_nothing() -> None:
    sample = moments([0.01, -0.02, 0.03, 0.01])
    assert deflated_sharpe(sample, 1, 0.5) == probabilistic_sharpe(sample)


@given(st.floats(0.01, 2), st.floats(0.55, 0.999))
def test_a_record_of_the_minimal_length_is_just_credible(ratio: float, confidence: float) -> None:
    needed = min_track_record(Moments(2, ratio, 1, 0, 3), 0, confidence)
    record = Moments(math.ceil(needed), ratio, 1, 0, 3)
    assert probabilistic_sharpe(record) >= confidence - 1e-9


def test_a_record_below_its_benchmark_never_suffices() -> None:
    assert min_track_record(Moments(100, 0.1, 1, 0, 3), benchmark=0.1) == math.inf


@settings(max_examples=25)
@given(st.integers(0, 1_000), st.sampled_from([2, 4, 6]))
def test_overfitting_is_what_the_definition_counts(seed: int, blocks: int) -> None:
    table = np.random.default_rng(seed).normal(0.0, 0.01, (31, 5))
    rows = len(table) // blocks * blocks
    cut = np.split(table[len(table) - rows :], blocks)
    fallen = 0
    splits = list(combinations(range(blocks), blocks // 2))
    for taken in splits:
        inside = np.concatenate([cut[i] for i in taken])
        outside = np.concatenate([cut[i] for i in range(blocks) if i not in taken])
        best = (inside.mean(0) / inside.std(0, ddof=1)).argmax()
        after = outside.mean(0) / outside.std(0, ddof=1)
        fallen += (after <= after[best]).sum() / 6 <= 0.5
    found = overfitting(table, blocks)
    assert found.probability == pytest.approx(fallen / len(splits))
    assert (found.splits, found.rows_used) == (len(splits), rows)


def test_a_strategy_that_never_traded_counts_as_worthless_not_as_a_fault() -> None:
    table = np.random.default_rng(1).normal(0.001, 0.01, (64, 3))
    table[:, 1] = 0.0
    assert 0 <= overfitting(table, 4).probability <= 1


@given(st.lists(st.floats(1, 1_000), min_size=1, max_size=50))
def test_the_drawdown_is_the_deepest_fall_between_two_points(equity: list[float]) -> None:
    found = drawdown(equity)
    deepest = max(
        1 - equity[j] / equity[i] for i in range(len(equity)) for j in range(i, len(equity))
    )
    assert found.deepest == pytest.approx(deepest)
    assert 1 - equity[found.trough_at] / equity[found.peak_at] == found.deepest


@pytest.mark.parametrize(
    ("equity", "under"), [([1, 2, 3], 0), ([3, 2, 1], 2), ([3, 1, 2, 3, 1], 2), ([5], 0)]
)
def test_the_longest_stay_below_a_peak(equity: list[float], under: int) -> None:
    assert drawdown(equity).longest_under == under


def test_a_fall_is_as_likely_as_a_coin_says() -> None:
    chance = drawdown_chance([0.5, -0.5], 0.4, 1, mean_block=1, draws=20_000, seed=7)
    assert chance == pytest.approx(0.5, abs=0.02)
    assert chance == drawdown_chance([0.5, -0.5], 0.4, 1, mean_block=1, draws=20_000, seed=7)


def test_the_bound_of_a_mean_holds_as_often_as_it_says() -> None:
    chance = np.random.default_rng(11)
    kept = [mean_upper_bound(chance.normal(1, 5, 20)).upper >= 1 for _ in range(2_000)]
    assert float(np.mean(kept)) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda: moments([0.01]), "1 given, at least 2 are needed"),
        (lambda: moments([0.01] * 9), "all 9 returns are 0.01: without variation"),
        (lambda: moments([0.0, 0.0]), "all 2 returns are 0"),
        (lambda: moments([0.01, math.nan, 0.0]), "the one at place 1 (from 0) is nan"),
        (lambda: moments(np.zeros((2, 2))), "not 2 dimensions"),
        (lambda: expected_best_sharpe(0, 1), "trials is 0"),
        (lambda: expected_best_sharpe(3, math.inf), "variance of the trials' Sharpe ratios is inf"),
        (lambda: probabilistic_sharpe(Moments(9, 0.1, 1, 2, 3)), "belong to no series"),
        (lambda: min_track_record(Moments(9, 0.1, 1, 0, 3), 0, 0.4), "confidence is 0.4"),
        (lambda: min_backtest_years(3, 0), "annual_sharpe is 0"),
        (lambda: overfitting([[0.1], [0.2]]), "at least 2 strategies"),
        (lambda: overfitting(np.zeros((99, 2)), 5), "blocks is 5"),
        (lambda: overfitting(np.zeros((9, 2)), 8), "9 periods in 8 blocks"),
        (lambda: overfitting([[0.1, math.inf]] * 8, 2), "the one at place 0, 1 (from 0) is inf"),
        (lambda: drawdown([]), "equity: 0 given"),
        (lambda: drawdown([0, 1]), "equity begins with 0"),
        (lambda: drawdown_chance([0.1, 0.2], 1, 1, 1, 1, 1), "limit is 1"),
        (lambda: drawdown_chance([0.1, 0.2], 0.1, 0, 1, 1, 1), "periods is 0"),
        (lambda: mean_upper_bound([1.0]), "values: 1 given"),
        (lambda: fills_needed(5, 0), "margin is 0"),
    ],
)
def test_an_input_that_supports_no_figure_is_named(act: object, said: str) -> None:
    assert callable(act)
    with pytest.raises(StatsError) as caught:
        act()
    assert said in str(caught.value)
