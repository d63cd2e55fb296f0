"""`orc schema`: the published JSON Schemas. `docs/*.schema.json` holds the same texts."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

import click

from orchestrator.cli.output import CommandError, emit


def _handoff() -> dict[str, Any]:
    from orchestrator.protocol.schema import handoff_schema

    return handoff_schema()


def _agent() -> dict[str, Any]:
    from orchestrator.cli.agent_schema import agent_schema

    return agent_schema()


def _playbook() -> dict[str, Any]:
    from orchestrator.playbooks.format import playbook_schema

    return playbook_schema()


def _config() -> dict[str, Any]:
    from orchestrator.config.settings import config_schema

    return config_schema()


def _golive() -> dict[str, Any]:
    from trading_tools.golive.config.model import GoLive

    return GoLive.model_json_schema()


SCHEMAS: Mapping[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "handoff": ("what an agent returns when it stops", _handoff),
    "agent": ("the frontmatter of an agent file", _agent),
    "config": ("orchestrator.toml", _config),
    "playbook": ("a playbook file", _playbook),
    "golive": ("golive.toml", _golive),
}


@click.command("schema")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="The list of schemas as JSON, too.")
def schema_command(name: str | None, as_json: bool) -> None:
    """Print the JSON Schema called NAME; without NAME list them."""
    if name is None:
        data = {"schemas": [{"name": key, "about": about} for key, (about, _) in SCHEMAS.items()]}
        emit(data, as_json, lambda: "\n".join(f"{k:9}{v[0]}" for k, v in SCHEMAS.items()))
        return
    if name not in SCHEMAS:
        near = difflib.get_close_matches(name, SCHEMAS, n=1, cutoff=0.4)
        fix = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(SCHEMAS)}"
        raise CommandError(f"there is no schema {name!r}", "orc schema", fix)
    emit(SCHEMAS[name][1](), True, str)
