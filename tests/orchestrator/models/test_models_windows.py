"""How much a model holds."""

from __future__ import annotations

import pytest

from orchestrator.models.windows import UNKNOWN_WINDOW, Windows


@pytest.mark.parametrize(
    ("model", "provider", "tokens"),
    [
        ("claude-opus-5-5", "anthropic", 1_000_000),
        ("claude-sonnet-5-5", "anthropic", 1_000_000),
        ("claude-haiku-5-5", "anthropic", 1_000_000),
        ("claude-haiku-4-5", "anthropic", 200_000),
        ("a-model-of-my-own", "anthropic", UNKNOWN_WINDOW),
        ("a-model-of-my-own", "bedrock", UNKNOWN_WINDOW),
    ],
)
def test_known_models_have_their_window_and_others_a_cautious_one(
    model: str, provider: str, tokens: int
) -> None:
    assert Windows(provider=provider).of(model) == tokens


def test_the_users_figure_goes_before_what_is_known() -> None:
    assert Windows(32_000).of("claude-opus-5-5") == 32_000
