"""Which numbers of a text are figures, and which of them claim something."""

from __future__ import annotations

import pytest

from orchestrator.run.claims import cited_receipts, figures
from orchestrator.run.recorded import numbers

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


@pytest.mark.parametrize(
    "text",
    [
        "3/40 tests passed",
        "the price is $5/12",
        "the edge is +2 %/−1 %",
        "the edge is 50/0",
        "the price is 0.65/1.5",
    ],
)
def test_not_every_slash_makes_a_fraction(text: str) -> None:
    found = figures(text)
    assert found
    assert not any(figure.ratio for figure in found)


@pytest.mark.parametrize(
    "text",
    [
        "200 steps buy one position at 200000 USDT.",
        "At a price of 200000 USDT the size is nothing.",
        "With p = 0.55 as told, the edge vanishes.",
        "For p 0.55, the edge vanishes.",
        "The edge was tested at 0.55.",
        "A win rate of 0.55 was tried.",
        "If the win rate falls below 0.55, the edge vanishes.",
    ],
)
def test_what_a_calculation_was_given_is_told_by_its_words(text: str) -> None:
    assert figures(text)[-1].given


@pytest.mark.parametrize(
    "text",
    [
        "BTC trades at 67500.",
        "The price is at 67500 now.",
        "We tested it and the Sharpe is 1.31.",
        "With half of it the Kelly fraction equals 0.42.",
        "For a cap, Kelly is 0.42.",
        "Kelly comes out at 0.42.",
        "The Kelly fraction: 0.42.",
    ],
)
def test_a_result_beside_such_words_is_none(text: str) -> None:
    found = figures(text)[-1]
    assert (found.claims, found.given) == (True, False)


@pytest.mark.parametrize(
    "text",
    [
        "The edge at 0.55, an input I chose, vanishes.",
        "The edge with my own input 0.55 vanishes.",
        "The win rate 0.55 (my input) has no edge.",
    ],
)
def test_an_input_that_is_declared_claims_nothing(text: str) -> None:
    assert [(figure.text, figure.claims) for figure in figures(text)] == [("0.55", False)]


def test_receipts_are_cited_once_in_order() -> None:
    assert cited_receipts("see [r12] and [r3]", "[r12], [r4], r5 and [rx]") == (12, 3, 4)


@pytest.mark.parametrize(
    "piece",
    ["1\n", "0.5 ", "a-", "1-", "1,111", "`", "a/", "- 1.5\n", "1'", "should ", "|", "1 to "],
)
@pytest.mark.parametrize("size", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a_long_text_is_read_whole(piece: str, size: int) -> None:
    text = "Kelly results:\n" + piece * (size // len(piece)) + "\nThe edge is 0.42."
    assert figures(text)[-1].text == "0.42"
    assert numbers("0.42") <= numbers(text)
