"""The published schema, the wire schema and the model say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from orchestrator.protocol.handoff import Handoff
from orchestrator.protocol.schema import hand_off_tool, handoff_schema, wire_schema

PUBLISHED = Path(__file__).resolve().parents[3] / "docs" / "handoff.schema.json"

sound_values: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from(["success", "needs_help", "blocked", "complete"]),
    "result": st.sampled_from(["", "done", " \n", "\u00a0", "\x1c", "\ufeff"]) | st.text(),
    "next_agent": st.none() | st.sampled_from(["api-expert", "", " "]) | st.text(),
    "context_forward": st.dictionaries(
        st.text(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
            ),
            max_leaves=6,
        ).filter(lambda value: "inf" not in repr(value)),
        max_size=3,
    ),
    "confidence": st.sampled_from([0, 1, 0.0, 1.0, 0.5]) | st.floats(0, 1),
    "reasoning": st.sampled_from(["", "why", "\t"]) | st.text(),
}
wrong_values: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 1, -0.01, 1.01, 10**30, "Success", "0.9", [], {}, ["a"], {"a": 1}]
)


@st.composite
def envelopes(draw: st.DrawFn) -> dict[str, Any]:
    """Mostly sound, with now and then a field left out, spoilt or added."""
    fields = {name: draw(values) for name, values in sound_values.items()}
    for name in draw(st.lists(st.sampled_from(sorted(fields)), max_size=2, unique=True)):
        if draw(st.booleans()):
            del fields[name]
        else:
            fields[name] = draw(wrong_values)
    if draw(st.integers(0, 9)) == 0:
        fields["mood"] = "fine"
    return fields


@settings(max_examples=200, derandomize=True, deadline=None)
@given(envelopes())
def test_an_envelope_is_valid_under_the_schema_exactly_when_under_the_model(
    fields: dict[str, Any],
) -> None:
    by_schema = Draft202012Validator(handoff_schema()).is_valid(fields)
    try:
        Handoff.model_validate(fields)
        by_model = True
    except ValidationError:
        by_model = False
    event(f"valid: {by_model}")
    assert by_schema == by_model


def test_the_published_schema_is_itself_valid_and_names_itself() -> None:
    schema = handoff_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"]
    assert all(field["description"] for field in schema["properties"].values())


def test_the_example_in_the_schema_is_valid() -> None:
    schema = handoff_schema()
    for example in schema["examples"]:
        Draft202012Validator(schema).validate(example)
        Handoff.model_validate(example)


def test_the_file_in_docs_is_the_schema_of_the_model() -> None:
    assert json.loads(PUBLISHED.read_text()) == handoff_schema()


def test_the_wire_schema_has_no_rule_at_its_top_level_which_the_service_would_refuse() -> None:
    schema = wire_schema(["b", "a"])
    assert set(schema) == {"type", "properties", "required"}
    Draft202012Validator.check_schema(schema)


def test_the_wire_schema_limits_the_next_agent_to_the_names_given_and_null() -> None:
    assert wire_schema(["b", "a", "b"])["properties"]["next_agent"]["enum"] == ["a", "b", None]
    assert "enum" not in wire_schema()["properties"]["next_agent"]


def test_the_same_agents_in_any_order_give_the_same_tool_bytes() -> None:
    assert json.dumps(hand_off_tool(["b", "a"])) == json.dumps(hand_off_tool(["a", "b"]))


def test_the_wire_schema_takes_free_form_context() -> None:
    validator = Draft202012Validator(wire_schema(["api-expert"]))
    validator.validate(
        {
            "status": "needs_help",
            "result": "part",
            "next_agent": "api-expert",
            "context_forward": {"nested": [{"deep": 1.5}]},
            "confidence": 0.9,
            "reasoning": "why",
        }
    )


@pytest.mark.parametrize("status", ["success", "needs_help", "blocked"])
def test_only_complete_forbids_a_next_agent(status: str) -> None:
    fields = {"status": status, "result": "r", "next_agent": "a", "confidence": 1}
    Handoff.model_validate(fields)
    with pytest.raises(ValidationError, match="must be null"):
        Handoff.model_validate({**fields, "status": "complete"})


def test_a_handoff_cannot_be_changed() -> None:
    handoff = Handoff(status="success", result="r", confidence=1)
    with pytest.raises(ValidationError, match="frozen"):
        handoff.status = "blocked"  # type: ignore[misc]  # it is frozen


def test_not_a_number_in_the_context_is_not_json() -> None:
    with pytest.raises(ValidationError, match="not JSON"):
        Handoff.model_validate(
            {
                "status": "success",
                "result": "r",
                "confidence": 1,
                "context_forward": {"a": [float("nan")]},
            }
        )
