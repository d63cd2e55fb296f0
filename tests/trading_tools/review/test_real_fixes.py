"""The rules on faults that people met in public trading code, and on how these were put right."""

from __future__ import annotations

import pytest

from tests.trading_tools.review.real_fixes import FIXES, Fix
from tests.trading_tools.review.real_fixes_of_fills import FIXES_OF_FILLS
from trading_tools.review.engine import Engine
from trading_tools.review.findings import Severity
from trading_tools.review.model.project import Project
from trading_tools.review.registry import chosen
from trading_tools.review.source import Source

ALL = FIXES + FIXES_OF_FILLS
_ENGINE = Engine(chosen())


def _named(fix: Fix) -> str:
    return f"{fix.rule}-{fix.link.removeprefix('https://github.com/')}"


def _found(text: str) -> dict[str, Severity]:
    return {each.rule: each.severity for each in _ENGINE.review(Source("bot.py", text), Project())}


@pytest.mark.parametrize("fix", ALL, ids=_named)
def test_the_fault_is_found_before_the_fix_and_not_after_it(fix: Fix) -> None:
    assert fix.rule in _found(fix.before)
    assert fix.rule not in _found(fix.after)


@pytest.mark.parametrize("fix", ALL, ids=_named)
def test_a_fix_is_not_told_of_an_error_that_was_not_there_before(fix: Fix) -> None:
    errors = {rule for rule, severity in _found(fix.after).items() if severity is Severity.ERROR}
    assert errors <= set(_found(fix.before))
