"""The bare loop over the SDK's aiohttp client."""

from __future__ import annotations

from pathlib import Path

from anthropic import AsyncAnthropic, DefaultAioHttpClient

from benchmarks.contenders import loop
from benchmarks.contenders.bare import asking
from benchmarks.worker import Run

PACKAGES = ("anthropic", "aiohttp")


async def prepare(url: str, folder: Path) -> Run:
    """One client for all runs."""
    client = AsyncAnthropic(api_key="sk-bench", base_url=url, http_client=DefaultAioHttpClient())
    ask = asking(client)
    return lambda: loop.run(ask)
