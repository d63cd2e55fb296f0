"""The page of `orc agents --calibration`, as it looks at three widths."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from orchestrator.cli.calibration import document, print_calibration
from orchestrator.run.calibration import NO_CHECK, UNCHECKED, Forecast, Gathered
from tests.support.golden import assert_golden

SAID = {
    "exchange-integration-specialist": [(0.95, 14, 20), (0.85, 12, 14)],
    "python-expert": [(0.9, 7, 16)],
    "trading-logic-validator": [(0.7, 12, 12)],
    "risk-engine-architect": [(0.8, 2, 3)],
}
GATHERED = Gathered(
    48,
    tuple(
        Forecast(agent, confidence, place < hits)
        for agent, levels in SAID.items()
        for confidence, hits, n in levels
        for place in range(n)
    ),
    {NO_CHECK: 9, UNCHECKED: 5},
)


def page(gathered: Gathered, width: int = 80) -> str:
    out = io.StringIO()
    print_calibration(gathered, Console(file=out, width=width))
    return out.getvalue()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_page_fits_without_blanks_at_line_ends(width: int) -> None:
    lines = page(GATHERED, width).splitlines()
    assert all(len(line) <= width and line == line.rstrip() for line in lines)
    assert_golden(f"calibration_{width}.txt", page(GATHERED, width))


def test_the_page_says_who_is_too_sure_and_of_whom_little_is_known() -> None:
    rows = {line.split()[0]: line for line in page(GATHERED).splitlines() if line}
    assert rows["exchange-integration-specialist"].endswith("too sure")
    assert rows["python-expert"].endswith("too sure")
    assert rows["trading-logic-validator"].endswith("too modest")
    assert rows["risk-engine-architect"].endswith("too few to say")


def test_without_any_outcome_it_says_so() -> None:
    nothing = Gathered(2, (), {NO_CHECK: 2})
    assert page(nothing).startswith("no outcome yet")
    assert document(nothing)["all"] is None
    assert document(nothing)["agents"] == []
