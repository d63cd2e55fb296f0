"""`orc schema` and the schemas that are kept in docs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from orchestrator.agents.catalogue import bundled_agents_dir
from tests.support.command_line import CommandLine

DOCS = Path(__file__).resolve().parents[3] / "docs"
NAMES = ("handoff", "agent", "config", "playbook", "golive")


@pytest.mark.parametrize("name", NAMES)
def test_the_printed_schema_is_valid_and_the_one_in_docs(orc: CommandLine, name: str) -> None:
    printed = orc("schema", name)
    assert (printed.code, printed.err) == (0, "")
    jsonschema.Draft202012Validator.check_schema(printed.json)
    kept = json.loads((DOCS / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert printed.json == kept


def test_the_list_names_them_all(orc: CommandLine) -> None:
    assert [entry["name"] for entry in orc("schema", "--json").json["schemas"]] == list(NAMES)
    assert orc("schema").out.split()[0] == "handoff"


def test_an_unknown_name_gets_the_nearest(orc: CommandLine) -> None:
    assert orc("schema", "confg", "--json").error["fix"] == "did you mean `config`?"
    failed = orc("schema", "zzz", "--json")
    assert failed.code == 2
    assert failed.error["fix"] == "there are: handoff, agent, config, playbook, golive"


@pytest.mark.parametrize("file", sorted(bundled_agents_dir().glob("*.md")), ids=lambda f: f.stem)
def test_the_agents_we_ship_fit_the_agent_schema(orc: CommandLine, file: Path) -> None:
    front: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8").split("---\n")[1])
    jsonschema.validate(front, orc("schema", "agent").json)


@pytest.mark.parametrize(
    "front",
    [
        {"name": "x"},
        {"name": "Not A Name", "description": "d"},
        {"name": "x", "description": "d", "maxTurns": 0},
        {"name": "x", "description": "d", "effort": "utmost"},
    ],
)
def test_a_faulty_frontmatter_does_not_fit(orc: CommandLine, front: dict[str, Any]) -> None:
    check = jsonschema.Draft202012Validator(orc("schema", "agent").json)
    assert not check.is_valid(front)
