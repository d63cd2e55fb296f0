"""The JSON Schema of an agent file's frontmatter, made from the fields the loader reads."""

from __future__ import annotations

from typing import Any

from orchestrator.agents.fields import COLOURS, EFFORTS, READ_FIELDS
from orchestrator.agents.model_names import MODEL_ALIASES

SCHEMA_ID = "urn:trading-orchestrator:schema:agent:1"

_NAMES = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string", "minLength": 1}}]
}
_FIELDS: dict[str, dict[str, Any]] = {
    "name": {
        "description": "What the agent is called: lower-case letters, digits and hyphens.",
        "type": "string",
        "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
        "maxLength": 64,
    },
    "description": {
        "description": "When the agent should be used, and when not; requests are routed by it.",
        "type": "string",
        "minLength": 1,
    },
    "tools": {
        "description": "The tools it may use, as a list or separated by commas; absent: all.",
        **_NAMES,
    },
    "disallowedTools": {"description": "Tools it may not use; these win.", **_NAMES},
    "model": {
        "description": f"A model id or an alias: {', '.join(MODEL_ALIASES)}.",
        "type": "string",
        "minLength": 1,
    },
    "effort": {"description": "How hard the model should think.", "enum": list(EFFORTS)},
    "maxTurns": {
        "description": "Most model calls each time the agent is called.",
        "type": "integer",
        "minimum": 1,
    },
    "triggers": {
        "description": "Phrases of a request that the agent claims for itself.",
        "type": "array",
        "items": {"type": "string", "minLength": 1},
    },
    "color": {"description": "A colour for other programs.", "enum": list(COLOURS)},
}


def agent_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of a file without a fault; the loader reads far more than that."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Agent file",
        "description": "The frontmatter of an agent; the instructions stand below it.",
        "type": "object",
        "properties": {name: _FIELDS[name] for name in READ_FIELDS.values()},
        "required": ["name", "description"],
        "additionalProperties": True,
    }
