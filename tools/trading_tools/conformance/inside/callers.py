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
_REAL_WAIT_S = 1.0


class Down(ConnectionError):
    """The venue does not answer."""


async def _settled(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer


def _needed(parameter: inspect.Parameter) -> bool:
    by_place = parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    return by_place and parameter.default is parameter.empty


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
        await _settled(getattr(self._breaker, self._names[1])())

    async def fail(self) -> None:
        """It did not."""
        function = getattr(self._breaker, self._names[2])
        takes = [each for each in inspect.signature(function).parameters.values() if _needed(each)]
        await _settled(function(*[Down("no answer")] * len(takes)))


class Permitted:
    """One that gives a permit, or raises; the permit is told how it went."""

    def __init__(self, breaker: Any, ask: str, success: str, failure: str) -> None:
        self._breaker = breaker
        self._names = ask, success, failure
        self._permit: Any = None

    async def ask(self) -> Permitted | None:
        """Leave to send."""
        ticket = Permitted(self._breaker, *self._names)
        try:
            ticket._permit = await _settled(getattr(self._breaker, self._names[0])())
        except Exception:  # noqa: BLE001 - a breaker refuses by whatever it raises
            return None
        return ticket

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
        try:
            await _settled(getattr(self._breaker, self._names[0])())
        except Exception:  # noqa: BLE001 - a breaker refuses by whatever it raises
            return None
        return self

    async def succeed(self) -> None:
        """It worked."""
        await _settled(getattr(self._breaker, self._names[1])(None, None, None))

    async def fail(self) -> None:
        """It did not."""
        error = Down("no answer")
        await _settled(getattr(self._breaker, self._names[1])(Down, error, None))


class Called:
    """One that makes the call itself, `call(function)`, in a coroutine."""

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
        ticket._task = asyncio.ensure_future(getattr(self._breaker, self._name)(ticket._work))
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        if ticket._sent:
            return ticket
        ticket._task.cancel()
        await asyncio.gather(ticket._task, return_exceptions=True)
        return None

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
    """One that makes the call itself and blocks: each call is a thread, held until it is told."""

    def __init__(self, breaker: Any, call: str) -> None:
        self._breaker = breaker
        self._name = call
        self._sent = self._fails = False
        self._moved, self._end = threading.Event(), threading.Event()
        self._thread: Any = None

    async def ask(self) -> Threaded | None:
        """Start a call; one that reaches the venue was let through."""
        ticket = Threaded(self._breaker, self._name)
        ticket._thread = threading.Thread(target=ticket._run, daemon=True)
        ticket._thread.start()
        ticket._moved.wait(_REAL_WAIT_S)
        return ticket if ticket._sent else None

    def _run(self) -> None:
        # What it raises is its refusal, or what the call itself raised.
        with contextlib.suppress(Exception):
            getattr(self._breaker, self._name)(self._work)
        self._moved.set()

    def _work(self) -> None:
        self._sent = True
        self._moved.set()
        self._end.wait(_REAL_WAIT_S)
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
