"""An order held against a market's limits: what fits, and that rounding never does harm."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_tools.exchange.errors import BadReply
from trading_tools.exchange.fit import Order
from trading_tools.exchange.limits import (
    DECIMAL_PLACES,
    SIGNIFICANT_DIGITS,
    TICK_SIZE,
    decimals,
    limits_of,
)
from trading_tools.exchange.listing import Market
from trading_tools.exchange.readings import Fit, MarketLimits, Source

SOURCE = Source(venue="bybit", fetched_at=datetime(2026, 11, 20, tzinfo=UTC), age_s=0)
STEPS = st.sampled_from(["0.00000001", "0.001", "0.1", "0.5", "1", "2.5", "10", "25"])
NUMBERS = st.decimals("0.00000001", "10000000", allow_nan=False, places=8)


def limits(order: Order | None = None, mode: int = TICK_SIZE, **changes: Any) -> MarketLimits:
    """The rules of a spot market, some changed: `amount_min="5"`, `price_step=None`."""
    at = {
        "price_step": "0.1", "amount_step": "0.001", "amount_min": "0.002", "amount_max": "100",
        "price_min": None, "price_max": None, "cost_min": "5", "cost_max": None, "active": True,
        "kind": "spot", "contractSize": None, "inverse": None, **changes,
    }  # fmt: skip
    groups = {
        group: {"min": at[f"{group}_min"], "max": at[f"{group}_max"]}
        for group in ("amount", "price", "cost")
    }
    market = Market.of(
        {
            "symbol": "BTC/USDT", "id": "BTCUSDT", "type": at["kind"], "base": "BTC",
            "quote": "USDT", "settle": None, "active": at["active"], "limits": groups,
            "precision": {"price": at["price_step"], "amount": at["amount_step"]},
            "contractSize": at["contractSize"], "inverse": at["inverse"],
        }
    )  # fmt: skip
    return limits_of("bybit", market, mode, order, SOURCE)


def fit(amount: str | None = None, price: str | None = None, **changes: Any) -> Fit:
    found = limits(
        Order(
            amount=None if amount is None else Decimal(amount),
            price=None if price is None else Decimal(price),
        ),
        **changes,
    ).order
    assert found is not None
    return found


@given(NUMBERS, NUMBERS, STEPS, STEPS, NUMBERS, NUMBERS)
def test_rounding_never_makes_an_order_bigger_or_its_price_worse(
    amount: Decimal, price: Decimal, step: str, tick: str, least: Decimal, most: Decimal
) -> None:
    changes = {"amount_step": step, "price_step": tick, "amount_min": str(least),
               "amount_max": str(most)}  # fmt: skip
    found = fit(str(amount), str(price), **changes)
    if found.amount is not None:
        assert 0 < found.amount <= min(amount, most)
        assert found.amount >= least
        assert found.amount % Decimal(step) == 0
        assert min(amount, most) - found.amount < Decimal(step)
    if found.price_buy is not None:
        assert 0 < found.price_buy <= price
        assert found.price_buy % Decimal(tick) == 0
    assert found.price_sell is not None
    assert price <= found.price_sell < price + Decimal(tick)
    assert found.price_sell % Decimal(tick) == 0


@given(NUMBERS, NUMBERS, STEPS, STEPS)
def test_what_was_rounded_fits_or_is_too_small_to_be_worth_it(
    amount: Decimal, price: Decimal, step: str, tick: str
) -> None:
    changes = {"amount_step": step, "price_step": tick, "amount_max": "1000"}
    first = fit(str(amount), str(price), **changes)
    if first.amount is None or first.price_buy is None:
        return
    again = fit(str(first.amount), str(first.price_buy), **changes)
    assert (again.amount, again.price_buy) == (first.amount, first.price_buy)
    assert (again.amount_fits, again.price_fits) == (True, True)
    assert again.fits == (first.amount * first.price_buy >= 5)


@pytest.mark.parametrize(
    ("amount", "price", "problem"),
    [
        ("0.0015", "60000", "amount 0.0015 leaves 0.001, below the least, 0.002: no order"),
        ("0.0025", "60000", "amount 0.0025 is no multiple of the step, 0.001"),
        ("101", "60000", "amount 101 is above the most, 100"),
        ("0.002", "60000.05", "price 60000.05 is no multiple of the tick, 0.1"),
        ("0.002", "2499.9", "the order is worth 4.9998 USDT, below the least, 5 USDT"),
        ("-1", "60000", "amount -1 is not above 0"),
        ("0.002", "0", "price 0 is not above 0"),
    ],
)
def test_each_misfit_is_named(amount: str, price: str, problem: str) -> None:
    found = fit(amount, price)
    assert found.fits is False
    assert problem in found.problems


def test_the_most_worth_is_held_against_the_price_that_is_rounded_up() -> None:
    found = fit("10", "9.5", price_step="1", cost_max="95")
    assert any("worth 100 USDT, above the most, 95 USDT" in each for each in found.problems)


def test_an_order_that_fits_is_left_as_it_is() -> None:
    found = fit("0.002", "60000.1")
    assert (found.fits, found.problems, found.unchecked) == (True, (), ())
    assert (found.amount, found.notional) == (Decimal("0.002"), Decimal("120.0002"))
    assert found.price_buy == found.price_sell == Decimal("60000.1")


def test_without_a_price_the_notional_stays_unchecked() -> None:
    found = fit("0.002")
    assert (found.fits, found.amount_fits, found.notional_fits) == (None, True, None)
    assert found.unchecked == ("notional: no price is given",)


@pytest.mark.parametrize(
    ("missing", "unchecked"),
    [
        ("amount_step", "step_size: not published, or not read by ccxt"),
        ("price_step", "tick_size: not published, or not read by ccxt"),
        ("amount_min", "min_amount: not published, or not read by ccxt"),
        ("cost_min", "min_notional: not published, or not read by ccxt"),
        ("active", "status: not published, or not read by ccxt"),
    ],
)
def test_a_rule_that_is_not_published_is_null_and_nothing_is_said_to_fit_by_it(
    missing: str, unchecked: str
) -> None:
    found = fit("0.002", "60000", **{missing: None})
    assert found.fits is None
    assert unchecked in found.unchecked


def test_a_market_that_does_not_trade_takes_no_order() -> None:
    found = fit("0.002", "60000", active=False)
    assert (found.fits, found.problems) == (False, ("BTC/USDT is not trading",))


@pytest.mark.parametrize(
    ("mode", "precision", "tick", "why"),
    [
        (TICK_SIZE, "0.5", "0.5", None),
        (DECIMAL_PLACES, 3, "0.001", None),
        (DECIMAL_PLACES, 0, "1", None),
        (SIGNIFICANT_DIGITS, 5, None, "the venue rounds to 5 significant digits, not to a step"),
        (TICK_SIZE, "0", None, "the venue gives 0, which is no step"),
        (TICK_SIZE, None, None, "not published, or not read by ccxt"),
    ],
)
def test_a_precision_is_read_in_the_mode_it_is_meant_in(
    mode: int, precision: object, tick: str | None, why: str | None
) -> None:
    found = limits(mode=mode, price_step=precision)
    assert found.tick_size == (None if tick is None else Decimal(tick))
    assert found.missing.get("tick_size") == why


@pytest.mark.parametrize(
    ("step", "places"),
    [("0.001", 3), ("1E-8", 8), ("1.000", 0), ("10", -1), ("0.5", None), ("25", None)],
)
def test_decimals_are_given_where_the_step_is_a_power_of_ten(step: str, places: int | None) -> None:
    assert decimals(Decimal(step)) == places


def test_contracts_say_what_one_is_worth() -> None:
    linear = limits(kind="swap", contractSize="0.01")
    inverse = limits(
        Order(amount=Decimal(3)), kind="swap", contractSize="100", inverse=True, amount_step="1"
    )
    assert linear.amount_unit == "contracts of 0.01 BTC"
    assert inverse.amount_unit == "contracts of 100 USDT"
    assert inverse.order is not None
    assert inverse.order.notional == 300


@pytest.mark.parametrize("rule", ["NaN", "much", float("inf")])
def test_a_rule_that_is_no_number_is_named_with_venue_and_market(rule: object) -> None:
    with pytest.raises(BadReply, match="bybit BTC/USDT min_amount"):
        limits(amount_min=rule)
