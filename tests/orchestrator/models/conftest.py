"""A bench for models, and requests to give them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from orchestrator.models.port import ModelRequest
from tests.support.model_bench import Bench


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    await made.aclose()


@pytest.fixture
def ask() -> Callable[..., ModelRequest]:
    def make(*messages: Any, **fields: Any) -> ModelRequest:
        given = messages or ({"role": "user", "content": "hello"},)
        defaults: dict[str, Any] = {
            "model": "claude-opus-5-5",
            "system": "You are a tester.",
            "tools": (),
            "max_tokens": 1000,
        }
        return ModelRequest(messages=tuple(given), **(defaults | fields))

    return make
