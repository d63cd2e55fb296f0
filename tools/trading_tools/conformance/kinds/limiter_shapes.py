"""How a rate limiter is asked: the common shapes, as one coroutine that returns once it lets go."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from trading_tools.conformance.inside.journal import Failing, code_of_others
from trading_tools.conformance.kinds.params import Params, has, method, signature
from trading_tools.conformance.spec import CheckError

WAITS = (
    "acquire", "wait", "wait_for_token", "wait_for_tokens", "wait_for_slot", "wait_if_needed",
    "throttle", "consume", "take", "limit", "reserve", "enforce", "_enforce_rate_limit",
    "async_acquire",
)  # fmt: skip
ASKS = (
    "try_acquire", "allow", "allow_request", "is_allowed", "can_proceed", "check", "hit",
    "try_take",
)  # fmt: skip
COSTS = (
    "cost", "tokens", "weight", "n", "amount", "permits", "count", "units", "num_tokens", "num",
)  # fmt: skip


_KEYS = ("key", "name", "identifier", "identity", "id", "resource", "endpoint", "user", "client")
_KEY = "check"


class Refused(Exception):
    """The limiter itself says no."""


@dataclass(frozen=True)
class Shape:
    """How this limiter is asked. `call` is for people, `lines` for a test: `cost` is theirs.

    One that is asked `again` says no for now instead of waiting.
    """

    call: str
    ask: Callable[[Any, int], Awaitable[None]]
    lines: tuple[str, ...]
    takes_cost: bool
    again: bool = False


def shape_of(limiter: Any, params: Params, poll_s: float) -> Shape:
    """The shape of a limiter that was made.

    Raises:
        CheckError: it has none of the known ones.
    """
    told = params.text("acquire")
    name = method(limiter, told, WAITS, "wait for leave")
    if name is not None:
        function = getattr(limiter, name)
        if told in ASKS or (told is not None and _answers(function)):
            return _asking(limiter, name, poll_s)
        return _waiting(limiter, name)
    if hasattr(limiter, "__aenter__"):
        return Shape("async with limiter", _enter_async, ("async with limiter:", "    pass"), False)
    name = method(limiter, None, ASKS, "ask for leave")
    if name is not None:
        return _asking(limiter, name, poll_s)
    if hasattr(limiter, "__enter__"):
        return Shape("with limiter", _enter, ("with limiter:", "    pass"), False)
    if callable(limiter):
        return _decorating(limiter)
    raise CheckError(
        f"nothing waits for leave in {type(limiter).__name__}",
        f"say which does: --param acquire=NAME; it has {has(limiter)}",
    )


def _answers(function: Callable[..., Any]) -> bool:
    return inspect.signature(function).return_annotation in (bool, "bool")


def cost_name(function: Callable[..., Any]) -> str | None:
    """The argument that says what a call costs; None where it takes none that is a number."""
    for name, parameter in signature(function).items():
        hint = str(parameter.annotation)
        if name.lower() in COSTS and (
            parameter.annotation is parameter.empty
            or any(word in hint for word in ("int", "float", "Decimal"))
        ):
            return name
    return None


@dataclass(frozen=True)
class _Call:
    """A method of a limiter with what it is given: a cost where it takes one, a key it asks for."""

    name: str
    cost: str | None
    fixed: dict[str, str]
    written: str

    async def made(self, limiter: Any, units: int) -> Any:
        """Its answer."""
        given: dict[str, Any] = {**self.fixed, **({self.cost: units} if self.cost else {})}
        answer = getattr(limiter, self.name)(**given)
        return await answer if inspect.isawaitable(answer) else answer


def _call_of(limiter: Any, name: str) -> _Call:
    """How a method is called.

    Raises:
        CheckError: it needs more than a cost and a key.
    """
    function = getattr(limiter, name)
    cost = cost_name(function)
    fixed: dict[str, str] = {}
    for word, parameter in signature(function).items():
        by_name = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        if word == cost or not by_name or parameter.default is not parameter.empty:
            continue
        if word.lower() not in _KEYS and "str" not in str(parameter.annotation):
            raise CheckError(
                f"{name}() of {type(limiter).__name__} needs {word}",
                "name a function that makes an object whose method knows it",
            )
        fixed[word] = _KEY
    given = [f"{word}={key!r}" for word, key in fixed.items()] + ([f"{cost}=cost"] if cost else [])
    wait = "await " if inspect.iscoroutinefunction(function) else ""
    return _Call(name, cost, fixed, f"{wait}limiter.{name}({', '.join(given)})")


def _waiting(limiter: Any, name: str) -> Shape:
    call = _call_of(limiter, name)
    release = _release(limiter)

    async def ask(it: Any, units: int) -> None:
        if await call.made(it, units) is False:
            raise Refused(f"{name}() gave False")
        if release:
            answer = it.release()
            if inspect.isawaitable(answer):
                await answer

    lines = [f"assert {call.written} is not False", *([release] if release else [])]
    words = f"{call.written}, {release}" if release else call.written
    return Shape(words, ask, tuple(lines), call.cost is not None)


def _release(limiter: Any) -> str:
    """How a limiter that also bounds how many are under way is told of an end; empty for others."""
    function = getattr(limiter, "release", None)
    if not callable(function):
        return ""
    if any(each.default is each.empty for each in signature(function).values()):
        return ""
    wait = "await " if inspect.iscoroutinefunction(function) else ""
    return f"{wait}limiter.release()"


def _asking(limiter: Any, name: str, poll_s: float) -> Shape:
    """One that answers at once: a careful caller asks again after a while."""
    call = _call_of(limiter, name)

    async def ask(it: Any, units: int) -> None:
        while True:
            answer = await call.made(it, units)
            if answer is None or (answer[0] if isinstance(answer, tuple) else answer):
                return
            await asyncio.sleep(poll_s)

    lines = (
        f"while (answer := {call.written}) is not None:",
        "    if answer[0] if isinstance(answer, tuple) else answer:",
        "        break",
        f"    await asyncio.sleep({poll_s!r})",
    )
    return Shape(call.written, ask, lines, call.cost is not None, again=True)


async def no_for_now(limiter: Any, shape: Shape, calls: int, rest_s: float) -> str:
    """The exception by which it says no for now, and yes after a rest; empty where it waits."""
    no = ""
    for number in range(calls):
        try:
            with code_of_others():
                await shape.ask(limiter, 1)
        except Failing as failing:
            if number == 0:
                return ""
            no = type(failing.error).__name__
            break
    await asyncio.sleep(rest_s)
    try:
        with code_of_others():
            await shape.ask(limiter, 1)
    except Failing:
        return ""
    return no


def asked_again(shape: Shape, no: str, poll_s: float) -> Shape:
    """The same for one that says no for now by an exception of this name."""

    async def ask(it: Any, units: int) -> None:
        while True:
            try:
                return await shape.ask(it, units)
            except Exception as error:
                if type(error).__name__ != no:
                    raise
                await asyncio.sleep(poll_s)

    raised = AssertionError.__name__ if no == Refused.__name__ else no
    lines = (
        "while True:",
        "    try:",
        *(f"        {line}" for line in shape.lines),
        "        break",
        "    except Exception as error:",
        f"        if type(error).__name__ != {raised!r}:",
        "            raise",
        f"    await asyncio.sleep({poll_s!r})",
    )
    return replace(shape, ask=ask, lines=lines, again=True)


async def _enter_async(it: Any, _units: int) -> None:
    async with it:
        pass


async def _enter(it: Any, _units: int) -> None:
    with it:
        pass


def _decorating(limiter: Any) -> Shape:
    async def ask(it: Any, _units: int) -> None:
        async def call() -> None:
            return None

        await it(call)()

    lines = ("async def call():", "    return None", "await limiter(call)()")
    return Shape("await limiter(call)()", ask, lines, False)
