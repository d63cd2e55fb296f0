"""The door to a sealed run: `sealed_run(spec, on_progress)` gives the recording of one bot's run.

The seal itself is `seal`, the process within `inside`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trading_tools.drill.recording import Recording
from trading_tools.drill.spec import DrillSpec


@dataclass(frozen=True)
class Progress:
    """Something that happened during a run.

    Kinds: `sealed` (`seal`, `why`, `seconds`), `credentials` (`replaced`: where, by name),
    `bot.started`, `bot.signaled`, `bot.exited` (as in the ledger), `output` (`text`, the first of
    what the bot prints), `orders` (`venue`, `accepted`).
    """

    kind: str
    body: Mapping[str, Any]


OnProgress = Callable[[Progress], None]


async def sealed_run(spec: DrillSpec, on_progress: OnProgress = lambda _told: None) -> Recording:
    """Run the bot once, sealed, until it has ended or its time is over.

    Runs are independent of each other and may be made at the same time. Cancelling ends the bot
    and removes all that was made.

    Raises:
        DrillError: no drill could be made here: no such program, no seal, a venue that fails.
    """
    raise NotImplementedError
