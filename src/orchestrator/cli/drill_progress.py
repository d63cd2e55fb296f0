"""What is seen of a drill while it runs: one line that changes on a terminal, plain lines else."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from trading_tools.drill.reports.outcome import Outcome
    from trading_tools.drill.running import Drill, Event, Going


def watched(asked: Drill) -> Outcome:
    """A whole drill, told on stderr; SIGINT and SIGTERM end it with what there is by then.

    Raises:
        DrillError: no drill can be made here.
    """
    return asyncio.run(_watched(asked))


async def _watched(asked: Drill) -> Outcome:
    from trading_tools.drill.running import drill

    runs = sum(each.fits(venue) for venue in asked.venues for each in asked.scenarios)
    watch = Watch(sys.stderr, runs)
    task = asyncio.create_task(drill(asked, watch.on_event))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    finally:
        watch.close()


class Watch:
    """Tells on `out` what happens in `runs` runs."""

    def __init__(self, out: TextIO, runs: int) -> None:
        self._out = out
        self._live = out.isatty()
        self._runs = runs
        self._done = 0
        self._going: dict[tuple[str, str], str] = {}

    def on_event(self, event: Event) -> None:
        """Show what has happened."""
        from trading_tools.drill.oracle.finding import Judged, Verdict
        from trading_tools.drill.reports.text import Paper, headline
        from trading_tools.drill.running import Begun, Going

        if isinstance(event, Judged):
            self._done += 1
            self._going.pop((event.scenario, event.venue), None)
            self._say(f"{headline(event, Paper(80, self._live))}  [{self._done}/{self._runs}]")
            if event.verdict is not Verdict.PASS:
                self._say(f"  {event.why}")
        elif isinstance(event, Begun):
            self._going[event.scenario, event.venue] = "begins"
            if not self._live:
                self._say(f"{event.scenario} on {event.venue} begins")
        elif isinstance(event, Going) and (word := _word(event)):
            self._going[event.scenario, event.venue] = word
        self._show()

    def close(self) -> None:
        """Take the changing line away."""
        if self._live:
            self._out.write("\r\x1b[K")
            self._out.flush()

    def _say(self, line: str) -> None:
        self.close()
        self._out.write(line + "\n")
        self._out.flush()

    def _show(self) -> None:
        if self._live:
            running = "; ".join(f"{name}: {word}" for (name, _), word in self._going.items())
            width = shutil.get_terminal_size((80, 24)).columns - 1
            self._out.write(f"\r\x1b[K{running[:width]}")
            self._out.flush()


def _word(event: Going) -> str:
    progress = event.progress
    if progress.kind == "orders":
        return f"{progress.body.get('accepted', 0)} orders"
    if progress.kind == "bot.signaled":
        return f"sent {progress.body.get('signal') or 'the kill switch'}"
    return {"bot.started": "bot started", "bot.exited": "bot ended"}.get(progress.kind, "")
