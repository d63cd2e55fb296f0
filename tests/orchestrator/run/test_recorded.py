"""What a text has on record, and which figures that supports."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestrator.run.claims import Figure, figures
from orchestrator.run.recorded import Evidence, Typed, is_telling, numbers, typed

LAW = settings(derandomize=True, deadline=None, max_examples=150)


def supported(claim: str, *results: str) -> list[bool]:
    known = Evidence.gather(results, ())
    return [known.supports(figure) for figure in figures(claim)]


@pytest.mark.parametrize(
    ("claim", "record"),
    [
        ("the edge is 0.42", "0.4166666"),
        ("the edge is 41.7%", "0.4166666"),
        ("the edge is 0.417", "41.66666%"),
        ("the edge is 0.42", '{"edge_pct": 41.9}'),
        ("the edge is 42%", '{"edge": "0.4199"}'),
        ("the fee is 10 bps", "0.001"),
        ("the fee is 10 bps", "0.1%"),
        ("the fee is 0.1%", "10 bps"),
        ("the price is 67,500", "67500.0"),
        ("the price is 67500.25", "$67,500.25"),
        ("the price is 67.5k", '{"last":"67512.3"}'),
        ("the volume is 1.5M", "1,523,000"),
        ("the volume is 1,500,000", "1.5M"),
        ("the volume is about 12,000", "12,345"),
        ("the variance is 1.2e-3", "0.00123"),
        ("the variance is 1.2×10⁻³", "1.23E-3"),
        ("the drawdown is 2–3%", "low 0.02, high 3.0 %"),
        ("the pnl is -12.5", "pnl=-12.49"),
        ("the loss is 12.5", "-12.5"),
        ("the drawdown is -30%", "0.3"),
        ("the price is 100", "99,100,101"),
        ("the price is 5", "ask 5, bid 4"),
        ("the edge is +0.05", "0.05"),
        ("the mean is 0.5", "line\\n0.5\\n"),
        ("the mean is 0.5", "x=.5"),
    ],
)
def test_a_number_on_record_supports_a_figure_at_its_precision(claim: str, record: str) -> None:
    assert supported(claim, record) == [True] * len(figures(claim))


@pytest.mark.parametrize(
    ("claim", "record"),
    [
        ("the edge is 0.42", "0.43"),
        ("the edge is 0.42", "0.4149"),
        ("the edge is 0.4200", "0.42006 0.41"),
        ("the edge is 42.0%", "0.4194"),
        ("the edge is 0.42", "r0.42 abc0.42 1.0.42"),
        ("the price is 67,500", "67501"),
        ("the volume is 12,000", "12,345"),
        ("the volume is 1.5M", "1.5"),
        ("the kelly value is 0.2", "-0.2"),
        ("the kelly value is -0.2", "0.2"),
        ("the kelly value is +0.2", "-0.2"),
        ("the edge is 0.42", ""),
        ("the ratio is computed as 5", "50 500 0.05"),
    ],
)
def test_another_number_does_not(claim: str, record: str) -> None:
    assert supported(claim, record) == [False]


def test_both_ends_of_a_range_need_support() -> None:
    assert supported("the drawdown is 2–3%", "0.02") == [True, False]


@pytest.mark.parametrize(
    ("wrote", "result"),
    [
        ("echo 0.42", "0.42"),
        ("echo 0.42", "f = 0.420"),
        ("echo 42%", "0.42"),
        ("printf %.2f 0.4166", "0.42"),
        ("echo -e '\\n0.42'", "\n0.42"),
        ("echo x0.42 | tr -d x", "0.42"),
        ("echo 4.2e-1", "0.42"),
        ("echo -0.42", "-0.42"),
        ("echo .42", "0.42"),
    ],
)
def test_what_was_typed_into_a_call_is_not_its_result(wrote: str, result: str) -> None:
    known = Evidence.gather((), [(typed(wrote), result)])
    assert not any(known.supports(figure) for figure in figures("the edge is 0.42"))


def test_what_a_call_computed_from_what_was_typed_is() -> None:
    known = Evidence.gather((), [(typed("print(0.65 - 0.35/1.5)"), "0.41666666666666674")])
    assert known.supports(figures("the edge is 0.4167")[0])


SOLVED = """python - <<'E'
for p in ("0.40", "0.55"): print("p", p, kelly(p, 1.5))
print("break-even", round(solve(1.5), 6))
E"""


def test_a_typed_number_that_a_calculation_writes_to_more_decimals_is_its_result() -> None:
    known = Evidence.gather((), [(typed(SOLVED), "p 0.40 f -0.017\nbreak-even 0.400000")])
    assert known.supports(figures("The kelly edge ends at 0.40.")[0])


@pytest.mark.parametrize(
    ("wrote", "result"),
    [
        ("printf %.6f 0.40", "0.400000"),
        ("printf %.6f 0.40; date +%s", "0.400000 1718000000"),
        ("echo 0.40 | awk '{printf \"%.6f\", $1}'; date +%s", "0.400000 1718000000"),
        ("python -c 'print(f\"{0.40:.6f}\", 1/7)'", "0.400000 0.14285714"),
        ("python -c 'print(\"%.6f\" % float(0.40), 1/7)'", "0.400000 0.14285714"),
        ("x = 0.40\nprint(x)", "0.400000"),
        ("x = 0.40\ny = 0.400000\nprint(x, 1/7)", "0.400000 0.14285714"),
        (SOLVED, "p 0.40 f -0.017\nbreak-even 0.4002"),
    ],
)
def test_more_decimals_of_what_was_merely_printed_are_none(wrote: str, result: str) -> None:
    known = Evidence.gather((), [(typed(wrote), result)])
    assert not known.supports(figures("The kelly edge ends at 0.4000.")[0])


@pytest.mark.parametrize(
    ("claim", "record"),
    [
        ("the kelly value is −1/5", "f* -1/5"),
        ("the kelly value is −1/5", "-0.2"),
        ("the edge is 65/2 of it", "65/2 at 0"),
        ("the edge is 65/2 of it", "32.5"),
        ("the edge is 5/12.", "0.417"),
        ("the edge is 5/12.", "0.41666666666666674"),
        ("the edge is 5/12.", "41.67%"),
        ("the edge is 10/24.", "5/12"),
        ("the loss is 1/25", "-0.04"),
    ],
)
def test_a_fraction_is_one_figure_and_its_decimal_supports_it(claim: str, record: str) -> None:
    assert supported(claim, record) == [True]


@pytest.mark.parametrize(
    ("claim", "record"),
    [
        ("the kelly value is −1/5", "1/5"),
        ("the kelly value is 1/25", "-1/25"),
        ("the edge is 5/12.", "0.42"),
        ("the edge is 5/12.", "0.418"),
        ("the edge is 5/12.", "5 of 12"),
        ("the edge is 3999/10000", "0.4"),
    ],
)
def test_other_numbers_do_not_support_a_fraction(claim: str, record: str) -> None:
    assert not any(supported(claim, record))


@pytest.mark.parametrize("wrote", ["echo 5/12", "print(Fraction(5, 12))", "F('10/24')"])
def test_a_fraction_that_was_typed_is_no_result(wrote: str) -> None:
    known = Evidence.gather((), [(typed(wrote), "5/12")])
    assert not known.supports(figures("the edge is 5/12.")[0])


def test_a_typed_number_that_another_source_gives_is_supported() -> None:
    known = Evidence.gather(["win rate 0.42"], [(typed("echo 0.42"), "0.42")])
    assert known.supports(figures("the edge is 0.42")[0])


def test_numbers_of_ids_and_hashes_are_bounded() -> None:
    assert numbers("7" * 5000) == frozenset()
    assert Decimal("0.42") in typed("7" * 5000 + " 0.42").decimals


def test_small_and_round_numbers_are_not_telling() -> None:
    assert not any(map(is_telling, map(Decimal, ("3", "10", "0.5", "1200", "0"))))
    assert all(map(is_telling, map(Decimal, ("0.42", "67500", "123", "1.05"))))


AMOUNTS = st.decimals(
    min_value=Decimal("0.0001"), max_value=Decimal("9999999"), allow_nan=False, places=7
)
PLACES = st.integers(min_value=0, max_value=6)
ROUNDINGS = st.sampled_from([ROUND_HALF_EVEN, ROUND_HALF_UP])


def _figure(text: str) -> Figure:
    found = figures(f"The computed price is {text}.")
    assert len(found) == 1, text
    return found[0]


@LAW
@given(value=AMOUNTS, places=PLACES, rounding=ROUNDINGS)
def test_a_figure_copied_at_any_rounding_is_supported(
    value: Decimal, places: int, rounding: str
) -> None:
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding)
    known = Evidence.gather((), [(Typed(), f'{{"price":"{value}"}}')])
    for text in (f"{rounded:f}", f"{rounded:,f}", f"{rounded:e}", f"${rounded:,f}"):
        assert known.supports(_figure(text)), text


@LAW
@given(value=AMOUNTS, places=st.integers(min_value=0, max_value=4))
def test_a_fraction_copied_as_a_percentage_is_supported(value: Decimal, places: int) -> None:
    percent = (value * 100).quantize(Decimal(1).scaleb(-places))
    known = Evidence.gather((), [(Typed(), f"fraction {value:f}")])
    assert known.supports(_figure(f"{percent:f}%"))


@LAW
@given(value=AMOUNTS, other=AMOUNTS, places=PLACES)
def test_a_figure_that_no_record_rounds_to_is_not(
    value: Decimal, other: Decimal, places: int
) -> None:
    unit = Decimal(1).scaleb(-places)
    rounded = value.quantize(unit)
    assume(abs(rounded - other) > unit)
    assert not Evidence.gather([f"{other:f}"], ()).supports(_figure(f"{rounded:f}"))


@LAW
@given(value=AMOUNTS)
def test_typing_a_number_first_takes_its_echo_out(value: Decimal) -> None:
    known = Evidence.gather((), [(typed(f"echo {value:f}"), f"{value:f}")])
    assert known.values == frozenset()


@LAW
@given(st.text(alphabet="0123456789.,%$-–e+`[]|: \nabk/(){}'\"×^_", max_size=120))
def test_any_text_can_be_read(text: str) -> None:
    known = Evidence.gather([text], [(typed(text), text)])
    for figure in figures(text):
        assert figure.value >= 0
        assert figure.half > 0
        known.supports(figure)
