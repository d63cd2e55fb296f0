"""Several outcomes, continuous returns, portfolios and simultaneous bets: laws and refusals."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trading_tools.risk.errors import RiskError
from trading_tools.risk.kelly import Bet, full_fraction
from trading_tools.risk.outcomes import (
    Outcome,
    continuous_fraction,
    continuous_growth,
    discrete_fraction,
    portfolio_fractions,
)
from trading_tools.risk.simultaneous import simultaneous_fractions

FIXED = settings(derandomize=True, deadline=None, max_examples=40)

D = Decimal
CLOSE = D("1e-24")

probabilities = st.decimals(min_value="0.02", max_value="0.98", places=3)
returns = st.decimals(min_value="0.02", max_value="5", places=3)
bets = st.builds(lambda p, b, a: Bet(p, b, -a), probabilities, returns, returns)


def outcomes(*pairs: tuple[str, str]) -> list[Outcome]:
    return [Outcome(D(p), D(r)) for p, r in pairs]


def expected_growth(ways: list[Outcome], fraction: Decimal) -> Decimal:
    return sum(
        ((way.probability * (1 + fraction * way.return_on_stake).ln()) for way in ways), D(0)
    )


@FIXED
@given(bets)
def test_two_outcomes_agree_with_the_closed_form(wager: Bet) -> None:
    ways = [
        Outcome(wager.win_probability, wager.win_return),
        Outcome(wager.lose_probability, wager.loss_return),
    ]
    full = full_fraction(wager)
    assert abs(discrete_fraction(ways) - full) <= CLOSE * (1 + abs(full))


@FIXED
@given(
    st.lists(returns, min_size=1, max_size=3),
    st.lists(returns, min_size=1, max_size=3),
    st.decimals(min_value="0.01", max_value="0.99", places=2),
)
def test_no_other_fraction_grows_faster_over_many_outcomes(
    wins: list[Decimal], losses: list[Decimal], elsewhere: Decimal
) -> None:
    rates = [*wins, *(-loss for loss in losses)]
    ways = [Outcome(D(1) / len(rates), rate) for rate in rates]
    best = discrete_fraction(ways)
    low, high = D(-1) / max(wins), D(1) / max(losses)
    other = low + (high - low) * elsewhere
    assert expected_growth(ways, best) >= expected_growth(ways, other) - CLOSE


def test_splitting_an_outcome_in_two_changes_nothing() -> None:
    whole = outcomes(("0.5", "0.3"), ("0.5", "-0.2"))
    split = outcomes(("0.2", "0.3"), ("0.3", "0.3"), ("0.5", "-0.2"))
    assert discrete_fraction(whole) == discrete_fraction(split)


def test_a_fair_game_asks_for_nothing_and_an_unfair_one_for_the_other_side() -> None:
    assert discrete_fraction(outcomes(("0.5", "1"), ("0.5", "-1"))) == 0
    assert discrete_fraction(outcomes(("0.4", "1"), ("0.6", "-1"))) < 0


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ((("0.5", "1"), ("0.4", "-1")), "add up to 0.9"),
        ((("0.5", "1"), ("0.5", "0")), "without an outcome that loses"),
        ((("0.5", "-1"), ("0.5", "0")), "without an outcome that wins"),
    ],
)
def test_outcomes_without_a_best_fraction_are_refused(
    pairs: tuple[tuple[str, str], ...], message: str
) -> None:
    with pytest.raises(RiskError, match=message):
        discrete_fraction(outcomes(*pairs))


def test_an_outcome_needs_a_probability_above_zero() -> None:
    with pytest.raises(RiskError, match="probability is 0"):
        Outcome(D(0), D(1))


@FIXED
@given(
    st.decimals(min_value="-0.5", max_value="0.5", places=3),
    st.decimals(min_value="0.01", max_value="1", places=3),
    st.decimals(min_value="-0.1", max_value="0.1", places=3),
    st.decimals(min_value="-20", max_value="20", places=2),
)
def test_no_other_leverage_grows_faster(
    mean: Decimal, volatility: Decimal, rate: Decimal, other: Decimal
) -> None:
    best = continuous_fraction(mean, volatility, rate)
    at_best = continuous_growth(best, mean, volatility, rate)
    assert at_best >= continuous_growth(other, mean, volatility, rate) - CLOSE


@FIXED
@given(
    st.lists(st.decimals(min_value="0.05", max_value="0.9", places=2), min_size=1, max_size=5),
    st.decimals(min_value="-0.1", max_value="0.9", places=2),
    st.decimals(min_value="-0.2", max_value="0.2", places=3),
)
def test_portfolio_fractions_solve_their_equations(
    volatilities: list[Decimal], correlation: Decimal, mean: Decimal
) -> None:
    size = len(volatilities)
    covariance = [
        [a * b * (1 if i == j else correlation) for j, b in enumerate(volatilities)]
        for i, a in enumerate(volatilities)
    ]
    means = [mean + D(i) / 100 for i in range(size)]
    fractions = portfolio_fractions(covariance, means)
    for row, wanted in zip(covariance, means, strict=True):
        reached = sum((c * f for c, f in zip(row, fractions, strict=True)), D(0))
        assert abs(reached - wanted) < D("1e-20")


def test_uncorrelated_assets_are_sized_as_if_alone() -> None:
    fractions = portfolio_fractions([[D("0.04"), D(0)], [D(0), D("0.09")]], [D("0.05"), D("0.08")])
    assert fractions[0] == continuous_fraction(D("0.05"), D("0.2"))
    assert abs(fractions[1] - continuous_fraction(D("0.08"), D("0.3"))) < CLOSE


@pytest.mark.parametrize(
    ("covariance", "message"),
    [
        ([["0.04", "0.02"], ["0.01", "0.09"]], r"not symmetric: \[1\]\[0\] is 0.01"),
        ([["0.04", "0.06"], ["0.06", "0.09"]], "not positive definite"),
        ([["0.04", "0.5"], ["0.5", "0.09"]], "not positive definite"),
        ([["0.04"]], "2 by 2"),
        ([["0.04", "NaN"], ["NaN", "0.09"]], "covariance is NaN"),
    ],
)
def test_a_matrix_that_is_no_covariance_is_refused(
    covariance: list[list[str]], message: str
) -> None:
    rows = [[D(entry) for entry in row] for row in covariance]
    with pytest.raises(RiskError, match=message):
        portfolio_fractions(rows, [D("0.05"), D("0.08")])


def test_one_bet_alone_is_sized_by_kelly() -> None:
    wager = Bet(D("0.55"), D("1.2"), D("-0.7"))
    (alone,) = simultaneous_fractions([wager])
    assert abs(alone - full_fraction(wager)) < CLOSE


@pytest.mark.parametrize("p", ["0.51", "0.53", "0.6", "0.8"])
def test_two_equal_even_bets_have_their_closed_form(p: str) -> None:
    mean = 2 * D(p) - 1
    pair = simultaneous_fractions([Bet(D(p), D(1))] * 2)
    assert all(abs(each - mean / (1 + mean * mean)) < CLOSE for each in pair)


@settings(FIXED, max_examples=25)
@given(bets, bets, bets)
def test_bets_together_satisfy_the_first_order_condition(one: Bet, two: Bet, three: Bet) -> None:
    wagers = [one, two, three]
    fractions = simultaneous_fractions(wagers)
    slopes = [D(0)] * 3
    for won in product((True, False), repeat=3):
        rates = [w.win_return if win else w.loss_return for w, win in zip(wagers, won, strict=True)]
        chance = D(1)
        for w, win in zip(wagers, won, strict=True):
            chance *= w.win_probability if win else w.lose_probability
        wealth = 1 + sum((f * r for f, r in zip(fractions, rates, strict=True)), D(0))
        assert wealth > 0
        for i, rate in enumerate(rates):
            slopes[i] += chance * rate / wealth
    for fraction, slope in zip(fractions, slopes, strict=True):
        assert abs(slope) < D("1e-15") if fraction else slope <= 0


@settings(FIXED, max_examples=25)
@given(bets, bets)
def test_order_and_company_without_edge_change_nothing(one: Bet, two: Bet) -> None:
    assume(one != two)
    loser = Bet(D("0.4"), D(1))
    together = simultaneous_fractions([one, two])
    swapped = simultaneous_fractions([two, loser, one])
    assert swapped[1] == 0
    assert abs(swapped[2] - together[0]) < D("1e-20")
    assert abs(swapped[0] - together[1]) < D("1e-20")


@FIXED
@given(st.integers(min_value=1, max_value=12), st.decimals("0.51", "0.9", places=2))
def test_more_equal_bets_never_stake_more_than_the_bankroll(count: int, p: Decimal) -> None:
    wager = Bet(p, D(1))
    fractions = simultaneous_fractions([wager] * count)
    assert len(set(fractions)) == 1
    assert fractions[0] <= full_fraction(wager) + CLOSE
    assert sum(fractions) < 1


def test_ten_different_bets_are_sized_together() -> None:
    wagers = [Bet(D("0.55") + D(i) / 100, D(1) + D(i) / 10) for i in range(10)]
    fractions = simultaneous_fractions(wagers)
    assert all(fraction > 0 for fraction in fractions)
    assert sum(fractions) < 1


def test_too_many_different_bets_are_refused() -> None:
    wagers = [Bet(D("0.55") + D(i) / 100, D(1)) for i in range(11)]
    with pytest.raises(RiskError, match="2048 joint outcomes"):
        simultaneous_fractions(wagers)


def test_no_bets_need_no_fractions() -> None:
    assert simultaneous_fractions([]) == ()
