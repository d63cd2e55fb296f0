"""The floor: a loop by hand over the SDK's default client, `messages.create`, no record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from anthropic import AsyncAnthropic

from benchmarks.contenders import loop
from benchmarks.worker import Run

PACKAGES = ("anthropic", "httpx2")


async def prepare(url: str, folder: Path) -> Run:
    """One client for all runs."""
    ask = asking(AsyncAnthropic(api_key="sk-bench", base_url=url))
    return lambda: loop.run(ask)


def asking(client: AsyncAnthropic) -> loop.Ask:
    """Ask by `messages.create`."""

    async def ask(body: dict[str, Any]) -> list[dict[str, Any]]:
        message = await client.messages.create(**body)
        return [block.model_dump(exclude_none=True) for block in message.content]

    return ask
