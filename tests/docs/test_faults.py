"""The page on faults tells every scenario as the catalogue has it, and every kind of fault."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from trading_tools.drill.scenarios.catalogue import SCENARIOS
from trading_tools.drill.scenarios.scenario import Scenario
from trading_tools.venue import faults
from trading_tools.venue.faults.fault import Fault

PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")


def row(scenario: Scenario) -> str:
    """A scenario as a line of the catalogue's table."""
    links = " ".join(f"[{n}]({link})" for n, link in enumerate(scenario.links, 1))
    held = ", ".join(f"`{each.value}`" for each in scenario.invariants)
    venues = ", ".join(sorted(scenario.venues)) or "all"
    story = f"{scenario.story} {links}".strip()
    return f"| `{scenario.name}` | {scenario.title} | {story} | {held} | {venues} |"


def test_the_catalogues_table_is_the_catalogue() -> None:
    told = [line for line in PAGE.splitlines() if line.startswith(("| `d", "| `calm", "| `kill"))]
    told += [line for line in PAGE.splitlines() if line.startswith("| `sigterm")]
    assert sorted(told) == sorted(row(each) for each in SCENARIOS)


def test_every_kind_of_fault_is_explained() -> None:
    for module in pkgutil.iter_modules(faults.__path__):
        importlib.import_module(f"{faults.__name__}.{module.name}")
    kinds = {kind.__name__ for kind in Fault.__subclasses__()}
    assert kinds
    assert {kind for kind in kinds if f"| `{kind}` |" not in PAGE} == set()
