"""langgraph with its SQLite checkpointer in a file, at its default durability."""

from __future__ import annotations

import itertools
from pathlib import Path

import aiosqlite
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from benchmarks.contenders import langgraph
from benchmarks.worker import Run

PACKAGES = (*langgraph.PACKAGES, "langgraph-checkpoint-sqlite")


async def prepare(url: str, folder: Path) -> Run:
    """The graph is compiled, and the database opened, once; each run is a thread of its own."""
    saver = AsyncSqliteSaver(await aiosqlite.connect(folder / "checkpoints.sqlite"))
    graph = langgraph.graph_at(url).compile(checkpointer=saver)
    numbers = itertools.count()
    return lambda: langgraph.run(graph, {"configurable": {"thread_id": f"run-{next(numbers)}"}})
