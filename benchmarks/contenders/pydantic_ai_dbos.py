"""pydantic-ai made durable by DBOS over SQLite, as its docs say: the capability `DBOSDurability`.

The chain is one workflow; model requests and tool calls are its steps.
"""

from __future__ import annotations

from pathlib import Path

from dbos import DBOS, DBOSConfig
from pydantic_ai.durable_exec.dbos import DBOSDurability

from benchmarks.contenders import pydantic_ai
from benchmarks.worker import Run

PACKAGES = ("pydantic-ai-slim", "dbos", "anthropic")


async def prepare(url: str, folder: Path) -> Run:
    """The agents are made, and DBOS launched, once."""
    config: DBOSConfig = {
        "name": "benchmark",
        "system_database_url": f"sqlite:///{folder / 'dbos.sqlite'}",
        "log_level": "ERROR",
    }
    DBOS(config=config)
    agents = pydantic_ai.agents_at(url, [DBOSDurability()])

    @DBOS.workflow()
    async def chain() -> None:
        await pydantic_ai.chain({name: agent.run for name, agent in agents.items()})

    DBOS.launch()
    return chain
