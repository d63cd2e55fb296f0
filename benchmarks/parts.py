"""Parts of the harness by themselves: the ledger, the fold, the router by rules.

    python -m benchmarks.parts FOLDER SCALE

says on one line what each costs, in ms of CPU. SCALE is 1 for the figures of `docs/benchmarks.md`
and smaller for a quick look.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import mean, median

from benchmarks import scenario
from benchmarks.contenders.engine import setting_at
from orchestrator.agents.catalogue import AgentCatalogue
from orchestrator.models.port import Reply, Usage
from orchestrator.models.scripted import ScriptedModel
from orchestrator.router.rules import route
from orchestrator.run import events as ev
from orchestrator.run.engine import Engine
from orchestrator.run.journal import Journal
from orchestrator.run.limits import Limits
from orchestrator.run.state import State
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.verify import verify

BODY = {"call": "toolu_01", "frame": 1, "tool": "ticker", "text": "x" * 940, "is_error": False}
"""1 KB as the ledger writes it."""
REQUESTS = (
    "Validate Kelly sizing: win rate 0.65, payoff 1.5, 2% cap, 10000 USDT",
    "implement a Bybit perp connector with 30 s candles",
    "why do my websocket streams go silent after an hour?",
    "make the backtest quicker, it takes all night",
    "what is the smallest order for ETH/USDC on Kraken?",
)


def main(folder: Path, scale: float) -> dict[str, float]:
    """Measure every part."""
    return {
        **_ledger(folder, max(200, int(20_000 * scale))),
        **_fold(folder, max(10, int(250 * scale))),
        **_router(max(5, int(200 * scale))),
    }


def _ledger(folder: Path, events: int) -> dict[str, float]:
    with Ledger.open(folder / "append.sqlite") as ledger:
        for _ in range(100):
            ledger.append("warm", "tool.finished", BODY)
        costs = [
            _cpu_ms(lambda: ledger.append("one", "tool.finished", BODY)) for _ in range(events)
        ]
        check = _cpu_ms(lambda: verify(ledger))
    return {
        "append_mean_ms": mean(costs),
        "append_median_ms": median(costs),
        "verify_events": events,
        "verify_ms": check,
    }


def _fold(folder: Path, turns: int) -> dict[str, float]:
    """A run of four events a turn, folded as `orc resume` does it."""
    ledger = Ledger.open(folder / "fold.sqlite")
    asyncio.run(_long_run(ledger, turns))
    costs = [_cpu_ms(lambda: State.fold(ledger.read("long"))) for _ in range(5)]
    events = ledger.head("long")
    ledger.close()
    return {"fold_events": events.seq if events else 0, "fold_ms": median(costs)}


async def _long_run(ledger: Ledger, turns: int) -> None:
    model = ScriptedModel(_turn(number) for number in range(turns))
    setting = setting_at(model)
    journal = Journal(ledger, "long")
    limits = Limits(turns=turns, tool_calls=turns + 1)
    journal.append(
        ev.RunOpened(
            request=scenario.REQUEST,
            agent=scenario.CHAIN[0],
            kind=None,
            model=None,
            settings={},
            limits=limits.body(),
            workspace=None,
            definitions=setting.definitions.text,
            version="bench",
        )
    )
    await Engine(setting, journal).drive()


def _turn(number: int) -> Reply:
    name = ("ticker", "order_book")[number % 2]
    given = {"symbol": f"C{number}/USDT"}
    call = {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": given}
    return Reply((call,), "tool_use", usage=Usage(input_tokens=100, output_tokens=20))


def _router(repeats: int) -> dict[str, float]:
    shipped = AgentCatalogue.discover(None, None)
    route(REQUESTS[0], shipped)
    asked = REQUESTS * repeats
    costs = [_cpu_ms(partial(route, one, shipped)) for one in asked]
    return {"route_ms": median(costs), "route_most_ms": max(costs)}


def _cpu_ms(act: Callable[[], object]) -> float:
    started = time.process_time()
    act()
    return (time.process_time() - started) * 1000


if __name__ == "__main__":
    gc.collect()
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), float(sys.argv[2]))) + "\n")
