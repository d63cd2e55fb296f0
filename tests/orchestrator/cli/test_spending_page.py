"""The part of a run's page that is about money: it fits, and an unknown price is said."""

from __future__ import annotations

import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console, Group

from orchestrator.cli.marks import Marks
from orchestrator.cli.spending import short_number, spend_lines
from orchestrator.models.port import Usage
from orchestrator.run.parts import ModelSpend, ToolSpend
from orchestrator.run.spending import SpendTable

ALPHA = ModelSpend(Usage(12_000, 48_300, 1_250_000, 61_000), Decimal("1.7312"), False, 31, 33)
ROUTER = ModelSpend(Usage(2_900, 210), Decimal("0.0004"), False, 1, 1)
FREE = ModelSpend(Usage(900, 40), Decimal(0), True, 2, 2)
SUM: Mapping[str, Any] = {
    "model_calls": 34,
    "attempts": 36,
    "input_tokens": 15_800,
    "cache_read_tokens": 1_250_000,
    "output_tokens": 48_550,
    "cost_usd": None,
}
LONG = "a-specialist-with-a-very-long-name-indeed"
TABLE = SpendTable(
    ((LONG, ALPHA), ("free-of-price", FREE)),
    (("bash", ToolSpend(40, 3, 2, 912_000)), ("grep", ToolSpend(1, 0, 0, 80))),
    ROUTER,
)


def lines(width: int, table: SpendTable = TABLE) -> list[str]:
    out = io.StringIO()
    parts = spend_lines(SUM, "1.7316", table, Marks(), width)
    Console(file=out, width=width).print(Group(*parts))
    return [line.rstrip() for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("width", [49, 69, 109])
def test_names_are_shortened_and_figures_never(width: int) -> None:
    shown = lines(width)
    assert all(len(line) <= width for line in shown)
    alpha = next(line for line in shown if line.startswith("a-spec"))
    assert alpha.split()[1:] in (
        ["31", "33", "12k", "61k", "1.2M", "48k", "$1.73"],
        ["31", "33", "12k", "1.2M", "48k", "$1.73"],
    )
    assert (LONG in alpha) is (width == 109)


def test_the_router_stands_last_and_an_unknown_price_is_no_zero() -> None:
    shown = lines(109)
    assert "$1.73 is known; a model without a price was used" in shown
    names = [line.split()[0] for line in shown if line]
    assert names.index("router") == names.index("free-of-price") + 1
    free = next(line for line in shown if line.startswith("free-of-price"))
    assert free.endswith("no price")


def test_tools_show_errors_and_refusals_only_where_there_are_some() -> None:
    shown = lines(109)
    head = next(line for line in shown if line.startswith("tool"))
    assert head.split() == ["tool", "calls", "errors", "refused", "characters", "read"]
    bash = next(line for line in shown if line.startswith("bash"))
    assert bash.split() == ["bash", "40", "3", "2", "912k"]
    calm = SpendTable(TABLE.agents, (("grep", ToolSpend(1, 0, 0, 80)),), None)
    assert "tool  calls  characters read" in lines(109, calm)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1.0k"),
        (9_940, "9.9k"),
        (12_300, "12k"),
        (999_499, "999k"),
        (999_500, "1.0M"),
        (1_250_000, "1.2M"),
        (48_000_000, "48M"),
    ],
)
def test_counts_are_rounded_to_fit(number: int, text: str) -> None:
    assert short_number(number) == text
