"""Binary contracts: symmetry of YES and NO, fees, break-even."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_tools.risk.errors import RiskError
from trading_tools.risk.kelly import edge
from trading_tools.risk.prediction import (
    Fees,
    break_even_probability,
    contract_bet,
    no_fraction,
    yes_fraction,
)

FIXED = settings(derandomize=True, deadline=None)

D = Decimal
CLOSE = D("1e-24")

inside = st.decimals(min_value="0.02", max_value="0.98", places=3)
some_fees = st.builds(
    lambda entry, taken: Fees(entry_quote=entry, winnings=taken),
    st.decimals(min_value="0", max_value="0.005", places=4),
    st.decimals(min_value="0", max_value="0.2", places=2),
)


@FIXED
@given(inside, inside)
def test_without_fees_the_closed_forms_hold(p: Decimal, c: Decimal) -> None:
    assert abs(yes_fraction(p, c) - (p - c) / (1 - c)) < CLOSE * 100
    assert abs(no_fraction(p, c) - (c - p) / c) < CLOSE * 100


@FIXED
@given(inside, inside, some_fees)
def test_no_is_yes_of_the_opposite_event(p: Decimal, c: Decimal, fees: Fees) -> None:
    assert no_fraction(p, c, fees) == yes_fraction(1 - p, 1 - c, fees)


@FIXED
@given(inside, inside, some_fees)
def test_at_most_one_side_has_an_edge(p: Decimal, c: Decimal, fees: Fees) -> None:
    assert not (yes_fraction(p, c, fees) > 0 and no_fraction(p, c, fees) > 0)


@FIXED
@given(inside, some_fees)
def test_at_the_break_even_probability_there_is_no_edge(c: Decimal, fees: Fees) -> None:
    assert abs(edge(contract_bet(break_even_probability(c, fees), c, fees))) < CLOSE * 100


@FIXED
@given(inside, inside, some_fees)
def test_fees_never_make_a_bet_larger(p: Decimal, c: Decimal, fees: Fees) -> None:
    assert yes_fraction(p, c, fees) <= yes_fraction(p, c)


def test_an_entry_fee_is_added_to_the_break_even_price() -> None:
    assert break_even_probability(D("0.55"), Fees(entry_quote=D("0.0175"))) == D("0.5675")


@pytest.mark.parametrize("price", ["0", "1", "55", "NaN"])
def test_a_price_outside_zero_and_one_is_refused(price: str) -> None:
    with pytest.raises(RiskError, match="price is"):
        contract_bet(D("0.6"), D(price))


@pytest.mark.parametrize(
    ("entry", "winnings", "message"),
    [("-0.01", "0", "entry_quote is -0.01"), ("0", "1", "winnings is 1"), ("0", "-1", "winnings")],
)
def test_fees_out_of_range_are_refused(entry: str, winnings: str, message: str) -> None:
    with pytest.raises(RiskError, match=message):
        Fees(entry_quote=D(entry), winnings=D(winnings))


def test_fees_that_leave_nothing_to_win_are_refused() -> None:
    with pytest.raises(RiskError, match="a win pays nothing"):
        contract_bet(D("0.99"), D("0.98"), Fees(entry_quote=D("0.02")))
