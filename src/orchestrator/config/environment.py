"""Settings from environment variables: `ORC_<TABLE>_<KEY>`.

Variables that are no settings (`ORC_HOME`, `ORC_AUDIT_KEY`, …) are named here so that a typing
mistake can be told from them.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from orchestrator.config.errors import ConfigError
from orchestrator.config.files import keys
from orchestrator.config.settings import LISTS, TABLES

OTHER_VARIABLES = (
    "ORC_HOME",
    "ORC_AUDIT_KEY",
    "ORC_LEDGER_URL",
    "ORC_RUN",
    "ORC_TRACE",
    "ORC_COMMAND",
    "ORC_PACING_DIR",
)
ENDPOINT = "ANTHROPIC_BASE_URL"


def variable_of(key: str) -> str:
    """The variable that sets a dotted key."""
    return "ORC_" + key.upper().replace(".", "_")


def from_environment(environ: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The values that are set, by dotted key, and what was odd. Empty variables count as unset.

    Lists have one entry a line. Prices can only be set in a file.

    Raises:
        ConfigError: a variable means a table.
    """
    found: dict[str, Any] = {}
    names = {variable_of(key): key for key in keys()}
    for name, key in names.items():
        value = environ.get(name)
        if not value:
            continue
        if key in TABLES:
            raise ConfigError(f"`{key}` is a table", name, "set it in a file")
        found[key] = [line for line in value.split("\n") if line] if key in LISTS else value
    if url := environ.get(ENDPOINT):
        found["model.base_url"] = url
    return found, tuple(_mistyped(environ, names))


def _mistyped(environ: Mapping[str, str], names: Mapping[str, str]) -> list[str]:
    """Notices of variables that look like ours; those of other programs are left alone."""
    known = {*names, *OTHER_VARIABLES}
    notices = []
    for name in sorted(environ):
        if name.startswith("ORC_") and name not in known and environ[name]:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            if near:
                notices.append(f"{name} sets nothing; did you mean {near[0]}?")
    return notices
