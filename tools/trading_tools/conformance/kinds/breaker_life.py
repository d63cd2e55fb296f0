"""One history of a circuit breaker, written down as it happens: for people, and as a test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from trading_tools.conformance.inside.journal import Journal, code_of_others
from trading_tools.conformance.inside.virtual import VirtualTime
from trading_tools.conformance.kinds.breaker_shapes import Shape
from trading_tools.conformance.kinds.laws import Making


class Life:
    """A fresh breaker in its time, and the journal of what is done with it."""

    def __init__(self, make: Making, shape: Shape, journal: Journal, **other: Any) -> None:
        self.journal = journal
        self.clock = VirtualTime()
        self._make = make
        self._shape = shape
        self._other = other

    @property
    def why_refused(self) -> str:
        """Why one was not let through before enough failures."""
        if getattr(self._caller, "waits", False):
            return "calls wait for the one under way"
        return "it refuses before enough failures open it"

    def run(self, history: Callable[[], Awaitable[None]]) -> None:
        """Live a history, which is written down as it happens."""
        names = ", ".join(f"{name}={value!r}" for name, value in self._other.items())
        made = self._make.expression
        if names:
            made = f"{self._make.maker.__name__}({names})"
        self.journal.do(f"breaker = {made}", self._shape.line, "", "async def history():")

        async def live() -> None:
            self._caller = self._shape.caller(self._make(**self._other))
            await history()

        with self.clock:
            try:
                self.clock.run(live())
            finally:
                self.journal.do("", "clock.run(history())")

    def step(self, call: str, came: object = "") -> None:
        """A line for people."""
        self.journal.step(self.clock.elapsed, call, came)

    def do(self, *lines: str) -> None:
        """Lines of a test, within its history."""
        self.journal.do(*(f"    {line}" for line in lines))

    async def ask(self, name: str, shown: str = "a request asks") -> Any:
        """Ask for leave; a ticket or None."""
        self.do(f"{name} = await caller.ask()")
        ticket = await _guarded(self._caller.ask())
        waits = "waits for the call under way" if getattr(self._caller, "waits", False) else ""
        self.step(shown, "let through" if ticket else waits or "refused")
        return ticket

    async def end(self, ticket: Any, name: str, *, fails: bool, shown: str) -> None:
        """Tell how a request went."""
        self.do(f"await {name}.{'fail' if fails else 'succeed'}()")
        await _guarded(ticket.fail() if fails else ticket.succeed())
        self.step(shown)

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.do(f"await asyncio.sleep({seconds!r})")
        await asyncio.sleep(seconds)

    async def wait_until(self, moment: float) -> None:
        """Let time pass until a moment of the history."""
        await self.wait(round(moment - self.clock.elapsed, 3))

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock."""
        self.do(f"clock.step_wall({seconds!r})")
        self.clock.step_wall(seconds)
        self.step(f"the wall clock is set {seconds:+g} s")

    async def many(self, count: int, *, fails: bool) -> int:
        """Requests one after another, each told at once; how many were let through."""
        word = "fail" if fails else "succeed"
        self.do(
            f"for _ in range({count}):",
            "    ticket = await caller.ask()",
            f"    if ticket: await ticket.{word}()",
        )
        passed = 0
        for _ in range(count):
            ticket = await _guarded(self._caller.ask())
            if ticket:
                passed += 1
                await _guarded(ticket.fail() if fails else ticket.succeed())
        refused = f"{count - passed} of them refused" if passed < count else ""
        self.step(f"{count} request{'s' * (count != 1)} {word}{'s' * (count == 1)}", refused)
        return passed

    async def together(self, count: int) -> int:
        """Requests that ask at the same time; how many are let through."""
        self.do(f"tickets = [await caller.ask() for _ in range({count})]")
        passed = 0
        for _ in range(count):
            passed += await _guarded(self._caller.ask()) is not None
        self.step(f"{count} requests ask at the same time", f"{passed} let through")
        return passed

    def broken(self, expected: str, came: str, test: str) -> None:
        """End it: the property is broken."""
        self.journal.broken(expected, came, f"    {test}")


async def _guarded(call: Awaitable[Any]) -> Any:
    with code_of_others():
        return await call
