"""Files collected from public repositories load here as the reference loader loads them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from orchestrator.agents.loader import load_agent_file

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared"

pytestmark = pytest.mark.skipif(
    not (SHARED / "agentfiles" / "manifest.csv").is_file(),
    reason="the collected agent files are not beside this checkout",
)


def test_every_file_the_reference_loads_has_the_same_name_here() -> None:
    folder = SHARED / "agentfiles"
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as manifest:
        rows = list(csv.DictReader(manifest))
    assert len(rows) > 100
    wrong = {}
    for row in rows:
        found = load_agent_file(folder / row["file"], "project").definition
        expected = row["reference_loader_name"]
        if found is None or (expected and found.name != expected):
            wrong[row["file"]] = (expected, found and found.name)
    assert wrong == {}


def test_the_requirement_documents_load_as_they_are() -> None:
    names = [
        found.name
        for path in sorted((SHARED / "seeds").iterdir())
        if (found := load_agent_file(path, "project").definition)
    ]
    assert names == [
        "python-trading-expert",
        "trading-bot-specialist",
        "algotrading-python-expert",
        "exchange-integration-specialist",
        "exchange-integration-specialist",
    ]
