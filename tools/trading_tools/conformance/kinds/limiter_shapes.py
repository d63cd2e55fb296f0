"""How a rate limiter is asked: the common shapes, as one coroutine that returns once it lets go."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

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


class Refused(Exception):
    """The limiter itself says no, and not for now."""


@dataclass(frozen=True)
class Shape:
    """How this limiter is asked. `call` is for people, `lines` for a test: `cost` is theirs."""

    call: str
    ask: Callable[[Any, float], Awaitable[None]]
    lines: tuple[str, ...]
    takes_cost: bool


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


def _waiting(limiter: Any, name: str) -> Shape:
    cost = cost_name(getattr(limiter, name))
    given = f"{cost}=cost" if cost else ""
    is_async = inspect.iscoroutinefunction(getattr(limiter, name))

    async def ask(it: Any, units: float) -> None:
        answer = getattr(it, name)(**({cost: units} if cost else {}))
        if inspect.isawaitable(answer):
            answer = await answer
        if answer is False:
            raise Refused(f"{name}() gave False")

    wait = "await " if is_async else ""
    line = f"assert {wait}limiter.{name}({given}) is not False"
    return Shape(f"{wait}limiter.{name}({given})", ask, (line,), cost is not None)


def _asking(limiter: Any, name: str, poll_s: float) -> Shape:
    """One that answers at once: a careful caller asks again after a while."""
    cost = cost_name(getattr(limiter, name))
    pause = poll_s
    is_async = inspect.iscoroutinefunction(getattr(limiter, name))

    async def ask(it: Any, units: float) -> None:
        while True:
            answer = getattr(it, name)(**({cost: units} if cost else {}))
            if inspect.isawaitable(answer):
                answer = await answer
            if answer if not isinstance(answer, tuple) else answer[0]:
                return
            await asyncio.sleep(pause)

    given = f"{cost}=cost" if cost else ""
    wait = "await " if is_async else ""
    lines = (f"while not {wait}limiter.{name}({given}):", f"    await asyncio.sleep({pause!r})")
    return Shape(f"{wait}limiter.{name}({given})", ask, lines, cost is not None)


async def _enter_async(it: Any, _units: float) -> None:
    async with it:
        pass


async def _enter(it: Any, _units: float) -> None:
    with it:
        pass


def _decorating(limiter: Any) -> Shape:
    async def ask(it: Any, _units: float) -> None:
        async def call() -> None:
            return None

        await it(call)()

    lines = ("async def call():", "    return None", "await limiter(call)()")
    return Shape("await limiter(call)()", ask, lines, False)
