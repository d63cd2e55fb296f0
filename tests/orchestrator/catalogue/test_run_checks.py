"""The tool that runs the project's checks as acceptance will."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.catalogue.acceptance.ports import Verifier
from orchestrator.catalogue.checks import TOOLS
from orchestrator.toolbox.tool import Effect, ToolContext, ToolError
from tests.support.cases import Verified, verification

(RUN_CHECKS,) = TOOLS


def context(**outcome: Any) -> ToolContext:
    services: dict[type, object] = {Verifier: Verified(verification(**outcome))}
    return ToolContext(run="r", agent="a", key="k", services=services)


async def test_it_reports_what_passed_without_durations() -> None:
    result = await RUN_CHECKS.call(context(fixed=("tests/test_a.py::test_b",)), {})
    assert not result.is_error
    assert result.text.startswith("checks: passed\ncommand: python -m pytest -q\n")
    assert result.data["passed"] is True
    assert result.data["fixed"] == ["tests/test_a.py::test_b"]
    assert "seconds" not in result.data


async def test_it_names_new_failures_and_what_a_person_must_see() -> None:
    outcome = context(
        passed=False,
        new_failures=("tests/test_a.py::test_b",),
        base_failures=("tests/test_a.py::test_old",),
        needs_person=("tests/test_a.py::test_c was removed",),
        output_tail="x" * 9_000 + "\nE assert 1 == 2",
    )
    result = await RUN_CHECKS.call(outcome, {})
    assert "checks: failed" in result.text
    assert "new failures (1):\n  tests/test_a.py::test_b" in result.text
    assert "failed before the change too (1):\n  tests/test_a.py::test_old" in result.text
    assert "needs a person (1):\n  tests/test_a.py::test_c was removed" in result.text
    assert result.text.endswith("E assert 1 == 2")
    assert len(result.text) < 5_000


async def test_long_lists_are_cut_and_say_so() -> None:
    result = await RUN_CHECKS.call(
        context(passed=False, new_failures=tuple(f"t{n}" for n in range(70))), {}
    )
    assert "new failures (70):" in result.text
    assert "  and 20 more" in result.text
    assert "t50" not in result.text
    assert len(result.data["new_failures"]) == 70


async def test_what_could_not_be_found_out_gives_its_reason() -> None:
    result = await RUN_CHECKS.call(context(passed=None, command="", reason="no seal"), {})
    assert result.text.startswith(
        "checks: could not be found out\ncommand: (none)\nreason: no seal"
    )
    assert result.data["passed"] is None


async def test_a_run_without_a_project_says_so() -> None:
    with pytest.raises(ToolError, match="no project to verify"):
        await RUN_CHECKS.call(ToolContext(run="r", agent="a", key="k"), {})


def test_it_changes_nothing_in_the_workspace() -> None:
    assert RUN_CHECKS.effect is Effect.READ
    assert RUN_CHECKS.schema["properties"] == {}
