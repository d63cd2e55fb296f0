"""Order sizes: what bounds them, that no limit is ever exceeded, and that each one says so."""

from decimal import Context, Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_tools.risk.errors import RiskError
from trading_tools.risk.sizing import Market, Position, position_size, stop_size

FIXED = settings(derandomize=True, deadline=None)


def market(price: str = "50000", step: str = "0.001", minimum: str = "5") -> Market:
    return Market(price=Decimal(price), step_size=Decimal(step), min_notional=Decimal(minimum))


def rules(position: Position) -> list[str]:
    return [bound.rule for bound in position.bounds]


def amounts(low: str, high: str) -> st.SearchStrategy[Decimal]:
    return st.decimals(min_value=low, max_value=high, places=6)


markets = st.builds(
    Market,
    price=amounts("0.0001", "100000"),
    step_size=st.sampled_from([Decimal(s) for s in ("1e-8", "0.001", "0.5", "1", "25")]),
    min_notional=amounts("0", "20"),
)


def test_the_size_is_in_base_currency_and_rounded_down_to_the_step() -> None:
    position = position_size(
        bankroll_quote=Decimal(10000),
        fraction=Decimal("0.2"),
        multiplier=Decimal("0.25"),
        market=market("30000", "0.001"),
    )
    assert position.size_base == Decimal("0.016")
    assert position.notional_quote == 480
    assert position.fraction == Decimal("0.048")
    assert rules(position) == ["step_size"]


def test_an_exact_multiple_of_the_step_is_kept_whole() -> None:
    position = position_size(
        bankroll_quote=Decimal("0.87"),
        fraction=Decimal(1),
        market=market("3", "0.01", "0"),
    )
    assert position.size_base == Decimal("0.29")
    assert position.bounds == ()


def test_each_limit_that_bites_is_named_in_order() -> None:
    position = position_size(
        bankroll_quote=Decimal(100000),
        fraction=Decimal("32.5"),
        cap_fraction=Decimal("0.5"),
        max_notional_quote=Decimal(1000),
        market=market("30000"),
    )
    assert position.size_base == Decimal("0.033")
    assert rules(position) == ["cap_fraction", "max_notional", "step_size"]
    assert "32.5 of the bankroll is above the cap 0.5" in position.bounds[0].why


def test_the_multiplier_comes_before_the_cap() -> None:
    position = position_size(
        bankroll_quote=Decimal(1000),
        fraction=Decimal("2"),
        multiplier=Decimal("0.25"),
        market=market("1", "0.01"),
    )
    assert position.fraction == Decimal("0.5")


def test_below_the_least_notional_there_is_no_order() -> None:
    position = position_size(
        bankroll_quote=Decimal(100), fraction=Decimal("0.04"), market=market("2", "1", "5")
    )
    assert position.size_base == 0
    assert position.notional_quote == 0
    assert rules(position) == ["min_notional"]
    assert "worth 4, below the least order 5" in position.bounds[0].why


def test_below_one_step_there_is_no_order() -> None:
    position = position_size(
        bankroll_quote=Decimal(100), fraction=Decimal("0.1"), market=market("50000", "0.001", "0")
    )
    assert position.size_base == 0
    assert rules(position) == ["step_size"]
    assert position.bounds[0].why == (
        "rounds down to 0 steps of 0.001 (one step is worth 50): no order"
    )


def test_a_stop_that_allows_less_than_one_step_says_what_a_step_is_worth() -> None:
    position = stop_size(
        bankroll_quote=Decimal(100),
        risk_fraction=Decimal("0.001"),
        stop_price=Decimal(99),
        market=market("100.5", "1", "5"),
    )
    assert position.size_base == 0
    assert "0 steps of 1 (one step is worth 100.5)" in position.bounds[-1].why


@pytest.mark.parametrize("fraction", ["0", "-0.2"])
def test_without_an_edge_there_is_no_position(fraction: str) -> None:
    position = position_size(
        bankroll_quote=Decimal(100), fraction=Decimal(fraction), market=market()
    )
    assert position.size_base == 0
    assert rules(position) == ["no_edge"]


