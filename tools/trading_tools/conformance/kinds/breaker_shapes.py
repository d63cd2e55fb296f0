"""Which of the common shapes a circuit breaker has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from trading_tools.conformance.inside import callers
from trading_tools.conformance.inside.journal import Failing, code_of_others
from trading_tools.conformance.kinds.params import Params, has, method, signature
from trading_tools.conformance.spec import CheckError

_ASKS = (
    "can_execute", "allow", "allow_request", "is_allowed", "can_proceed", "allows", "can_pass",
    "before_call", "should_allow", "is_available", "try_acquire", "can_request", "can_call",
    "is_allow",
)  # fmt: skip
_SUCCESS = (
    "record_success", "on_success", "success", "succeeded", "report_success", "mark_success",
    "add_success",
)  # fmt: skip
_FAILURE = (
    "record_failure", "on_failure", "failure", "failed", "report_failure", "mark_failure",
    "add_failure",
)  # fmt: skip
_PERMITS = ("permit", "acquire", "get_permit")
_BLOCKS = (("async with", "__aenter__", "__aexit__"), ("with", "__enter__", "__exit__"))
_CALLS = ("call", "call_async", "execute", "run", "__call__")


@dataclass(frozen=True)
class Shape:
    """How this breaker is asked: `caller` makes what `inside.callers` has for it."""

    words: str
    caller: Callable[[Any], Any]
    line: str
    by_thread: bool = False


def shape_of(breaker: Any, params: Params) -> Shape:
    """The shape of a breaker that was made.

    Raises:
        CheckError: it has none of the known ones.
    """
    ask = params.text("ask")
    success = method(breaker, params.text("success"), _SUCCESS, "be told of a success")
    failure = method(breaker, params.text("failure"), _FAILURE, "be told of a failure")
    if success and failure:
        name = method(breaker, ask, _ASKS, "be asked for leave")
        if name is not None:
            return _asked(name, success, failure)
    name = method(breaker, params.text("permit"), _PERMITS, "give a permit")
    if name is not None and not inspect.iscoroutinefunction(getattr(breaker, name)):
        return _permitted(name)
    wraps = _wraps(breaker) if params.text("call") is None else None
    if wraps is not None:
        return _shape(wraps, "breaker(function)()", "__call__")
    for words, enter, leave in _BLOCKS:
        if hasattr(breaker, enter):
            return _shape(callers.Entered, f"{words} breaker", enter, leave)
    name = method(breaker, params.text("call"), _CALLS, "make a call")
    if name is not None:
        kind = callers.Called if _is_async(breaker, name) else callers.Threaded
        words = f"breaker.{name}(function)"
        return _shape(kind, words, name)
    raise CheckError(
        f"nothing can be asked of {type(breaker).__name__}",
        "say how: --param ask=NAME --param success=NAME --param failure=NAME, or --param "
        f"call=NAME; it has {has(breaker)}",
    )


def _wraps(breaker: Any) -> Any:
    """What calls by it where it is a decorator: it gives a function for a function."""
    if not callable(breaker):
        return None
    needed = [p for p in signature(breaker).values() if p.default is p.empty]
    if [p.kind for p in needed] != [inspect.Parameter.POSITIONAL_OR_KEYWORD]:
        return None
    with suppress(Failing), code_of_others():
        made = breaker(_nothing)
        if inspect.iscoroutine(made):
            made.close()
        elif callable(made):
            return callers.Called if inspect.iscoroutinefunction(made) else callers.Threaded
    return None


async def _nothing() -> None:
    return None


def _is_async(breaker: Any, name: str) -> bool:
    function = getattr(breaker, name)
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(type(breaker), name, None)
    )


def _asked(ask: str, success: str, failure: str) -> Shape:
    words = f"breaker.{ask}(), .{success}(), .{failure}()"
    return _shape(callers.Asked, words, ask, success, failure)


def _permitted(name: str) -> Shape:
    words = f"breaker.{name}() gives a permit"
    return _shape(callers.Permitted, words, name, "succeeded", "failed")


def _shape(kind: Any, words: str, *names: str) -> Shape:
    written = ", ".join(repr(name) for name in names)
    return Shape(
        words,
        lambda breaker: kind(breaker, *names),
        f"caller = {kind.__name__}(breaker, {written})",
        kind is callers.Threaded,
    )
