"""The bot under drill: started, signalled, restarted, ended, and noted in the venues' ledgers.

Its processes are `life`, what it sees is `seal`.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace

from trading_tools.drill.inside.life import Ended, Life, SealBroken
from trading_tools.drill.inside.output import Output
from trading_tools.drill.inside.report import Reporter
from trading_tools.drill.recording import BotEnd
from trading_tools.drill.spec import BotSignal, DrillError, DrillSpec
from trading_tools.venue.wire.venue import Venue

_WATCH_EVERY_S = 0.005
_CROWD_EVERY = 50
_MOST_PROCESSES = 4_096
_LONGEST_LINE = 2_000
_REACHED = frozenset({"request.received", "stream.opened"})
_NOT_FOUND = 127
"""The exit code that a shell gives for a program that is not there."""

StartLife = Callable[[Sequence[str], Callable[[bytes], None]], Awaitable[Life]]


class Bot:
    """One bot through all its lives in one run. `clean` takes secrets out of what it prints."""

    def __init__(self, spec: DrillSpec, report: Reporter, clean: Callable[[str], str]) -> None:
        self._spec = spec
        self._report = report
        self._clean = clean
        self._venues: Sequence[Venue] = ()
        self._start: StartLife | None = None
        self._output = Output()
        self._line = ""
        self._accepted = 0
        self._due = list(spec.signals)
        self._life: Life | None = None
        self._again = self._over = self._timed_out = self._ignored_term = False
        self._beside: set[asyncio.Task[None]] = set()

    async def run(self, venues: Sequence[Venue], start: StartLife) -> BotEnd:
        """Start the bot, and again where it is to be restarted, until it has ended for good.

        What happens to it is noted in the venues' ledgers.

        Raises:
            DrillError: the seal could not be made.
        """
        self._venues, self._start = venues, start
        loop = asyncio.get_running_loop()
        began = time.monotonic()
        deadline = loop.call_later(self._spec.timeout_s, self._time_is_over)
        watching = asyncio.create_task(self._watch())
        try:
            ended = await self._live()
            while self._again and not self._over:
                self._again = False
                ended = await self._live()
        finally:
            deadline.cancel()
            watching.cancel()
            for task in self._beside:
                task.cancel()
            if self._life is not None:
                self._life.kill()
        return BotEnd(
            code=None if self._timed_out else ended.code,
            signal=ended.signal,
            timed_out=self._timed_out,
            ignored_term=self._ignored_term,
            seconds=time.monotonic() - began,
            output=self._clean(self._output.text()),
            output_bytes=self._output.size_bytes,
        )

    def terminate(self, why: str) -> None:
        """Send SIGTERM, and kill it where it lives on after the grace."""
        life = self._life
        if life is None:
            return
        self._note("bot.signaled", signal="SIGTERM", why=why)
        life.signal(signal.SIGTERM)
        asyncio.get_running_loop().call_later(self._spec.term_grace_s, self._insist, life)

    def kill(self, why: str) -> None:
        """End it at once."""
        if self._life is not None:
            self._note("bot.signaled", signal="SIGKILL", why=why)
            self._life.kill()

    async def _live(self) -> Ended:
        self._life = await self._started(self._spec.command)
        self._note("bot.started", command=list(self._spec.command))
        try:
            ended = await self._life.ended()
        except SealBroken:
            raise DrillError(f"the seal could not be made: {self._output.text().strip()}") from None
        self._life = None
        self._note("bot.exited", code=ended.code, signal=ended.signal)
        return ended

    async def _started(self, command: Sequence[str]) -> Life:
        if self._start is None:
            raise DrillError("a stage tried to start the bot before its venues are open")
        return await self._start(command, self._take)

    def _insist(self, life: Life) -> None:
        if self._life is life:
            self._ignored_term = True
            self.kill(f"it lived on {self._spec.term_grace_s:g} s after SIGTERM")

    def _time_is_over(self) -> None:
        self._over = self._timed_out = True
        self.terminate(f"the drill's {self._spec.timeout_s:g} s are over")

    async def _watch(self) -> None:
        """Count the bot's accepted orders, do what is due after so many, and end one that grows."""
        read = [0] * len(self._venues)
        looks = 0
        reached = False
        while True:
            before = self._accepted
            for place, venue in enumerate(self._venues):
                entries = venue.place.ledger.entries
                new = _accepted(entry.kind for entry in entries[read[place] :])
                if not reached and any(each.kind in _REACHED for each in entries[read[place] :]):
                    reached = True
                    self._report.tell("reached")
                read[place] = len(entries)
                self._accepted += new
            if self._accepted != before:
                self._report.tell("orders", accepted=self._accepted)
            for act in [each for each in self._due if each.after_orders <= self._accepted]:
                self._due.remove(act)
                asyncio.get_running_loop().call_later(act.delay_s, self._do, act)
            looks += 1
            if looks % _CROWD_EVERY == 0 and self._life:
                self._end_if_it_grows(self._life)
            await asyncio.sleep(_WATCH_EVERY_S)

    def _end_if_it_grows(self, life: Life) -> None:
        """End a bot that takes more than the machine can give beside the drill."""
        most = self._spec.memory_bytes
        if life.crowd() > _MOST_PROCESSES:
            self.kill(f"it has more than {_MOST_PROCESSES:,} processes")
        elif life.holds_more_than(most):
            self.kill(f"it holds more than {most / 2**30:.2g} GiB of memory; --memory lets it")

    def _do(self, act: BotSignal) -> None:
        if self._life is None:
            return
        if act.while_open and not self._has_open_order():
            self._due.append(replace(act, after_orders=self._accepted + 1))
            return
        self._again = act.restart
        if act.signal == "TERM":
            self.terminate(act.why)
        elif act.signal == "KILL":
            self.kill(act.why)
        elif act.signal == "RUN":
            self._note("bot.signaled", signal=None, why=act.why, command=list(act.command))
            self._keep(asyncio.create_task(self._run_beside(act.command)))
        else:
            name = f"SIG{act.signal}"
            self._note("bot.signaled", signal=name, why=act.why)
            self._life.signal(signal.Signals[name])

    def _has_open_order(self) -> bool:
        return any(
            account.open_orders()
            for venue in self._venues
            for account in venue.place.exchange.accounts.values()
            if not account.background
        )

    async def _run_beside(self, command: Sequence[str]) -> None:
        life = await self._started(command)
        ended = Ended(_NOT_FOUND, None)
        try:
            with contextlib.suppress(SealBroken):  # bubblewrap found no such program
                ended = await life.ended()
            self._note("command.exited", command=list(command), **ended._asdict())
        finally:
            life.kill()

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    def _take(self, data: bytes) -> None:
        first = self._output.add(data)
        *lines, self._line = (self._line + first.decode("utf-8", "replace")).split("\n")
        for line in lines:
            self._report.tell("output", text=self._clean(line[:_LONGEST_LINE]))
        self._line = self._line[:_LONGEST_LINE]

    def _note(self, kind: str, **body: object) -> None:
        self._report.tell(kind, **body)
        for venue in self._venues:
            venue.place.ledger.record(venue.place.clock(), kind, **body)


def _accepted(kinds: Iterable[str]) -> int:
    return sum(kind == "order.accepted" for kind in kinds)
