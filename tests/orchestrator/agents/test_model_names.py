"""The model field: aliases, ids, and what is neither."""

from __future__ import annotations

import pytest

from orchestrator.agents.model_names import looks_like_model, resolve_model


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("opus", "claude-opus-5-5"),
        ("Sonnet", "claude-sonnet-5-5"),
        ("sonnet[1m]", "claude-sonnet-5-5"),
        (" haiku ", "claude-haiku-5-5"),
        ("inherit", None),
        ("", None),
        (None, None),
        ("claude-sonnet-4-20250514", "claude-sonnet-4-20250514"),
        ("Claude Sonnet 4.5 (copilot)", "Claude Sonnet 4.5 (copilot)"),
    ],
)
def test_aliases_become_ids_and_all_else_is_kept(written: str | None, meant: str | None) -> None:
    assert resolve_model(written) == meant


@pytest.mark.parametrize("value", ["fable", "INHERIT", "gpt-4o", "anthropic.claude-opus-5:0"])
def test_aliases_and_ids_look_like_models(value: str) -> None:
    assert looks_like_model(value)


@pytest.mark.parametrize("value", ["Claude Sonnet 4.5 (copilot)", "best", "the big one", "-x"])
def test_other_texts_do_not_look_like_models(value: str) -> None:
    assert not looks_like_model(value)
