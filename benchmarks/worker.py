"""One contender in a process of its own: told how many runs to make, it tells what each cost.

    python -m benchmarks.worker CONTENDER URL FOLDER

Each line on stdin is a number of runs to make one after the other; each line on stdout a JSON list
of [CPU ms, wall ms] a run. CPU is the process's own, all threads, user and system. The first line
names the contender's packages and their versions.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Protocol, cast

Run = Callable[[], Awaitable[None]]


class Contender(Protocol):
    """What a module in `benchmarks.contenders` offers."""

    PACKAGES: tuple[str, ...]

    async def prepare(self, url: str, folder: Path) -> Run:
        """Everything that is made once a process; the result makes one run and checks it."""
        ...


async def work(name: str, url: str, folder: Path) -> None:
    """Make the runs that are asked for until stdin ends."""
    contender = cast("Contender", importlib.import_module(f"benchmarks.contenders.{name}"))
    run = await contender.prepare(f"{url}/{name}", folder)
    _tell({package: version(package) for package in contender.PACKAGES})
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        costs = []
        for _ in range(int(line)):
            wall, cpu = time.perf_counter(), time.process_time()
            await run()
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            costs.append([cpu * 1000, wall * 1000])
        _tell(costs)


def _tell(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
