"""Two-outcome Kelly: its laws, its limits, its independence of the caller's context."""

from decimal import Context, Decimal, localcontext

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trading_tools.risk.errors import RiskError
from trading_tools.risk.kelly import (
    Bet,
    bets_to_multiply,
    clipped,
    edge,
    full_fraction,
    growth,
    zero_growth_fraction,
)

FIXED = settings(derandomize=True, deadline=None, max_examples=60)

TINY = Decimal("1e-40")

probabilities = st.decimals(min_value="0.01", max_value="0.99", places=4)
returns = st.decimals(min_value="0.01", max_value="10", places=4)
bets = st.builds(
    lambda p, b, a: Bet(win_probability=p, win_return=b, loss_return=-a),
    probabilities,
    returns,
    returns,
)


def bet(p: str, b: str, loss: str = "-1") -> Bet:
    return Bet(win_probability=Decimal(p), win_return=Decimal(b), loss_return=Decimal(loss))


def test_a_partial_loss_counts_as_what_it_loses_of_the_position() -> None:
    assert full_fraction(bet("0.6", "0.5", "-0.5")) == Decimal("0.4")


def test_small_moves_give_leverage_which_the_cap_takes_off() -> None:
    full = full_fraction(bet("0.55", "0.02", "-0.01"))
    assert full == Decimal("32.5")
    assert clipped(full) == 1
    assert clipped(full, Decimal("0.02")) == Decimal("0.02")


def test_no_edge_is_a_negative_full_fraction_and_no_bet() -> None:
    losing = bet("0.4", "1")
    assert edge(losing) == Decimal("-0.2")
    assert full_fraction(losing) == Decimal("-0.2")
    assert clipped(full_fraction(losing)) == 0
    assert zero_growth_fraction(losing) == 0


@FIXED
@given(bets, st.decimals(min_value="-0.9", max_value="0.9", places=3))
def test_no_other_fraction_grows_faster(wager: Bet, shift: Decimal) -> None:
    best = full_fraction(wager)
    low, high = -1 / wager.win_return, 1 / wager.loss
    other = best + shift * ((high - best) if shift > 0 else (best - low))
    assert growth(wager, best) >= growth(wager, other)


@FIXED
@given(bets, probabilities)
def test_a_likelier_win_never_asks_for_a_smaller_fraction(wager: Bet, p: Decimal) -> None:
    likelier = Bet(max(p, wager.win_probability), wager.win_return, wager.loss_return)
    assert full_fraction(likelier) >= full_fraction(wager)


@FIXED
@given(bets, st.decimals(min_value="0.1", max_value="10", places=2))
def test_returns_scaled_by_k_divide_the_fraction_by_k(wager: Bet, k: Decimal) -> None:
    scaled = Bet(wager.win_probability, wager.win_return * k, wager.loss_return * k)
    assert abs(full_fraction(scaled) * k - full_fraction(wager)) < Decimal("1e-24") * (
        1 + abs(full_fraction(wager))
    )


@FIXED
@given(bets)
def test_the_fraction_never_reaches_the_one_that_a_loss_would_ruin(wager: Bet) -> None:
    with localcontext(Context(prec=50)):
        assert full_fraction(wager) < 1 / wager.loss


@FIXED
@given(bets)
def test_the_sign_of_the_fraction_is_the_sign_of_the_edge(wager: Bet) -> None:
    with localcontext(Context(prec=50)):
        assert abs(full_fraction(wager) * wager.loss * wager.win_return - edge(wager)) < TINY
    assert full_fraction(wager).compare(Decimal(0)) == edge(wager).compare(Decimal(0))


@settings(FIXED, max_examples=30)
@given(bets)
def test_growth_turns_negative_at_the_zero_growth_fraction(wager: Bet) -> None:
    assume(full_fraction(wager) > 0)
    zero = zero_growth_fraction(wager)
    hair = zero * Decimal("1e-20")
    assert zero > full_fraction(wager)
    assert growth(wager, zero - hair) > 0
    above = zero + hair
    assert above * wager.loss >= 1 or growth(wager, above) < 0


def test_an_edge_of_a_trillionth_still_has_its_zero_growth_fraction() -> None:
    wager = bet("0.5000000000005", "1")
    ratio = zero_growth_fraction(wager) / full_fraction(wager)
    assert abs(ratio - 2) < Decimal("1e-20")


@FIXED
@given(bets)
def test_figures_do_not_depend_on_the_callers_context(wager: Bet) -> None:
    with localcontext(Context(prec=3, traps=[])):
        coarse = (full_fraction(wager), edge(wager), zero_growth_fraction(wager))
    assert coarse == (full_fraction(wager), edge(wager), zero_growth_fraction(wager))


@pytest.mark.parametrize(
    ("p", "b", "loss", "message"),
    [
        ("0", "1", "-1", "win_probability is 0: it must lie strictly between 0 and 1"),
        ("1", "1", "-1", "win_probability is 1"),
        ("65", "1", "-1", "write 0.65"),
        ("-0.1", "1", "-1", "win_probability is -0.1"),
        ("0.5", "0", "-1", "win_return is 0: it must be above 0"),
        ("0.9", "-0.5", "-1", "win_return is -0.5"),
        ("0.5", "1", "0", "loss_return is 0: it must be below 0"),
        ("0.5", "1", "1", "loss_return is 1"),
        ("NaN", "1", "-1", "win_probability is NaN"),
        ("0.5", "Infinity", "-1", "win_return is Infinity"),
    ],
)
def test_a_bet_that_is_none_is_refused_with_its_value(
    p: str, b: str, loss: str, message: str
) -> None:
    with pytest.raises(RiskError, match=message):
        bet(p, b, loss)


@pytest.mark.parametrize("cap", ["0", "-1", "NaN"])
def test_a_cap_that_is_not_above_zero_is_refused(cap: str) -> None:
    with pytest.raises(RiskError, match="cap"):
        clipped(Decimal("0.2"), Decimal(cap))


def test_growth_at_a_fraction_that_one_loss_would_ruin_is_refused() -> None:
    with pytest.raises(RiskError, match=r"below 1/\|loss_return\| = 2"):
        growth(bet("0.6", "0.5", "-0.5"), Decimal(2))


def test_a_bankroll_that_does_not_grow_never_doubles() -> None:
    with pytest.raises(RiskError, match="never gets there"):
        bets_to_multiply(bet("0.53", "1"), Decimal("0.2"))
    with pytest.raises(RiskError, match="factor is 1"):
        bets_to_multiply(bet("0.53", "1"), Decimal("0.06"), Decimal(1))
