"""Figures that the papers print, and those of an independent computation.

The published ones are reproduced to their printed digits, the computed ones to nine.
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from trading_tools.stats.overfitting import overfitting
from trading_tools.stats.samples import Moments
from trading_tools.stats.sharpe import (
    deflated_sharpe,
    expected_best_sharpe,
    probabilistic_sharpe,
)
from trading_tools.stats.slippage import fills_needed
from trading_tools.stats.track_record import min_backtest_years, min_track_record

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "dsr_vectors.json"


def sample(sharpe: float, count: int = 2, skew: float = 0.0, kurtosis: float = 3.0) -> Moments:
    """Moments of a series with that ratio per period."""
    return Moments(count, sharpe, 1.0, skew, kurtosis)


DAILY: Final = math.sqrt(250)
"""250 trading days a year, as in the example of the paper on deflated ratios."""
PICKED: Final = sample(2.5 / DAILY, 1250, -3, 10)
HEDGE: Final = sample(0.458, 24)
HEDGE_TAILS: Final = sample(0.458, 24, -2.448, 10.164)

FIGURES: Final[dict[str, tuple[Callable[[], float], float]]] = {
    "DSR1": (lambda: expected_best_sharpe(100, 0.5 / 250), 0.1132),
    "DSR2": (lambda: deflated_sharpe(PICKED, 100, 0.5 / 250), 0.9004),
    "DSR3": (lambda: deflated_sharpe(PICKED, 46, 0.5 / 250), 0.9505),
    "DSR4": (lambda: deflated_sharpe(sample(2.5 / DAILY, 1250), 88, 0.5 / 250), 0.9505),
    "EM10": (lambda: expected_best_sharpe(10, 1), 1.57),
    "EM45": (lambda: expected_best_sharpe(45, 1 / 5), 1.0),
    "MinBTL7": (lambda: min_backtest_years(7), 2.0),
    "PSR1": (lambda: probabilistic_sharpe(HEDGE), 0.982),
    "PSR2": (lambda: probabilistic_sharpe(HEDGE_TAILS), 0.913),
    "TRL1": (lambda: years(252, 0, 3), 2.73),
    "TRL2": (lambda: years(52, 0, 3), 2.83),
    "TRL3": (lambda: years(12, 0, 3), 3.24),
    "TRL4": (lambda: years(12, -0.72, 5.78), 4.99),
    "SL1": (lambda: fills_needed(deviation=5, margin=1), 155),
    "PBOn": (lambda: overfitting(noise(16)).splits, 12_870),
}


def years(periods: int, skew: float, kurtosis: float) -> float:
    """Years until an annual ratio of 2 is surely above 1, from that many periods a year."""
    root = math.sqrt(periods)
    return min_track_record(sample(2 / root, 2, skew, kurtosis), 1 / root) / periods


def noise(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.random.default_rng(seed).normal(0, 0.01, (400, 20))


@pytest.mark.parametrize("name", FIGURES)
def test_the_papers_figures_come_out_to_their_printed_digits(name: str) -> None:
    compute, printed = FIGURES[name]
    if name == "MinBTL7":
        assert round(compute()) == printed
    else:
        digits = len(f"{printed:g}".partition(".")[2])
        assert round(compute(), digits) == printed


def test_an_independent_computation_gives_the_same_to_nine_digits() -> None:
    if not VECTORS.exists():
        pytest.skip("needs ../shared/vectors")
    computed = {row["id"]: row["value"] for row in json.loads(VECTORS.read_text())}
    # SL1 was computed with quantiles cut to four digits
    ours = {name: FIGURES[name][0]() for name in FIGURES if name in computed and name != "SL1"}
    assert len(ours) == 14
    assert ours == pytest.approx({name: computed[name] for name in ours}, rel=1e-9)


def test_picking_among_noise_is_overfitting_about_half_of_the_time() -> None:
    chances = [overfitting(noise(seed), blocks=8).probability for seed in range(20)]
    assert 0.4 < float(np.mean(chances)) < 0.6


def test_one_real_strategy_among_noise_is_no_overfitting() -> None:
    table = noise(3)
    table[:, 7] += 0.003  # a daily ratio of 0.3
    found = overfitting(table, blocks=8)
    assert found.probability == 0.0
    assert found.loss_probability == 0.0
