"""What `orc init` writes and what editors check it with."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema

from orchestrator.config.files import keys
from orchestrator.config.settings import USER_ONLY, Settings, config_schema
from orchestrator.config.template import template

if TYPE_CHECKING:
    from tests.orchestrator.config.conftest import Bench

_UNCOMMENTED = re.sub(r"(?m)^# (?=[a-z_]+(?:\.\"[a-z-]+\")? = )", "", template())


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return float(value) if isinstance(value, Decimal) else value


def test_the_template_changes_nothing_as_it_is(bench: Bench) -> None:
    bench.in_project(template())
    loaded = bench.load()
    assert loaded.settings == Settings()
    assert loaded.sources == {}


def test_every_key_a_project_may_set_is_in_it_with_its_default(bench: Bench) -> None:
    bench.in_project(_UNCOMMENTED)
    loaded = bench.load()
    assert set(loaded.sources) == set(keys()) - USER_ONLY
    examples = {"model.effort", "model.context_window", "model.prices", "workspace.verify"}
    examples |= {"workspace.setup", "workspace.python"}
    for key in loaded.sources.keys() - examples:
        table, _, name = key.partition(".")
        there = getattr(getattr(loaded.settings, table), name)
        assert there == getattr(getattr(Settings(), table), name), key


def test_the_schema_is_valid_and_takes_the_template(bench: Bench) -> None:
    schema = config_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    check.validate(_plain(tomllib.loads(_UNCOMMENTED)))
    assert [*check.iter_errors({"limits": {"hosp": 1}})]
    assert [*check.iter_errors({"orders": {"live": "allow"}})]


def test_every_key_is_described_in_the_schema() -> None:
    tables = config_schema()["$defs"]
    for table in tables.values():
        for name, prop in table["properties"].items():
            assert prop.get("description"), name


def test_the_committed_schema_is_the_one_of_this_version() -> None:
    import json

    file = Path(__file__).resolve().parents[3] / "docs" / "config.schema.json"
    assert json.loads(file.read_text(encoding="utf-8")) == config_schema()
