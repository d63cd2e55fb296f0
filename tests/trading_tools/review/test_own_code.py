"""The rules on real code: silent where it is right, loud on the bot that is meant to be bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from trading_tools.review.findings import Finding, Severity
from trading_tools.review.registry import chosen
from trading_tools.review.run import Target, review

ROOT = Path(__file__).resolve().parents[3]


def _found(folder: str) -> list[Finding]:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    targets = [Target(each, each.relative_to(ROOT).as_posix()) for each in files]
    return review(targets, chosen(), processes=1)


@pytest.mark.parametrize("folder", ["tools", "src", "examples/careful_bot"])
def test_code_that_is_right_has_no_error(folder: str) -> None:
    errors = [each for each in _found(folder) if each.severity is Severity.ERROR]
    assert errors == [], [f"{each.path}:{each.line} {each.rule} {each.message}" for each in errors]


def test_the_naive_bot_is_told_what_will_cost_it_money() -> None:
    found = {each.rule for each in _found("examples/naive_bot")}
    assert {"T10", "T11", "T12"} <= found


def test_many_processes_find_what_one_finds() -> None:
    files = sorted((ROOT / "examples").rglob("*.py"))
    targets = [Target(each, each.relative_to(ROOT).as_posix()) for each in files]
    assert review(targets, chosen(), processes=2) == review(targets, chosen(), processes=1)
