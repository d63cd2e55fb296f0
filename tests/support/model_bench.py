"""Models at a stand-in of the service whose pauses are recorded instead of waited for."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from orchestrator.models.anthropic import AnthropicModel
from tests.support.messages_api import MessagesApi

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


class Bench:
    """Connects models to stand-ins; `pauses` are the seconds that they would have slept."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.models: list[AnthropicModel] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def clock(self) -> float:
        return sum(self.pauses)

    def connect(self, api: MessagesApi | str, **options: Any) -> AnthropicModel:
        """A model at this stand-in."""
        url = api if isinstance(api, str) else api.url
        model = AnthropicModel.direct(
            api_key="sk-test", base_url=url, **(self.injected() | options)
        )
        self.models.append(model)
        return model

    def injected(self) -> dict[str, Any]:
        """The constructor's options that keep a test from waiting."""
        return {
            "sleep": self.sleep,
            "clock": self.clock,
            "now": lambda: NOW,
            "rng": random.Random(7),
        }

    async def aclose(self) -> None:
        """Close the models."""
        for model in self.models:
            await model.aclose()
