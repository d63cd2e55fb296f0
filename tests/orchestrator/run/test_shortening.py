"""Long parts of an opening fit, and say what they leave out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.run.shortening import latest, latest_lines, newest_first, shortened

TEXTS = st.text("abc \n", max_size=400)
MOST = st.integers(80, 300)


@given(TEXTS, MOST)
def test_a_text_fits_and_keeps_its_beginning_and_end(text: str, most: int) -> None:
    short = shortened(text, most)
    assert len(short) <= most
    if len(text) <= most:
        assert short == text
    else:
        assert "left out" in short
        assert (short[0], short[-1]) == (text[0], text[-1])


@given(TEXTS, MOST)
def test_the_latest_of_a_text_is_its_end(text: str, most: int) -> None:
    short = latest(text, most)
    assert len(short) <= most
    assert text.endswith(short.partition("…]\n")[2])


@given(st.lists(st.text("ab", max_size=40), max_size=30), MOST)
def test_the_last_lines_stay_whole_and_the_others_are_counted(lines: list[str], most: int) -> None:
    kept = latest_lines(lines, most)
    assert sum(len(line) + 1 for line in kept) <= most
    if kept != lines:
        assert kept[0] == f"[… {len(lines) - len(kept) + 1} before these are left out …]"
        assert kept[1:] == lines[len(lines) - len(kept) + 1 :]


@given(st.lists(st.text("abc", max_size=500), min_size=1, max_size=4), st.integers(400, 900))
def test_of_many_texts_the_last_keeps_most_and_none_is_lost(texts: list[str], most: int) -> None:
    kept = newest_first(texts, most)
    assert len(kept) == len(texts)
    assert sum(map(len, kept)) <= most
    if sum(map(len, texts)) <= most:
        assert kept == texts
    if len(texts[-1]) <= most // 2:
        assert kept[-1] == texts[-1]
