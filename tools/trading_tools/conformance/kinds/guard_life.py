"""One history of an order guard, written down as it happens: for people, and as a test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from trading_tools.conformance.inside.journal import Journal, code_of_others
from trading_tools.conformance.inside.loading import told
from trading_tools.conformance.inside.virtual import VirtualTime
from trading_tools.conformance.kinds.guard_shapes import Shape
from trading_tools.conformance.kinds.laws import Making
from trading_tools.conformance.kinds.params import source

Play = Callable[["Life"], Awaitable[None]]


class Life:
    """A fresh guard in its time, and the journal of what is done with it."""

    def __init__(self, make: Making, shape: Shape, journal: Journal, **limits: Any) -> None:
        self.journal = journal
        self.clock = VirtualTime()
        self._make = make
        self._shape = shape
        self._limits = limits

    def run(self, play: Play) -> None:
        """Live a history."""
        given = {**self._make.given, **self._limits}
        written = ", ".join(f"{name}={value!r}" for name, value in given.items())
        name, paren, _ = self._make.expression.partition("(")
        self.journal.do(
            f"guard = {name}({written})" if paren else "guard = None",
            f"desk = {self._shape.line}",
            "",
            "async def history():",
        )

        async def live() -> None:
            self.desk = self._shape.desk(self._make(**self._limits))
            await play(self)

        with self.clock:
            try:
                self.clock.run(live())
            finally:
                self.journal.do("", "clock.run(history())")

    def do(self, *lines: str) -> None:
        """Lines of a test, within its history."""
        self.journal.do(*(f"    {line}" for line in lines))

    def answers(self, outcome: str, shown: str) -> None:
        """How the venue answers from now on."""
        self.do(f"desk.outcome = {outcome!r}")
        self.desk.outcome = outcome
        self.journal.step(self.clock.elapsed, shown)

    async def submit(
        self, side: str, size: Any, price: Any, change: tuple[str, Any] | None = None
    ) -> bool:
        """One order; whether it gets out."""
        size, price = self._figure(size), self._figure(price)
        given = f"{side!r}, {source(size)}, {source(price)}" + (f", {change!r}" if change else "")
        self.do(f"out = await desk.submit({given})")
        at = self.clock.elapsed
        passed: bool = await self._guarded(self.desk.submit(side, size, price, change))
        changed = f", then its {change[0]} set to {change[1]}" if change else ""
        order = f"{side} {size} at {price if price is not None else 'market'}{changed}"
        self.journal.step(at, order, "gets out" if passed else f"refused{self._why()}")
        return passed

    async def together(self, count: int, side: str, size: Any, price: Any) -> None:
        """Orders submitted at the same time."""
        size, price = self._figure(size), self._figure(price)
        self.do(
            f"orders = [desk.submit({side!r}, {size!r}, {price!r}) for _ in range({count})]",
            "await asyncio.gather(*orders)",
        )
        at, desk = self.clock.elapsed, self.desk
        await self._guarded(asyncio.gather(*(desk.submit(side, size, price) for _ in range(count))))
        came = f"{len(desk.sent)} get out"
        self.journal.step(at, f"{count} × {side} {size} at {price}, at the same time", came)

    async def wait(self, hours: int) -> None:
        """Let hours pass."""
        self.do(f"await asyncio.sleep({hours * 3600})")
        await asyncio.sleep(hours * 3600)

    def worth(self) -> Decimal:
        """What all that got out is worth."""
        return sum((Decimal(str(size * price)) for _, size, price in self.desk.sent), Decimal(0))

    def _figure(self, value: Any) -> Any:
        """A figure as the guard takes it."""
        return float(value) if self._shape.floats and isinstance(value, Decimal) else value

    def broken(self, expected: str, came: str, test: str) -> None:
        """End it: the property is broken."""
        self.journal.broken(expected, came, f"    {test}")

    def _why(self) -> str:
        refusal = self.desk.refusal
        if isinstance(refusal, BaseException):
            return f" ({told(refusal)})"
        if isinstance(refusal, tuple) and len(refusal) > 1:
            refusal = refusal[1]
        return f" ({refusal})" if isinstance(refusal, str) and refusal else ""

    async def _guarded(self, call: Awaitable[Any]) -> Any:
        with code_of_others():
            return await call
