"""How long a drill takes until its venues are up: seal, authority, venues.

    python -m benchmarks.drill REPEATS

says on one line the median of the starts, in seconds, for one venue and for all of them. The bot
does nothing.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
from pathlib import Path

from trading_tools.drill.sealed import Progress, sealed_run
from trading_tools.drill.spec import DrillSpec
from trading_tools.venue.names import VENUES


def main(repeats: int) -> dict[str, float]:
    """Measure the starts."""
    return {
        "one_venue_s": _median(("binance",), repeats),
        "all_venues_s": _median(tuple(VENUES), repeats),
    }


def _median(venues: tuple[str, ...], repeats: int) -> float:
    return statistics.median(asyncio.run(_start(venues)) for _ in range(repeats))


async def _start(venues: tuple[str, ...]) -> float:
    seconds: list[float] = []

    def on_progress(told: Progress) -> None:
        if told.kind == "venues":
            seconds.append(told.body["seconds"])

    with tempfile.TemporaryDirectory() as folder:
        command = (sys.executable, "-c", "pass")
        spec = DrillSpec(command=command, folder=Path(folder), venues=venues)
        await sealed_run(spec, on_progress)
    return seconds[0]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))) + "\n")
