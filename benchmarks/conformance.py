"""How long a conformance check of each kind takes, as a user waits for it.

    python -m benchmarks.conformance HISTORIES

says on one line the wall time of each, in seconds: process, seal and all properties of a component
that breaks none.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from trading_tools.conformance.check import check
from trading_tools.conformance.spec import CheckSpec, Verdict

CHECKS: dict[str, tuple[str, dict[str, str]]] = {
    "limiter": ("pacer", {"rate": "10"}),
    "breaker": ("breaker", {"threshold": "3", "recovery": "10"}),
    "kelly": ("kelly", {}),
    "sizing": ("size", {}),
    "backoff": ("delay", {}),
    "order-guard": ("Guard", {}),
}


def main(histories: int) -> dict[str, float]:
    """Measure each kind once."""
    return {kind: _seconds(kind, *given, histories) for kind, given in CHECKS.items()}


def _seconds(kind: str, name: str, params: dict[str, str], histories: int) -> float:
    folder = Path(__file__).parent.parent
    target = f"benchmarks.components:{name}"
    began = time.perf_counter()
    outcome = asyncio.run(check(CheckSpec(kind, target, folder, params, histories=histories)))
    assert outcome.verdict is Verdict.HELD, outcome.broken
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))) + "\n")
