"""The chain, side by side: every contender in a process of its own, taking turns on one machine.

In each round each contender makes a few runs; its ratio of a round is its median there over the
floor's. So a slow moment of the machine falls on all, and the spread is the rounds'.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from benchmarks.processes import PEERS, counts, line_of, standin, started

FLOOR, OURS = "bare", "engine"
VARIANTS = ("journal", "aiohttp", "streamed")
PEER_CONTENDERS = (
    "pydantic_ai",
    "pydantic_ai_dbos",
    "openai_agents",
    "openai_agents_session",
    "langgraph",
    "langgraph_sqlite",
)
RUNS_A_ROUND = 5


@dataclass(frozen=True)
class Cost:
    """What a run of the chain costs a contender: medians, and the quartiles of the ratio."""

    name: str
    versions: Mapping[str, str]
    cpu_ms: float
    wall_ms: float
    ratio: float
    low: float
    high: float
    request_bytes: int
    marked: float
    """Share of the requests that carry cache breakpoints."""


def measure(names: tuple[str, ...], rounds: int) -> list[Cost]:
    """Let the contenders take turns; the floor must be among them."""
    with ExitStack() as held:
        url = held.enter_context(standin())
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        workers, versions = {}, {}
        for name in names:
            own = folder / name
            own.mkdir()
            python = str(PEERS) if name in PEER_CONTENDERS else sys.executable
            worker = held.enter_context(started(python, "benchmarks.worker", name, url, str(own)))
            versions[name] = json.loads(line_of(worker))
            workers[name] = worker
            _runs(worker, RUNS_A_ROUND)  # the first ones fill caches
        before = counts(url)
        timed: dict[str, list[list[tuple[float, float]]]] = {name: [] for name in names}
        for _ in range(rounds):
            for name, worker in workers.items():
                timed[name].append(_runs(worker, RUNS_A_ROUND))
        after = counts(url)
    floor = [median(cpu for cpu, _ in one) for one in timed[FLOOR]]
    costs = []
    for name in names:
        ratios = [
            median(cpu for cpu, _ in one) / base
            for one, base in zip(timed[name], floor, strict=True)
        ]
        spread = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
        sent = {what: after[name][what] - count for what, count in before[name].items()}
        costs.append(
            Cost(
                name=name,
                versions=versions[name],
                cpu_ms=median(cpu for one in timed[name] for cpu, _ in one),
                wall_ms=median(wall for one in timed[name] for _, wall in one),
                ratio=median(ratios),
                low=spread[0],
                high=spread[2],
                request_bytes=sent["bytes"] // (rounds * RUNS_A_ROUND),
                marked=sent["marked"] / sent["requests"],
            )
        )
    return costs


def _runs(worker: subprocess.Popen[str], number: int) -> list[tuple[float, float]]:
    """CPU and wall ms of so many runs."""
    assert worker.stdin is not None
    worker.stdin.write(f"{number}\n")
    worker.stdin.flush()
    return [(cpu, wall) for cpu, wall in json.loads(line_of(worker))]
