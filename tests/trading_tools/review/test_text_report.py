"""The report for a terminal: it keeps within its columns."""

from __future__ import annotations

from trading_tools.review.engine import Engine
from trading_tools.review.findings import Finding
from trading_tools.review.model.project import Project
from trading_tools.review.registry import chosen
from trading_tools.review.reports.text import as_text
from trading_tools.review.source import Source

HEAD = "import ccxt\n\nexchange = ccxt.okx()\n"
NEAR = "exchange.create_order('BTC/USDT', 'limit', 'buy', 0.00001234, 61234.567890, {})"
FAR = f"orders_of_the_morning_and_of_the_evening = [None, None, None, None, {NEAR}]"


def _found(line: str) -> list[Finding]:
    return Engine(chosen(["T11"])).review(Source("bot.py", HEAD + line + "\n"), Project())


def test_no_line_is_wider_than_the_terminal() -> None:
    for line in (NEAR, FAR):
        for width in (40, 60, 80):
            told = as_text(_found(line), 1, width=width)
            wide = [each for each in told.splitlines()[1:] if len(each) > width]
            assert wide == []


def test_nothing_of_a_sentence_is_lost_by_folding() -> None:
    (finding,) = _found(NEAR)
    told = " ".join(as_text([finding], 1, width=60).split())
    assert finding.why in told
    assert finding.fix in told


def test_what_is_meant_is_seen_though_it_stands_far_to_the_right() -> None:
    lines = as_text(_found(FAR), 1, width=60).splitlines()
    source, marks = lines[2], lines[3]
    assert source[marks.index("^") :].startswith("exchange.create_order(")


def test_a_pipe_gets_whole_lines() -> None:
    (finding,) = _found(NEAR)
    assert f"   = why: {finding.why}".strip() in as_text([finding], 1)
