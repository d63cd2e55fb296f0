"""A call that fails and works as it is told, and stand-ins for all that is around it.

Standard library alone: a kept test carries this text, so that it needs nothing of ours.
"""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any


class Enough(BaseException):
    """The history is over. No Exception, so that nothing tries again."""


class Anything:
    """Stands for what a history does not need: any call, attribute or block of it works.

    The attribute `leaf`, wherever below, is `call`.
    """

    def __init__(self, leaf: str = "", call: Any = None) -> None:
        self._leaf = leaf
        self._call = call

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._call if name == self._leaf else self

    def __call__(self, *_given: Any, **_named: Any) -> Anything:
        """It again."""
        return self

    def __await__(self) -> Generator[Any, None, Anything]:
        yield from ()
        return self

    async def __aenter__(self) -> Anything:
        return self

    async def __aexit__(self, *_error: object) -> None:
        return None

    def __enter__(self) -> Anything:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class Flaky:
    """The call: `outcomes` says whether each works. `waits` is how long after each failure it came.

    A call that works takes a second. `ended` is how each round of the code under test ended.
    """

    def __init__(self, clock: Any, outcomes: Iterable[bool], error: type[BaseException]) -> None:
        self.waits: list[float] = []
        self.ended: list[str] = []
        self.calls = 0
        self._clock = clock
        self._outcomes = list(outcomes)
        self._error = error
        self._failed_at: float | None = None

    def _next(self) -> bool:
        now = self._clock.elapsed
        if self._failed_at is not None:
            self.waits.append(now - self._failed_at)
        self._failed_at = None
        if self.calls >= len(self._outcomes):
            raise Enough
        self.calls += 1
        return self._outcomes[self.calls - 1]

    async def call(self, *_given: Any, **_named: Any) -> Anything:
        """The call, for code that awaits it."""
        if self._next():
            await asyncio.sleep(1)
            return Anything()
        self._failed_at = self._clock.elapsed
        raise self._error("no answer")

    def call_now(self, *_given: Any, **_named: Any) -> Anything:
        """The call, for code that does not."""
        if self._next():
            self._clock.advance(1)
            return Anything()
        self._failed_at = self._clock.elapsed
        raise self._error("no answer")

    async def rounds(self, start: Callable[[], Any]) -> None:
        """Start the code under test again and again, until the history is over or it gives up."""
        try:
            while self.calls < len(self._outcomes):
                answer = start()
                if inspect.isawaitable(answer):
                    await answer
                self.ended.append("it returned")
        except Enough:
            self.ended.append("it goes on")
        except Exception as error:  # noqa: BLE001 - how it gives up is its own affair
            self.ended.append(f"{type(error).__name__}: {error}")


async def delays(clock: Any, wait: Callable[[], Any], times: int) -> list[float]:
    """What a back-off tells or sleeps, so many times in a row."""
    found = []
    for _ in range(times):
        before = clock.elapsed
        answer = wait()
        if inspect.isawaitable(answer):
            answer = await answer
        slept = clock.elapsed - before
        number = isinstance(answer, int | float) and not isinstance(answer, bool)
        found.append(float(answer) if number else slept)
    return found


def chance(seed: int) -> None:
    """Let randomness begin anew."""
    random.seed(seed)


def bare(owner: Any, given: dict[str, Any]) -> Any:
    """An object of a class, made as it asks where that works; what it lacks is `Anything`."""

    class Bare(owner):  # type: ignore[misc]  # a class known only here
        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return Anything()

    try:
        return Bare(**given)
    except Exception:  # noqa: BLE001 - a page shows a part: what makes the rest is not there
        return Bare.__new__(Bare)
