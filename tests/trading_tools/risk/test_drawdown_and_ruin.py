"""Fractional Kelly, the Beta posterior and ruin: laws, limits and refusals."""

from decimal import Decimal
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_tools.risk.beta import MAX_OBSERVATIONS, Posterior, beta_cdf, beta_quantile
from trading_tools.risk.errors import RiskError
from trading_tools.risk.fractional import (
    estimation_shrink,
    fall_probability,
    growth_share,
    multiplier_for_fall,
    rise_before_fall_probability,
)
from trading_tools.risk.ruin import brownian_ruin_probability, reach_probability, ruin_probability

FIXED = settings(derandomize=True, deadline=None, max_examples=50)

D = Decimal
CLOSE = D("1e-22")

inside = st.decimals(min_value="0.02", max_value="0.98", places=3)
multipliers = st.decimals(min_value="0.05", max_value="1.99", places=3)


@FIXED
@given(st.decimals(min_value="-1", max_value="3", places=3))
def test_growth_is_most_at_full_kelly_and_the_same_on_both_sides(c: Decimal) -> None:
    assert growth_share(c) <= growth_share(D(1))
    assert growth_share(c) == growth_share(2 - c)


@FIXED
@given(inside, multipliers, multipliers)
def test_betting_less_never_falls_more_often(x: Decimal, one: Decimal, two: Decimal) -> None:
    less, more = sorted((one, two))
    assert fall_probability(x, less) <= fall_probability(x, more)


@FIXED
@given(inside, multipliers)
def test_the_multiplier_for_a_chance_gives_that_chance(x: Decimal, c: Decimal) -> None:
    chance = fall_probability(x, c)
    if chance > D("1e-90"):
        assert abs(multiplier_for_fall(x, chance) - c) < CLOSE


def test_from_double_kelly_on_every_fall_is_certain() -> None:
    assert fall_probability(D("0.01"), D(2)) == 1
    assert fall_probability(D("0.01"), D(5)) == 1


@FIXED
@given(multipliers)
def test_doubling_before_halving_gets_less_likely_with_every_increase(c: Decimal) -> None:
    more = rise_before_fall_probability(c + D("0.001"))
    assert D("0.5") <= more < rise_before_fall_probability(c)


def test_the_limit_at_double_kelly_is_continuous() -> None:
    near = rise_before_fall_probability(D("2.00000000000001"))
    assert abs(near - rise_before_fall_probability(D(2))) < D("1e-12")
    assert rise_before_fall_probability(D(3)) < D("0.5")


def test_more_observations_shrink_an_estimate_less() -> None:
    shares = [estimation_shrink(D("0.05"), D("0.15"), n) for n in (1, 10, 100, 10000)]
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] < 1


@FIXED
@given(st.integers(0, 30), st.integers(0, 30), inside)
def test_the_incomplete_beta_function_is_a_binomial_tail(
    wins: int, losses: int, x: Decimal
) -> None:
    n = wins + losses + 1
    tail = sum((comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(wins + 1, n + 1)), D(0))
    assert abs(beta_cdf(x, D(wins + 1), D(losses + 1)) - tail) < CLOSE


@FIXED
@given(
    st.decimals(min_value="0.1", max_value="500", places=1),
    st.decimals(min_value="0.1", max_value="500", places=1),
    inside,
)
def test_a_quantile_has_the_level_it_was_asked_for(a: Decimal, b: Decimal, level: Decimal) -> None:
    x = beta_quantile(level, a, b)
    assert 0 <= x <= 1
    if D("1e-20") < x < 1 - D("1e-10"):
        assert abs(beta_cdf(x, a, b) - level) < D("1e-12")


@FIXED
@given(inside, st.integers(1, 50), st.integers(1, 50))
def test_the_quantiles_of_opposite_beliefs_are_mirrored(level: Decimal, a: int, b: int) -> None:
    low = beta_quantile(level, D(a), D(b))
    assert abs(low + beta_quantile(1 - level, D(b), D(a)) - 1) < CLOSE


