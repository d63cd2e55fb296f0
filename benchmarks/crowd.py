"""Many runs at once in one process of the harness, one ledger.

    python -m benchmarks.crowd URL FOLDER RUNS AT_ONCE

says on one line how many were done, in what time, and the most memory that the process held.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from pathlib import Path

from benchmarks.contenders.engine import one_run, setting_at
from benchmarks.scenario import WentWrong
from orchestrator.models.anthropic import AnthropicModel
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import verify


async def drive(url: str, folder: Path, runs: int, at_once: int) -> dict[str, float]:
    """Keep `at_once` runs going until `runs` were begun, and count those that ended well."""
    setting = setting_at(AnthropicModel.direct(api_key="sk-bench", base_url=f"{url}/engine"))
    ledger = Ledger.open(folder / "ledger.sqlite")
    await one_run(setting, ledger, "first")  # imports and connects
    left = iter(range(runs))
    failed: list[str] = []

    async def keep_going() -> None:
        for number in left:
            try:
                await one_run(setting, ledger, f"run-{number}")
            except WentWrong as error:
                failed.append(str(error))

    cpu, wall = time.process_time(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(keep_going())
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    most_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    await setting.model.aclose()
    verified = verify(ledger)
    ledger.close()
    return {
        "runs": runs,
        "at_once": at_once,
        "done": runs - len(failed),
        "runs_a_second": runs / wall,
        "cpu_ms": cpu * 1000 / runs,
        "rss_mb": most_mb,
        "chain_holds": verified.valid,
    }


if __name__ == "__main__":
    asked = drive(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    sys.stdout.write(json.dumps(asyncio.run(asked)) + "\n")
