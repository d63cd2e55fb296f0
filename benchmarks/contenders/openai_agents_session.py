"""openai-agents with its `SQLiteSession` in a file: what it offers for keeping a conversation."""

from __future__ import annotations

import itertools
from pathlib import Path

from agents import SQLiteSession

from benchmarks.contenders import openai_agents
from benchmarks.worker import Run

PACKAGES = openai_agents.PACKAGES


async def prepare(url: str, folder: Path) -> Run:
    """The agents are made once; each run has a session of its own in the same file."""
    first = openai_agents.agents_at(url)
    numbers = itertools.count()

    async def run() -> None:
        session = SQLiteSession(f"run-{next(numbers)}", folder / "sessions.sqlite")
        await openai_agents.run(first, session)
        session.close()

    return run
