"""Claimed fractions and sizes: right ones pass, known mistakes are named, no unsafe one passes."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_tools.risk.claims.claim import Claim
from trading_tools.risk.claims.validation import Verdict, read_probability, validate_sizing
from trading_tools.risk.errors import RiskError
from trading_tools.risk.kelly import Bet, growth
from trading_tools.risk.sizing import Market, position_size

FIXED = settings(derandomize=True, deadline=None)

D = Decimal


def bet(p: str, b: str, loss: str = "-1") -> Bet:
    return Bet(D(p), D(b), D(loss))


def fraction_verdict(wager: Bet, claimed: str, **policy: str) -> Verdict:
    numbers: dict[str, Any] = {name: D(value) for name, value in policy.items()}
    return validate_sizing(Claim(bet=wager, fraction=D(claimed), **numbers))


def size_verdict(claimed: str, minimum: str = "0", **policy: str) -> Verdict:
    # 0.2 of 10000 at a price of 300 in steps of 0.01: 6.66
    numbers: dict[str, Any] = {name: D(value) for name, value in policy.items()}
    market = Market(price=D(300), step_size=D("0.01"), min_notional=D(minimum))
    given_bet = bet("0.6", "1")
    return validate_sizing(
        Claim(
            bet=given_bet,
            size_base=D(claimed),
            bankroll_quote=D(10000),
            market=market,
            **numbers,
        )
    )


def codes(verdict: Verdict) -> list[str]:
    return [finding.code for finding in verdict.findings]


EVEN = bet("0.6", "1")
HALF = bet("0.6", "0.5", "-0.5")
SMALL = bet("0.55", "0.02", "-0.01")
LEVERED = bet("0.5", "3", "-2")


@pytest.mark.parametrize("claimed", ["0.2", "0.20", "2e-1"])
def test_a_right_fraction_has_no_finding(claimed: str) -> None:
    verdict = fraction_verdict(EVEN, claimed)
    assert verdict.correct
    assert verdict.safe
    assert verdict.findings == ()


@pytest.mark.parametrize("claimed", ["0.4167", "0.4166", "0.417", "0.416", "0.41666666666666667"])
def test_a_fraction_rounded_to_its_last_digit_is_right(claimed: str) -> None:
    assert fraction_verdict(bet("0.65", "1.5"), claimed).findings == ()


def test_a_fraction_rounded_too_coarsely_is_not_right() -> None:
    assert not fraction_verdict(bet("0.65", "1.5"), "0.4").correct


@pytest.mark.parametrize(
    ("wager", "claimed", "policy", "code", "safe"),
    [
        (HALF, "0.2", {}, "risk_fraction_for_position", True),
        (HALF, "0.05", {"multiplier": "0.25"}, "risk_fraction_for_position", True),
        (SMALL, "0.325", {}, "risk_fraction_for_position", True),
        (LEVERED, "0.1667", {}, "risk_fraction_for_position", False),
        (bet("0.65", "1.5"), "0.625", {}, "edge_for_fraction", False),
        (EVEN, "0.2", {"multiplier": "0.25"}, "multiplier_not_applied", False),
        (EVEN, "0.1", {}, "unstated_multiplier", True),
        (EVEN, "20", {}, "percent_for_fraction", False),
        (EVEN, "0.002", {}, "percent_for_fraction", True),
        (EVEN, "0.2", {"cap_fraction": "0.02"}, "cap_not_applied", False),
        (EVEN, "0.1", {"multiplier": "0.5", "cap_fraction": "0.02"}, "cap_not_applied", False),
        (SMALL, "0.25", {"multiplier": "0.25"}, "cap_before_multiplier", True),
        (bet("0.4", "1"), "0.1", {}, "no_edge", False),
        (bet("0.4", "1"), "-0.2", {}, "negative_fraction", True),
        (EVEN, "0.3", {}, "too_large", False),
        (EVEN, "0.137", {}, "too_small", True),
    ],
)
def test_a_known_mistake_in_a_fraction_is_named(
    wager: Bet, claimed: str, policy: dict[str, str], code: str, safe: bool
) -> None:
    verdict = fraction_verdict(wager, claimed, **policy)
    assert not verdict.correct
    assert verdict.safe is safe
    assert codes(verdict)[0] == code


def test_the_message_of_a_risk_fraction_says_what_to_divide_by() -> None:
    message = fraction_verdict(HALF, "0.2").findings[0].message
    assert "divided by the loss 0.5" in message
    assert "the fraction is 0.4" in message


def test_a_float_result_is_right_and_noted_as_noise() -> None:
    verdict = fraction_verdict(EVEN, repr(0.6 - 0.4))
    assert repr(0.6 - 0.4) == "0.19999999999999996"
    assert verdict.correct
    assert codes(verdict) == ["float_noise"]


@pytest.mark.parametrize(
    ("claimed", "code"),
    [("0.25", "over_full_kelly"), ("0.4", "zero_growth"), ("0.6", "zero_growth"), ("1", "ruin")],
)
def test_beyond_full_kelly_the_price_in_growth_is_named(claimed: str, code: str) -> None:
    verdict = fraction_verdict(EVEN, claimed)
    assert not verdict.safe
    assert code in codes(verdict)


@FIXED
@given(
    st.decimals(min_value="0.05", max_value="0.95", places=3),
    st.decimals(min_value="0.05", max_value="5", places=3),
    st.decimals(min_value="0.05", max_value="2", places=3),
    st.decimals(min_value="0.001", max_value="0.999", places=3),
)
def test_no_claim_whose_growth_is_negative_is_called_safe(
    p: Decimal, b: Decimal, a: Decimal, part: Decimal
) -> None:
    wager = Bet(p, b, -a)
    claimed = (part / a).quantize(D("0.000001"))
    verdict = validate_sizing(Claim(bet=wager, fraction=claimed, cap_fraction=D(1000)))
    if claimed * a < 1 and growth(wager, claimed) < 0:
        assert not verdict.safe


@FIXED
@given(
    st.decimals(min_value="0.05", max_value="0.95", places=3),
    st.decimals(min_value="0.05", max_value="5", places=3),
    st.decimals(min_value="0.05", max_value="1", places=3),
    st.decimals(min_value="0.1", max_value="1", places=2),
    st.decimals(min_value="0.01", max_value="1000", places=2),
)
def test_what_the_inputs_give_always_passes(
    p: Decimal, b: Decimal, a: Decimal, part: Decimal, price: Decimal
) -> None:
    wager = Bet(p, b, -a)
    market = Market(price=price, step_size=D("0.001"), min_notional=D(5))
    claim = Claim(bet=wager, fraction=D(0), multiplier=part)
    position = position_size(
        bankroll_quote=D(1000), fraction=claim.full, multiplier=part, market=market
    )
    verdict = validate_sizing(
        Claim(
            bet=wager,
            fraction=claim.expected_fraction,
            size_base=position.size_base,
            multiplier=part,
            bankroll_quote=D(1000),
            market=market,
        )
    )
    assert verdict.findings == ()
    assert verdict.expected_size_base == position.size_base


def test_a_right_size_has_no_finding() -> None:
    verdict = size_verdict("6.66")
    assert verdict.findings == ()
    assert verdict.expected_size_base == D("6.66")


@pytest.mark.parametrize(
    ("claimed", "policy", "code", "safe"),
    [
        ("6.67", {}, "rounded_up", False),
        ("2000", {}, "quote_for_base", False),
        ("0.02", {}, "divided_by_price_twice", True),
        ("6.66", {"multiplier": "0.25"}, "multiplier_not_applied", False),
        ("3.33", {"multiplier": "0.5", "cap_fraction": "0.05"}, "cap_not_applied", False),
        ("6.66", {"max_notional_quote": "500"}, "max_notional_not_applied", False),
        ("666.67", {}, "percent_for_fraction", False),
        ("0.07", {}, "percent_for_fraction", True),
        ("6.663", {}, "off_step", False),
        ("6.660000000000001", {}, "float_noise", False),
        ("6.66", {"minimum": "2500"}, "below_min_notional", False),
        ("5", {}, "too_small", True),
        ("9", {}, "too_large", False),
        ("0", {}, "too_small", True),
    ],
)
def test_a_known_mistake_in_a_size_is_named(
    claimed: str, policy: dict[str, str], code: str, safe: bool
) -> None:
    verdict = size_verdict(claimed, **policy)
    assert not verdict.correct
    assert codes(verdict)[0] == code
    assert verdict.safe is safe


def test_a_size_from_the_fraction_at_risk_is_named() -> None:
    verdict = validate_sizing(
        Claim(
            bet=HALF,
            size_base=D("6.66"),
            bankroll_quote=D(10000),
            market=Market(price=D(300), step_size=D("0.01")),
        )
    )
    assert codes(verdict) == ["risk_fraction_for_position"]
    assert verdict.expected_size_base == D("13.33")


def test_a_size_without_an_edge_is_an_error() -> None:
    verdict = validate_sizing(
        Claim(
            bet=bet("0.4", "1"),
            size_base=D(1),
            bankroll_quote=D(10000),
            market=Market(price=D(300), step_size=D("0.01")),
        )
    )
    assert codes(verdict) == ["no_edge"]
    assert verdict.expected_size_base == 0


def test_a_percentage_for_a_probability_is_read_and_reported() -> None:
    p, findings = read_probability(D(65))
    assert p == D("0.65")
    assert "write 0.65" in findings[0].message
    verdict = validate_sizing(Claim(bet=Bet(p, D("1.5")), fraction=D("0.4167")), *findings)
    assert codes(verdict) == ["percent_for_fraction"]
    assert read_probability(D("0.65")) == (D("0.65"), ())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "nothing is claimed"),
        ({"size_base": D(1)}, "bankroll_quote, price and step_size"),
        ({"fraction": D(1), "multiplier": D(2)}, "multiplier is 2"),
        ({"fraction": D(1), "cap_fraction": D(0)}, "cap_fraction is 0"),
        ({"fraction": D("NaN")}, "fraction is NaN"),
        ({"size_base": D(-1)}, "size_base is -1"),
    ],
)
def test_a_claim_that_cannot_be_checked_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(RiskError, match=message):
        Claim(bet=EVEN, **arguments)


def test_at_a_price_of_one_no_mistake_of_units_is_named() -> None:
    verdict = validate_sizing(
        Claim(
            bet=bet("0.65", "1.5"),
            size_base=D(417),
            bankroll_quote=D(1000),
            market=Market(price=D(1), step_size=D("0.01"), min_notional=D(0)),
        )
    )
    assert [finding.code for finding in verdict.findings] == ["too_large"]
