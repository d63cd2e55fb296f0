"""One history of a limiter: who asks when for how much, who leaves, how the wall clock is set."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from trading_tools.conformance.inside.journal import OURS, Journal
from trading_tools.conformance.inside.loading import told
from trading_tools.conformance.inside.virtual import VirtualTime
from trading_tools.conformance.kinds.laws import Making
from trading_tools.conformance.kinds.limiter_shapes import Shape

_MOST_LINES = 14


@dataclass(frozen=True)
class Nominal:
    """What the limiter promises: `rate` units in `per_s`, and `burst` units at once."""

    rate: float
    per_s: float
    burst: float

    @property
    def a_second(self) -> float:
        """Units a second."""
        return self.rate / self.per_s

    def most(self, seconds: float) -> float:
        """The most that may be let go within so long."""
        return self.burst + self.a_second * seconds

    def patience_s(self, units: float) -> float:
        """How long one may wait while so many units are asked for, with much to spare."""
        return 3 * units / self.a_second + 3 * self.per_s + 1

    def __str__(self) -> str:
        return f"{self.rate:g} in {self.per_s:g} s, {self.burst:g} at once"


@dataclass(frozen=True)
class Event:
    """After `gap_s`: the wall clock is set by `step_s`, or `count` calls of `cost` each ask.

    They leave again where they still wait after `leave_s`.
    """

    gap_s: float
    count: int = 0
    cost: int = 1
    leave_s: float | None = None
    step_s: float = 0


@dataclass
class Call:
    """What became of one call: let go, refused with an error, or left. Times are monotonic."""

    asked_s: float
    cost: int
    granted_s: float | None = None
    error: str = ""
    left: bool = False


@dataclass
class Life:
    """What a history led to."""

    patience_s: float
    calls: list[Call] = field(default_factory=list)
    ended_s: float = 0.0

    @property
    def granted(self) -> list[tuple[float, float]]:
        """When how much was let go, in order."""
        found = [(c.granted_s, c.cost) for c in self.calls if c.granted_s is not None]
        return sorted(found)

    def starved(self) -> list[Call]:
        """Those that wait for ever, or waited for longer than anybody should."""
        return [call for call in self.calls if self._is_late(call)]

    def _is_late(self, call: Call) -> bool:
        if call.granted_s is None:
            return not call.left and not call.error
        return call.granted_s - call.asked_s > self.patience_s


def live(make: Making, shape: Shape, nominal: Nominal, events: Sequence[Event]) -> Life:
    """Let a fresh limiter live through a history."""
    units = sum(event.count * max(event.cost, 1) for event in events)
    life = Life(nominal.patience_s(units))

    async def ask(limiter: Any, call: Call, leave_s: float | None) -> None:
        try:
            async with asyncio.timeout(leave_s):
                await shape.ask(limiter, call.cost)
        except TimeoutError:
            call.left = True
        except BaseException as error:
            if isinstance(error, OURS) or _cancelled(error):
                raise
            call.error = told(error)
        else:
            call.granted_s = clock.elapsed

    async def history() -> None:
        limiter, waiting = make(), set()
        for event in events:
            if event.gap_s:
                await asyncio.sleep(event.gap_s)
            clock.step_wall(event.step_s)
            for _ in range(event.count):
                call = Call(clock.elapsed, event.cost)
                life.calls.append(call)
                waiting.add(asyncio.ensure_future(ask(limiter, call, event.leave_s)))
            await asyncio.sleep(0)
        if waiting:
            done, _ = await asyncio.wait(waiting, timeout=life.patience_s)
            for each in done:
                each.result()
        life.ended_s = clock.elapsed

    with VirtualTime() as clock:
        clock.run(history())
    return life


def _cancelled(error: BaseException) -> bool:
    """Whether a call was cancelled from outside; one that the code raises is its own error."""
    task = asyncio.current_task()
    assert task is not None
    return isinstance(error, asyncio.CancelledError) and task.cancelling() > 0


def tell(journal: Journal, shape: Shape, events: Sequence[Event], life: Life) -> None:
    """A history as lines: what was asked, and when how many were let go."""
    at = 0.0
    lines: list[tuple[float, str, str]] = []
    for event in events:
        at += event.gap_s
        if event.step_s:
            lines.append((at, f"the wall clock is set {event.step_s:+g} s", ""))
        if event.count:
            leave = "" if event.leave_s is None else f", leaving after {event.leave_s:g} s"
            lines.append((at, f"{event.count} × {_call(shape, event.cost)}{leave}", ""))
    for (granted, cost), group in itertools.groupby(life.granted, lambda g: (round(g[0], 3), g[1])):
        count = len(list(group))
        lines.append((granted, f"{count} of cost {cost:g} let go" if shape.takes_cost
                      else f"{count} let go", ""))  # fmt: skip
    for call in life.calls:
        if call.error:
            lines.append((call.asked_s, f"a call of cost {call.cost:g}", call.error))
    for call in life.starved():
        if call.granted_s is not None:
            continue
        asked = round(call.asked_s, 3)
        lines.append((life.ended_s, f"the call that asked at {asked:g} s still waits", ""))
    shown = sorted(lines, key=lambda line: line[0])
    for line in shown[:_MOST_LINES]:
        journal.step(*line)
    if len(shown) > _MOST_LINES:
        last = shown[-1]
        journal.step(last[0], f"… {len(shown) - _MOST_LINES} lines more; the last: {last[1]}")


def write(
    journal: Journal, make: Making, shape: Shape, nominal: Nominal, events: Sequence[Event]
) -> None:
    """The same history as a test's lines; what they leave behind is `calls`.

    A call there is `[asked, cost, granted or None, error or None]`.
    """
    units = sum(event.count * max(event.cost, 1) for event in events)
    journal.do(
        f"limiter = {make.expression}",
        "calls = []",
        "",
        "async def ask(cost, leave_s=None):",
        "    call = [clock.elapsed, cost, None, None]",
        "    calls.append(call)",
        "    try:",
        "        async with asyncio.timeout(leave_s):",
        *(f"            {line}" for line in shape.lines),
        "        call[2] = clock.elapsed",
        "    except Exception as error:",
        "        call[3] = error",
        "",
        "async def history():",
        "    waiting = []",
    )
    for event in events:
        if event.gap_s:
            journal.do(f"    await asyncio.sleep({event.gap_s!r})")
        if event.step_s:
            journal.do(f"    clock.step_wall({event.step_s!r})")
        if event.count:
            leave = "" if event.leave_s is None else f", {event.leave_s!r}"
            journal.do(
                f"    for _ in range({event.count}):",
                f"        waiting.append(asyncio.ensure_future(ask({event.cost}{leave})))",
                "    await asyncio.sleep(0)",
            )
    journal.do(
        f"    await asyncio.wait(waiting, timeout={nominal.patience_s(units)!r})",
        "",
        "clock.run(history())",
    )


def without(events: Sequence[Event], **changes: Any) -> list[Event]:
    """The same history with something taken out of it."""
    return [replace(event, **changes) for event in events]


def _call(shape: Shape, cost: float) -> str:
    return shape.call.replace("=cost", f"={cost:g}")
