"""The page of review rules says what the rules say."""

from __future__ import annotations

from pathlib import Path

from trading_tools.review.registry import all_rules
from trading_tools.review.reports.rules_page import page

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_rules_is_current() -> None:
    written = (ROOT / "docs/rules.md").read_text("utf-8")
    assert written == page(all_rules()), "write it anew with `make rules`"
