from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.cli.marks import span_text, usd_text
from orchestrator.cli.text import all_arguments, first_line, one_line, plain, short_arguments

PURE = settings(derandomize=True, deadline=None)


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b2Jgone", "gone"),
        ("a\x1b]0;title\x07b", "a␛]0;title␇b"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("tab\there", "tab here"),
        ("\u202eabc", "\ufffdabc"),
        ("half \ud83d", "half \ufffd"),
        ("→ ✓ 價格 é", "→ ✓ 價格 é"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_text_is_shown_without_what_a_terminal_would_obey(given_text: str, shown: str) -> None:
    assert plain(given_text) == shown


@PURE
@given(st.text(max_size=300))
def test_making_text_plain_twice_changes_nothing_more(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@PURE
@given(st.text(max_size=300), st.integers(1, 40))
def test_one_line_is_one_line_within_its_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert "\n" not in line


def test_a_cut_is_always_marked() -> None:
    assert one_line("abcdef", 4) == "abc…"
    assert one_line(" " * 1_000 + "hidden", 20) == "…"
    assert first_line("\n\n  first\nsecond", 20) == "first"


def test_the_argument_that_tells_most_is_the_short_form_of_a_call() -> None:
    assert short_arguments({"text": "x" * 99, "path": "src/a.py"}, 20) == "src/a.py"
    assert short_arguments({"rate": "0.5", "odds": {"a": 1}}, 40) == 'rate=0.5, odds={"a": 1}'
    assert short_arguments({}, 20) == ""
    assert all_arguments({"path": "a", "size": "1"}, 40) == "path=a, size=1"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (8.44, "8.4 s"), (59.4, "59 s"), (252.4, "4 min 12 s"), (7_500, "2 h 05 min")],
)
def test_lengths_of_time_are_for_people(seconds: float, shown: str) -> None:
    assert span_text(seconds) == shown


@pytest.mark.parametrize(
    ("cost", "shown"),
    [("0", "$0.00"), ("0.0041", "$0.0041"), ("1234.5", "$1,234.50"), (None, "no price")],
)
def test_cost_is_in_cents_or_finer_and_never_guessed(cost: str | None, shown: str) -> None:
    assert usd_text(cost) == shown
