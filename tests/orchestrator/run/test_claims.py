"""Which numbers of a text are figures, which of them claim something, and what supports one."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestrator.run.claims import (
    Evidence,
    Figure,
    cited_receipts,
    figures,
    is_telling,
    numbers,
    typed,
)

LAW = settings(derandomize=True, deadline=None, max_examples=150)

CLAIMED = [
    ("The Kelly fraction is 0.42.", ["0.42"]),
    ("So you should bet 41.7% of your bankroll.", ["41.7%"]),
    ("0.42", ["0.42"]),
    ("**0.42**", ["0.42"]),
    ("It is 0.42", ["0.42"]),
    ("The answer: .42", [".42"]),
    ("The Kelly fraction is `0.42`.", ["0.42"]),
    ("`f* = 0.65 - 0.35/1.5 = 0.4167`", ["0.65", "0.35", "1.5", "0.4167"]),
    ("```\nkelly ≈ 0.42\n```", ["0.42"]),
    ("3 tests passed", ["3"]),
    ("The leverage is 5 and the Sharpe 2, far above 1.", ["5", "2"]),
    ("Over 2 years the Sharpe was 1.31", ["1.31"]),
    ("BTC trades at $67,500", ["$67,500"]),
    ("BTC is at 67 500 USDT".replace("7 5", "7\u202f5"), ["67\u202f500 USDT"]),
    ("The drawdown was 2–3%.", ["2", "3%"]),
    ("The funding is between 1 and 3 bps", ["1", "3 bps"]),
    ("volume 1.5M, then 1.5 million", ["1.5M", "1.5 million"]),
    ("a variance of 1.2e-3, or 1.2 × 10^-3, or 1.2×10⁻³", ["1.2e-3", "1.2 × 10^-3", "1.2×10⁻³"]),
    ("the PnL was -$1,250.50", ["-$1,250.50"]),
    ("| Strategy | Sharpe |\n|---|---|\n| A | 2.4 |", ["2.4"]),
    ("Kelly results:\n\n- full: 0.42\n- half: 0.21", ["0.42", "0.21"]),
    ("The fee is 0.1%/trade, so $50/trade.", ["0.1%", "$50"]),
    ("You have 5% left.", ["5%"]),
    ("latency was 12ms at the p99", ["12ms"]),
    ("your position has 4x leverage", ["4x"]),
    ("See [r12]: the edge is 0.05 [r13].", ["0.05"]),
    ("The Sharpe from 2019 to 2023 was 1.2, in 2024 it was 0.8.", ["1.2", "0.8"]),
]


@pytest.mark.parametrize(("text", "expected"), CLAIMED)
def test_a_number_that_reads_like_a_result_claims_something(text: str, expected: list[str]) -> None:
    assert [figure.text for figure in figures(text) if figure.claims] == expected


@pytest.mark.parametrize(
    "text",
    [
        "Two files changed.",
        "A Sharpe above 1 is good; position endpoints cost 5.",
        "5 files changed in src/a.py:12 and tests/test_b.py.",
        "There are 2 ways to compute Kelly.",
        "1. First measure the latency.\n2. Then compute the Sharpe ratio.",
        "Python 3.11, ccxt 4.5.1 and v2 of the API on port 8080, see line 12 and lines 3-5.",
        "As of 2024-03-01 12:30 the price is in [r12], see https://x.example/p/42?q=0.5.",
        "Thorp (2006) and Kelly 1956 compute it; the 2008 crisis is measured in 2024.",
        "On 12 March 2024 and March 5, 2024, prices moved.",
        "HTTP 429 and error code -1021 are the test cases.",
        "The size of BTC-27JUN25-50000-C is in a/b2/c.py.",
        "SHA-256, S&P 500, RFC 6455, EMA20 and 14d are prices of a kind.",
        "A 5-minute candle, a 3rd test, 24/7, 1:3 and 1.2.3 of the price.",
        "`size = 0.42` and `price * 3` in `kelly(0.6, 1.5)`",
        "```python\nkelly = 0.42\nx = 1 - 0.5 * 2 = 3\n```",
        "Kelly uses half of the edge, twice the size.",
        "It is `kelly(0.6)`, not ``` at the price.",
        "The hash is 9f86d081884c7d659a2feaa0c55ad015 of size.",
    ],
)
def test_what_names_dates_or_counts_things_is_no_figure(text: str) -> None:
    assert figures(text) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Retry after 30 s.", "30 s"),
        ("The order size of 25% is my own choice.", "25%"),
        ("Use a limit of 10% there.", "10%"),
        ("I estimate a Sharpe of 1.2.", "1.2"),
        ("For example, with a price of 100 you get this.", "100"),
        ("Assume e.g. a drawdown of 20%.", "20%"),
        ("Binance counts 1200 requests a minute.", "1200"),
    ],
)
def test_choices_and_estimates_are_figures_that_claim_nothing(text: str, expected: str) -> None:
    found = figures(text)
    assert [figure.text for figure in found] == [expected]
    assert not found[0].claims


def test_a_choice_of_size_claims_a_calculation_all_the_same() -> None:
    assert figures("You should use a position size of 0.42.")[0].claims


def test_a_figure_says_where_it_stands() -> None:
    found = figures("First this.  Then the\tedge is 0.05!  And on.")
    assert found[0].sentence == "Then the edge is 0.05!"


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


def test_a_typed_number_that_another_source_gives_is_supported() -> None:
    known = Evidence.gather(["win rate 0.42"], [(typed("echo 0.42"), "0.42")])
    assert known.supports(figures("the edge is 0.42")[0])


def test_receipts_are_cited_once_in_order() -> None:
    assert cited_receipts("see [r12] and [r3]", "[r12], [r4], r5 and [rx]") == (12, 3, 4)


def test_numbers_of_ids_and_hashes_are_bounded() -> None:
    assert numbers("7" * 5000) == frozenset()
    assert typed("7" * 5000 + " 0.42") >= {Decimal("0.42")}


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
    known = Evidence.gather((), [(frozenset(), f'{{"price":"{value}"}}')])
    for text in (f"{rounded:f}", f"{rounded:,f}", f"{rounded:e}", f"${rounded:,f}"):
        assert known.supports(_figure(text)), text


@LAW
@given(value=AMOUNTS, places=st.integers(min_value=0, max_value=4))
def test_a_fraction_copied_as_a_percentage_is_supported(value: Decimal, places: int) -> None:
    percent = (value * 100).quantize(Decimal(1).scaleb(-places))
    known = Evidence.gather((), [(frozenset(), f"fraction {value:f}")])
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


@pytest.mark.parametrize(
    "piece",
    ["1\n", "0.5 ", "a-", "1-", "1,111", "`", "a/", "- 1.5\n", "1'", "should ", "|", "1 to "],
)
def test_a_long_text_is_read_whole(piece: str) -> None:
    text = "Kelly results:\n" + piece * (100_000 // len(piece)) + "\nThe edge is 0.42."
    assert figures(text)[-1].text == "0.42"
    assert numbers("0.42") <= numbers(text)
