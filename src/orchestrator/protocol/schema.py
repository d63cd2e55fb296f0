"""The handoff model rendered twice: the published JSON Schema and the `hand_off` tool's input.

The published one holds every rule of the model. The wire one is what the model service takes: no
rules at its top level (the service refuses them there), and not strict, because a strict tool can
hold neither free-form objects nor numeric bounds. Both are made from `Handoff`, so they cannot
drift apart.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from orchestrator.protocol.handoff import HAND_OFF, Handoff

SCHEMA_ID = "urn:trading-orchestrator:schema:handoff:1"

_SAYS_SOMETHING = {"pattern": r"\S"}


def handoff_schema() -> dict[str, Any]:
    """The published schema (draft 2020-12): it takes exactly the envelopes that `Handoff` takes.

    Size and depth limits of the reader are not in it: they bound the transport, not the meaning.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Handoff",
        "description": "What an agent returns when it stops, and who goes on.",
        "type": "object",
        "properties": _properties(),
        "required": ["status", "result", "confidence"],
        "additionalProperties": False,
        "allOf": [
            _when(("complete",), {"properties": {"next_agent": {"type": "null"}}}),
            _when(("success", "complete"), {"properties": {"result": _SAYS_SOMETHING}}),
            _when(
                ("needs_help", "blocked"),
                {
                    "anyOf": [
                        {"properties": {"result": _SAYS_SOMETHING}},
                        {"properties": {"reasoning": _SAYS_SOMETHING}, "required": ["reasoning"]},
                    ]
                },
            ),
        ],
        "examples": [
            {
                "status": "needs_help",
                "result": "The order stream reconnects. Its request budget is not yet shared.",
                "next_agent": "api-expert",
                "context_forward": {"exchange": "bybit", "connections": 10},
                "confidence": 0.8,
                "reasoning": "Sharing one budget over ten connections is API work.",
            }
        ],
    }


def wire_schema(agents: Collection[str] = ()) -> dict[str, Any]:
    """The `input_schema` of the tool `hand_off`.

    With `agents` given, `next_agent` is limited to those names and null; they are sorted, so that
    the same agents give the same bytes and a cached prompt stays valid. All six fields are asked
    for, though the reader fills in those that have a default.
    """
    properties = _properties()
    if agents:
        properties["next_agent"] = {
            "description": properties["next_agent"]["description"],
            "type": ["string", "null"],
            "enum": [*sorted(set(agents)), None],
        }
    return {"type": "object", "properties": properties, "required": list(properties)}


def hand_off_tool(agents: Collection[str] = ()) -> dict[str, Any]:
    """The tool `hand_off` in the form the Messages API takes."""
    return {
        "name": HAND_OFF,
        "description": (
            "Return your result and say who goes on. This ends your turn, so it must be the only "
            "call of its reply. A status of success or complete is checked against the receipts "
            "and the workspace before it is accepted."
        ),
        "input_schema": wire_schema(agents),
    }


def _properties() -> dict[str, Any]:
    """The fields as JSON Schema, without pydantic's titles and inner references."""
    generated = Handoff.model_json_schema()["properties"]
    plain: dict[str, Any] = {}
    for name, field in generated.items():
        plain[name] = {"description": field["description"]}
        plain[name] |= {key: field[key] for key in _KEPT if key in field}
    plain["next_agent"] |= {"type": ["string", "null"], "pattern": r"\S"}
    plain["context_forward"] |= {"type": "object"}
    return plain


_KEPT = ("type", "enum", "minimum", "maximum", "default")


def _when(statuses: tuple[str, ...], then: dict[str, Any]) -> dict[str, Any]:
    return {
        "if": {"properties": {"status": {"enum": list(statuses)}}, "required": ["status"]},
        "then": then,
    }
