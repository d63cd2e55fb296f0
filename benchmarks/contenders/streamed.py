"""The bare loop over `messages.stream`, the SDK's helper for streams."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from anthropic import AsyncAnthropic

from benchmarks.contenders import loop
from benchmarks.worker import Run

PACKAGES = ("anthropic",)


async def prepare(url: str, folder: Path) -> Run:
    """One client for all runs."""
    client = AsyncAnthropic(api_key="sk-bench", base_url=url)

    async def ask(body: dict[str, Any]) -> list[dict[str, Any]]:
        async with client.messages.stream(**body) as stream:
            message = await stream.get_final_message()
        return [block.model_dump(exclude_none=True) for block in message.content]

    return lambda: loop.run(ask)
