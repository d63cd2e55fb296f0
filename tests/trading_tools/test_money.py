"""Exact decimals: what is refused, the JSON door, rounding to steps, plain text."""

import json
from decimal import Context, Decimal, localcontext
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from trading_tools.money import (
    Direction,
    JsonDecimal,
    MoneyError,
    PlainDecimal,
    exact,
    exact_product,
    from_json,
    plain,
    quantise,
    whole_steps,
)

FIXED = settings(derandomize=True, deadline=None)

values = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15)
steps = st.one_of(
    st.sampled_from(
        [Decimal(text) for text in ("0.5", "25", "1e-8", "0.00001", "1", "1E+3", "0.3")]
    ),
    st.decimals(min_value="1e-12", max_value="1e6", allow_nan=False, places=12),
)


class Order(BaseModel):
    size: JsonDecimal


@pytest.mark.parametrize("value", [1.5, 0.1, float("nan"), True, None, [], b"1"])
def test_a_value_that_is_no_exact_number_is_refused_by_name(value: object) -> None:
    with pytest.raises(MoneyError, match="price is"):
        exact(value, "price")


@pytest.mark.parametrize(
    "text", ["", "NaN", "Infinity", "-inf", "1,000", "1_000", "5%", "0x10", " 1", "1e", "٣", "$5"]
)
def test_text_that_is_no_plain_number_is_refused_by_name(text: str) -> None:
    with pytest.raises(MoneyError, match="size is"):
        exact(text, "size")


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("-Infinity"), Decimal("sNaN")])
def test_decimals_that_are_not_finite_are_refused(value: Decimal) -> None:
    with pytest.raises(MoneyError, match="finite"):
        exact(value)


@pytest.mark.parametrize("value", ["1e101", "1e-101", "1e999999", 10**200, "1" * 101])
def test_a_number_no_venue_could_mean_is_refused_before_it_is_written_out(value: object) -> None:
    with pytest.raises(MoneyError, match="100 digits"):
        exact(value)


def test_an_exact_value_keeps_every_digit_in_any_context() -> None:
    with localcontext(Context(prec=3)):
        assert exact("0.123456789012345678901234567890") == Decimal(
            "0.12345678901234567890123456789"
        )


def test_a_json_number_is_taken_by_its_shortest_decimal_text() -> None:
    assert from_json(json.loads("0.1")) == Decimal("0.1")
    assert from_json(json.loads("1e-8")) == Decimal("0.00000001")
    assert from_json(json.loads("3")) == Decimal(3)
    assert from_json("0.10") == Decimal("0.1")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_the_numbers_json_does_not_have_are_refused(text: str) -> None:
    with pytest.raises(MoneyError, match="finite"):
        from_json(json.loads(text))


@FIXED
@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e90, max_value=1e90))
def test_a_float_through_json_comes_back_as_the_same_float(value: float) -> None:
    if abs(value) > 1e-90:
        assert float(from_json(value)) == value


def test_a_tool_argument_takes_numbers_and_numerals() -> None:
    assert Order.model_validate({"size": 0.1}).size == Decimal("0.1")
    assert Order.model_validate({"size": "0.1"}).size == Decimal("0.1")
    assert Order.model_validate_json('{"size": 2}').size == Decimal(2)


@pytest.mark.parametrize("value", [True, "NaN", float("inf"), "a lot", None, [1]])
def test_a_tool_argument_that_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        Order.model_validate({"size": value})


def test_a_tool_argument_says_in_its_schema_that_it_takes_both() -> None:
    schema = Order.model_json_schema()["properties"]["size"]
    assert schema["type"] == ["number", "string"]


def test_a_result_field_is_written_as_plain_text() -> None:
    class Result(BaseModel):
        size: PlainDecimal

    assert Result(size=Decimal("1E-8")).model_dump_json() == '{"size":"0.00000001"}'


@pytest.mark.parametrize(
    ("value", "step", "direction", "expected"),
    [
        ("1.99", "0.5", "down", "1.5"),
        ("1.51", "0.5", "up", "2"),
        ("99", "25", "down", "75"),
        ("99.995", "0.01", "down", "99.99"),
        ("99.995", "0.01", "half_even", "100"),
        ("99.985", "0.01", "half_even", "99.98"),
        ("-1.2", "0.5", "down", "-1"),
        ("-1.2", "0.5", "up", "-1.5"),
        ("0.29", "0.01", "down", "0.29"),
        ("0.000000019", "1e-8", "down", "0.00000001"),
        ("-0.1", "1", "down", "0"),
        ("1", "0.3", "half_even", "0.9"),
    ],
)
def test_rounding_goes_to_whole_steps_in_the_named_direction(
    value: str, step: str, direction: Direction, expected: str
) -> None:
    found = quantise(Decimal(value), Decimal(step), direction)
    assert plain(found) == expected


@FIXED
@given(values, steps, st.sampled_from(get_args(Direction)))
def test_a_quantised_value_is_a_multiple_within_one_step(
    value: Decimal, step: Decimal, direction: Direction
) -> None:
    found = quantise(value, step, direction)
    with localcontext(Context(prec=200)):
        assert found % step == 0
        distance = abs(found - value)
        assert distance < step if direction != "half_even" else distance * 2 <= step
        if direction == "down":
            assert abs(found) <= abs(value)
        if direction == "up":
            assert abs(found) >= abs(value)


@FIXED
@given(values, steps, st.sampled_from(get_args(Direction)))
def test_quantising_twice_changes_nothing(
    value: Decimal, step: Decimal, direction: Direction
) -> None:
    once = quantise(value, step, direction)
    assert quantise(once, step, direction) == once


@FIXED
@given(values, values, steps, st.sampled_from(get_args(Direction)))
def test_quantising_keeps_order(
    one: Decimal, other: Decimal, step: Decimal, direction: Direction
) -> None:
    low, high = sorted((one, other))
    assert quantise(low, step, direction) <= quantise(high, step, direction)


@FIXED
@given(values, steps)
def test_whole_steps_do_not_depend_on_the_callers_context(value: Decimal, step: Decimal) -> None:
    with localcontext(Context(prec=2)):
        coarse = whole_steps(value, step, "down")
    assert coarse == whole_steps(value, step, "down")


@pytest.mark.parametrize("step", ["0", "-0.01", "NaN"])
def test_a_step_that_is_not_above_zero_is_refused(step: str) -> None:
    with pytest.raises(MoneyError, match="step"):
        quantise(Decimal(1), Decimal(step), "down")


def test_a_value_that_is_not_finite_cannot_be_rounded() -> None:
    with pytest.raises(MoneyError, match="finite"):
        quantise(Decimal("Infinity"), Decimal(1), "down")


@FIXED
@given(values)
def test_plain_text_has_no_exponent_and_reads_back_as_the_same_value(value: Decimal) -> None:
    text = plain(value)
    assert "e" not in text.lower()
    assert exact(text) == value
    assert not (text.endswith("0") and "." in text)


def test_plain_text_of_extreme_exponents_is_still_plain() -> None:
    assert plain(Decimal("1E-8")) == "0.00000001"
    assert plain(Decimal("2.50E+3")) == "2500"
    assert plain(Decimal("-0.00")) == "0"
    assert plain(Decimal("100")) == "100"


def test_an_exact_product_keeps_every_digit() -> None:
    with localcontext(Context(prec=3)):
        assert exact_product(Decimal("1.23456789"), Decimal("9.87654321")) == Decimal(
            "12.1932631112635269"
        )
