"""The bare loop with a journal of fifteen lines: each step in SQLite before the next."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from anthropic import AsyncAnthropic

from benchmarks.contenders import loop
from benchmarks.contenders.bare import asking
from benchmarks.worker import Run

PACKAGES = ("anthropic",)


async def prepare(url: str, folder: Path) -> Run:
    """One client and one database for all runs."""
    ask = asking(AsyncAnthropic(api_key="sk-bench", base_url=url))
    database = sqlite3.connect(folder / "journal.sqlite", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("CREATE TABLE step (n INTEGER PRIMARY KEY, kind TEXT, body TEXT)")

    def note(kind: str, what: dict[str, Any]) -> None:
        insert = "INSERT INTO step (kind, body) VALUES (?, ?)"
        database.execute(insert, (kind, json.dumps(what)))

    return lambda: loop.run(ask, note)