@FIXED
@given(
    amounts("1", "1000000"),
    amounts("0.0001", "40"),
    amounts("0.01", "1"),
    amounts("0.01", "3"),
    amounts("1", "100000"),
    markets,
)
def test_no_limit_is_ever_exceeded(
    bankroll: Decimal,
    fraction: Decimal,
    multiplier: Decimal,
    cap: Decimal,
    limit: Decimal,
    where: Market,
) -> None:
    position = position_size(
        bankroll_quote=bankroll,
        fraction=fraction,
        multiplier=multiplier,
        cap_fraction=cap,
        max_notional_quote=limit,
        market=where,
    )
    with localcontext(Context(prec=200)):
        allowed = min(bankroll * fraction * multiplier, bankroll * cap, limit)
        assert position.size_base % where.step_size == 0
        assert position.notional_quote == position.size_base * where.price
        assert position.notional_quote <= allowed
        if position.size_base:
            assert position.notional_quote >= where.min_notional
            assert position.notional_quote + where.step_size * where.price > allowed
        else:
            assert rules(position)[-1] in ("step_size", "min_notional")


@FIXED
@given(amounts("1", "1000000"), amounts("0.0001", "2"), markets, amounts("0.01", "1"))
def test_a_smaller_multiplier_never_gives_a_larger_order(
    bankroll: Decimal, fraction: Decimal, where: Market, multiplier: Decimal
) -> None:
    whole = position_size(bankroll_quote=bankroll, fraction=fraction, market=where)
    part = position_size(
        bankroll_quote=bankroll, fraction=fraction, market=where, multiplier=multiplier
    )
    assert part.size_base <= whole.size_base


@FIXED
@given(
    amounts("1", "1000000"), amounts("0.001", "0.1"), amounts("0.0001", "100000"), markets,
    amounts("0", "10"),
)  # fmt: skip
def test_being_stopped_out_never_loses_more_than_the_risk(
    bankroll: Decimal, risk: Decimal, stop: Decimal, where: Market, cost: Decimal
) -> None:
    if stop == where.price:
        return
    position = stop_size(
        bankroll_quote=bankroll,
        risk_fraction=risk,
        stop_price=stop,
        cost_per_unit_quote=cost,
        market=where,
    )
    with localcontext(Context(prec=200)):
        lost = position.size_base * (abs(where.price - stop) + cost)
        assert lost <= bankroll * risk
        assert position.notional_quote <= bankroll


def test_a_stop_sizes_by_its_distance_for_long_and_short() -> None:
    for stop in ("98", "102"):
        position = stop_size(
            bankroll_quote=Decimal(10000),
            risk_fraction=Decimal("0.01"),
            stop_price=Decimal(stop),
            market=market("100", "0.1"),
        )
        assert position.size_base == 50
        assert position.bounds == ()


def test_a_tight_stop_is_held_at_the_cap_and_says_so() -> None:
    position = stop_size(
        bankroll_quote=Decimal(10000),
        risk_fraction=Decimal("0.01"),
        stop_price=Decimal("99.9"),
        market=market("100", "0.1"),
    )
    assert position.size_base == 100
    assert "10 of the bankroll is above the cap 1" in position.bounds[0].why


def test_a_stop_at_the_entry_is_refused() -> None:
    with pytest.raises(RiskError, match="stop_price is 100, the entry price itself"):
        stop_size(
            bankroll_quote=Decimal(1),
            risk_fraction=Decimal("0.01"),
            stop_price=Decimal(100),
            market=market("100"),
        )


@pytest.mark.parametrize(
    ("bankroll", "multiplier", "cap", "limit", "message"),
    [
        ("0", "1", "1", "1", "bankroll_quote is 0"),
        ("-50", "1", "1", "1", "bankroll_quote is -50"),
        ("1", "5", "1", "1", "multiplier is 5"),
        ("1", "0", "1", "1", "multiplier is 0"),
        ("1", "1", "0", "1", "cap_fraction is 0"),
        ("1", "1", "1", "0", "max_notional_quote is 0"),
        ("NaN", "1", "1", "1", "bankroll_quote is NaN"),
    ],
)
def test_an_input_out_of_range_is_refused_with_its_value(
    bankroll: str, multiplier: str, cap: str, limit: str, message: str
) -> None:
    with pytest.raises(RiskError, match=message):
        position_size(
            bankroll_quote=Decimal(bankroll),
            fraction=Decimal("0.1"),
            multiplier=Decimal(multiplier),
            cap_fraction=Decimal(cap),
            max_notional_quote=Decimal(limit),
            market=market(),
        )


@pytest.mark.parametrize("values", [("0", "1", "0"), ("1", "0", "0"), ("1", "1", "-1")])
def test_a_market_out_of_range_is_refused(values: tuple[str, str, str]) -> None:
    with pytest.raises(RiskError):
        market(*values)