def test_jeffreys_prior_gives_the_arcsine_law() -> None:
    jeffreys = Posterior(D(0), D(0), D("0.5"), D("0.5"))
    assert jeffreys.mean == D("0.5")
    # sin²(pi/12) = (2 - sqrt 3)/4, where the arcsine distribution reaches 1/6
    known = (2 - D(3).sqrt()) / 4
    assert abs(jeffreys.lower_quantile(D(1) / 6) - known) < CLOSE


def test_a_million_observations_are_still_worked_through() -> None:
    belief = Posterior(D(550_000), D(449_000))
    assert abs(belief.lower_quantile(D("0.5")) - belief.mean) < D("1e-6")


def test_the_ends_of_the_incomplete_beta_function_are_exact() -> None:
    assert beta_cdf(D(0), D(2), D(3)) == 0
    assert beta_cdf(D(1), D(2), D(3)) == 1


@FIXED
@given(inside, st.integers(1, 60), st.integers(1, 60))
def test_reaching_a_target_obeys_its_recurrence(p: Decimal, units: int, further: int) -> None:
    target = units + further
    if units > 1:
        here = reach_probability(p, units, target)
        up = D(1) if further == 1 else reach_probability(p, units + 1, target)
        down = reach_probability(p, units - 1, target)
        assert abs(here - p * up - (1 - p) * down) < CLOSE


@FIXED
@given(st.decimals(min_value="0.51", max_value="0.99", places=2), st.integers(1, 50))
def test_a_far_target_tends_to_eternal_survival(p: Decimal, units: int) -> None:
    survival = 1 - ruin_probability(p, units)
    assert reach_probability(p, units, units + 5000) >= survival - CLOSE
    assert reach_probability(p, units, units + 5000) - survival < D("1e-20")


def test_a_fair_or_losing_game_is_ruined_for_certain() -> None:
    assert ruin_probability(D("0.5"), 1000) == 1
    assert ruin_probability(D("0.4"), 1000) == 1
    assert brownian_ruin_probability(D(0), D(1), D(1000)) == 1
    assert reach_probability(D("0.5"), 3, 10) == D("0.3")


def test_a_hopeless_target_is_a_tiny_chance_not_an_overflow() -> None:
    assert 0 <= reach_probability(D("0.01"), 5, 100_000) < D("1e-1000")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fall_probability(D(1), D(1)), "level is 1"),
        (lambda: fall_probability(D("0.5"), D(0)), "multiplier is 0"),
        (lambda: multiplier_for_fall(D("0.5"), D(1)), "tolerated is 1"),
        (lambda: rise_before_fall_probability(D(1), rise=D(1)), "rise is 1"),
        (lambda: rise_before_fall_probability(D(1), fall=D(1)), "fall is 1"),
        (lambda: estimation_shrink(D(1), D(0), 1), "volatility is 0"),
        (lambda: estimation_shrink(D(1), D(1), 0), "observations is 0"),
        (lambda: Posterior(D(-1), D(1)), "wins is -1"),
        (lambda: Posterior(D(1), D(1), D("0.01")), "prior is 0.01"),
        (lambda: Posterior(D(MAX_OBSERVATIONS), D(1)), "at most 1000000"),
        (lambda: Posterior(D(1), D(1)).lower_quantile(D(0)), "level is 0"),
        (lambda: beta_cdf(D(2), D(1), D(1)), "x is 2"),
        (lambda: beta_quantile(D("0.5"), D("0.01"), D(1)), "alpha is 0.01"),
        (lambda: ruin_probability(D("0.6"), 0), "units is 0"),
        (lambda: ruin_probability(D(1), 5), "win_probability is 1"),
        (lambda: reach_probability(D("0.6"), 11, 10), "target is 10"),
        (lambda: brownian_ruin_probability(D(1), D(0), D(1)), "volatility_quote is 0"),
    ],
)
def test_an_input_out_of_range_is_refused_with_its_value(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(RiskError, match=message):
        call()
