"""How a circuit breaker is asked, whatever its shape: `ask` gives a ticket, or None for a refusal.

Standard library alone: a kept test carries this text, so that it needs nothing of ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from typing import Any

_TURNS = 10
_REAL_WAIT_S = 0.5
_HELD_S = 60.0
_COUNTS = ("value", "count", "n", "number", "amount")


class Down(ConnectionError):
    """The venue does not answer."""


async def _settled(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer


async def _passed(ask: Any) -> tuple[bool, Any]:
    """Whether a breaker lets through that raises where it refuses, and what it gave."""
    try:
        return True, await _settled(ask())
    except Exception:  # noqa: BLE001 - it refuses by whatever it raises
        return False, None


def _needed(function: Any, told: Any) -> list[Any]:
    """What a method asks for that is told how it went: how many that were, or what came."""
    return [
        1 if name in _COUNTS else told
        for name, each in inspect.signature(function).parameters.items()
        if each.kind is each.POSITIONAL_OR_KEYWORD and each.default is each.empty
    ]


class Asked:
    """One that is asked for leave, and told afterwards how it went."""

    def __init__(self, breaker: Any, ask: str, success: str, failure: str) -> None:
        self._breaker = breaker
        self._names = ask, success, failure

    async def ask(self) -> Asked | None:
        """Leave to send."""
        answer = await _settled(getattr(self._breaker, self._names[0])())
        passed = answer[0] if isinstance(answer, tuple) else answer
        return self if passed else None

    async def succeed(self) -> None:
        """It worked."""
        function = getattr(self._breaker, self._names[1])
        await _settled(function(*_needed(function, None)))

    async def fail(self) -> None:
        """It did not."""
        function = getattr(self._breaker, self._names[2])
        await _settled(function(*_needed(function, Down("no answer"))))


class Permitted:
    """One that gives a permit, or raises; the permit is told how it went."""

    def __init__(self, breaker: Any, ask: str, success: str, failure: str) -> None:
        self._breaker = breaker
        self._names = ask, success, failure
        self._permit: Any = None

    async def ask(self) -> Permitted | None:
        """Leave to send."""
        ticket = Permitted(self._breaker, *self._names)
        passed, ticket._permit = await _passed(getattr(self._breaker, self._names[0]))
        return ticket if passed else None

    async def succeed(self) -> None:
        """It worked."""
        await _settled(getattr(self._permit, self._names[1])())

    async def fail(self) -> None:
        """It did not."""
        await _settled(getattr(self._permit, self._names[2])())


class Entered:
    """One that is entered with `with` or `async with`, and raises where it refuses."""

    def __init__(self, breaker: Any, enter: str, leave: str) -> None:
        self._breaker = breaker
        self._names = enter, leave

    async def ask(self) -> Entered | None:
        """Leave to send."""
        passed, _ = await _passed(getattr(self._breaker, self._names[0]))
        return self if passed else None

    async def succeed(self) -> None:
        """It worked."""
        await _settled(getattr(self._breaker, self._names[1])(None, None, None))

    async def fail(self) -> None:
        """It did not."""
        error = Down("no answer")
        await _settled(getattr(self._breaker, self._names[1])(Down, error, None))


class Called:
    """One that makes the call itself, `call(function)`, in a coroutine, or gives one that does."""

    def __init__(self, breaker: Any, call: str) -> None:
        self._breaker = breaker
        self._name = call
        self._sent = False
        self._end: Any = None
        self._task: Any = None

    async def ask(self) -> Called | None:
        """Start a call; one that reaches the venue was let through."""
        ticket = Called(self._breaker, self._name)
        ticket._end = asyncio.get_running_loop().create_future()
        ticket._task = asyncio.ensure_future(ticket._start())
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        if ticket._sent:
            return ticket
        ticket._task.cancel()
        await asyncio.gather(ticket._task, return_exceptions=True)
        return None

    async def _start(self) -> None:
        made = getattr(self._breaker, self._name)(self._work)
        await (made if inspect.isawaitable(made) else made())

    async def _work(self) -> None:
        self._sent = True
        await self._end

    async def succeed(self) -> None:
        """It worked."""
        self._end.set_result(None)
        await asyncio.gather(self._task, return_exceptions=True)

    async def fail(self) -> None:
        """It did not."""
        self._end.set_exception(Down("no answer"))
        await asyncio.gather(self._task, return_exceptions=True)


class Threaded:
    """One that makes the call itself and blocks: each call is a thread, held until it is told.

    `waits` says that a call was neither let through nor refused while another was under way.
    """

    THREAD = "a call of orc check"

    def __init__(self, breaker: Any, call: str) -> None:
        self._breaker = breaker
        self._name = call
        self._sent = self._fails = self.waits = False
        self._moved, self._end = threading.Event(), threading.Event()
        self._thread: Any = None

    async def ask(self) -> Threaded | None:
        """Start a call; one that reaches the venue was let through."""
        ticket = Threaded(self._breaker, self._name)
        ticket._thread = threading.Thread(target=ticket._run, name=self.THREAD, daemon=True)
        ticket._thread.start()
        self.waits = not ticket._moved.wait(_REAL_WAIT_S)
        return ticket if ticket._sent else None

    def _run(self) -> None:
        # What it raises is its refusal, or what the call itself raised.
        with contextlib.suppress(Exception):
            made = getattr(self._breaker, self._name)(self._work)
            if callable(made):
                made()
        self._moved.set()

    def _work(self) -> None:
        self._sent = True
        self._moved.set()
        self._end.wait(_HELD_S)
        if self._fails:
            raise Down("no answer")

    async def succeed(self) -> None:
        """It worked."""
        self._end.set()
        self._thread.join(_REAL_WAIT_S)

    async def fail(self) -> None:
        """It did not."""
        self._fails = True
        await self.succeed()
