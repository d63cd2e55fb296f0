"""How a back-off is met: a function of the attempt, an object, or code that tries a call again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from trading_tools.conformance.inside.flaky import Anything, Flaky, bare, delays
from trading_tools.conformance.inside.journal import code_of_others
from trading_tools.conformance.inside.loading import Loaded, blaming
from trading_tools.conformance.inside.virtual import VirtualTime
from trading_tools.conformance.kinds.laws import Making, making
from trading_tools.conformance.kinds.params import Params, literal, method, signature
from trading_tools.conformance.spec import CheckError

_ATTEMPTS = ("attempt", "attempts", "retry", "retries", "n", "tries", "attempt_number", "failures")
_CALLS = ("fn", "func", "function", "call", "operation", "action", "coro_factory", "f", "callable_")
_NEXTS = ("next_delay", "next", "delay", "get_delay", "next_backoff", "wait", "sleep", "backoff",
          "failed", "compute", "__next__")  # fmt: skip
_RESETS = ("reset", "success", "succeeded", "on_success", "record_success", "clear")


@dataclass(frozen=True)
class Met:
    """What a history showed: seconds waited after each failure, and how it ended."""

    waits: Sequence[float]
    ended: Sequence[str]
    calls: int


@dataclass(frozen=True)
class Shape:
    """One way to meet it. `live` plays outcomes (False fails); `lines` are the same as a test.

    Those lines leave `waits`, and where `retries`, `flaky` behind.
    """

    words: str
    live: Callable[[Sequence[bool]], Met]
    lines: Callable[[Sequence[bool]], tuple[str, ...]]
    retries: bool
    resets: bool


def shape_of(loaded: Loaded, params: Params) -> Shape:
    """The shape of the target.

    Raises:
        CheckError: it has none of the known ones.
    """
    value: Any = loaded.value
    if params.text("fails") is not None:
        return _loop(loaded, params)
    if inspect.isclass(value):
        return _object(loaded, params)
    parameters = signature(value)
    attempt = next((name for name in parameters if name.lower() in _ATTEMPTS), None)
    call = next((name for name in parameters if name.lower() in _CALLS), None)
    if call is not None:
        return _retrying(loaded, params, call)
    if attempt is not None and not inspect.iscoroutinefunction(value):
        return _function(loaded, params, attempt)
    raise CheckError(
        f"how {loaded.name}({', '.join(parameters)}) backs off is not known",
        "name a function of `attempt`, one that takes a function to call, a class with next() and "
        "reset(), or say which call fails: --param fails=exchange.fetch_ticker",
    )


def _play(history: Callable[[VirtualTime], Any]) -> Any:
    with VirtualTime() as clock, code_of_others():
        return clock.run(history(clock))


def _given(parameters: Any, params: Params, taken: Sequence[str], what: str) -> dict[str, Any]:
    filled = {}
    for name, parameter in parameters.items():
        typed = params.text(name)
        if name in taken or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if typed is not None:
            filled[name] = literal(typed, parameter.annotation)
        elif parameter.default is parameter.empty:
            raise CheckError(f"{what} needs {name}", f"give --param {name}=…")
    return filled


def _function(loaded: Loaded, params: Params, attempt: str) -> Shape:
    value: Any = loaded.value
    other = _given(signature(value), params, [attempt], loaded.name)
    written = "".join(f", {name}={given!r}" for name, given in other.items())

    def live(outcomes: Sequence[bool]) -> Met:
        async def history(clock: VirtualTime) -> list[float]:
            found = []
            for number in range(len(outcomes)):
                found += await delays(clock, partial(value, **{attempt: number}, **other), 1)
            return found

        return Met(_play(history), (), len(outcomes))

    def lines(outcomes: Sequence[bool]) -> tuple[str, ...]:
        call = f"{loaded.name}({attempt}=n{written})"
        return (f"waits = [float({call}) for n in range({len(outcomes)})]",)

    return Shape(f"{loaded.name}({attempt}=0, 1, 2 …{written})", live, lines, False, False)


def _object(loaded: Loaded, params: Params) -> Shape:
    make: Making = making(loaded, params, {})
    with VirtualTime():
        made = make()
    wait = method(made, params.text("next"), _NEXTS, "tell the next delay")
    reset = method(made, params.text("reset"), _RESETS, "hear of a success")
    if wait is None:
        raise CheckError(f"nothing of {loaded.name} tells a delay", "name it: --param next=NAME")

    def live(outcomes: Sequence[bool]) -> Met:
        async def history(clock: VirtualTime) -> list[float]:
            made, found = make(), []
            for works in outcomes:
                if not works:
                    found += await delays(clock, getattr(made, wait), 1)
                elif reset is not None:
                    await delays(clock, getattr(made, reset), 1)
            return found

        return Met(_play(history), (), len(outcomes))

    def lines(outcomes: Sequence[bool]) -> tuple[str, ...]:
        return (
            f"backoff = {make.expression}",
            "waits = []",
            "",
            "async def history():",
            f"    for works in {list(outcomes)!r}:",
            "        if not works:",
            f"            waits.extend(await delays(clock, backoff.{wait}, 1))",
            "        else:",
            f"            await delays(clock, backoff.{reset}, 1)" if reset else "            pass",
            "",
            "clock.run(history())",
        )

    words = f"{make.expression}, .{wait}()" + (f", .{reset}()" if reset else "")
    return Shape(words, live, lines, False, reset is not None)


def _error(loaded: Loaded, params: Params) -> tuple[type[BaseException], str]:
    typed = params.text("error") or "ConnectionError"
    head, _, rest = typed.partition(".")
    found: Any = vars(loaded.module).get(head)
    where = f"user.{typed}"
    if found is None:
        import builtins

        found, where = getattr(builtins, head, None), typed
    for part in rest.split(".") if rest else ():
        found = getattr(found, part, None)
    if not (inspect.isclass(found) and issubclass(found, BaseException)):
        raise CheckError(f"{typed} is no exception", "name one: --param error=ConnectionError")
    return found, where


def _flaky(
    start: Callable[[Flaky], Callable[[], Any]], error: type[BaseException]
) -> Callable[[Sequence[bool]], Met]:
    def live(outcomes: Sequence[bool]) -> Met:
        async def history(clock: VirtualTime) -> Met:
            call = Flaky(clock, outcomes, error)
            await call.rounds(start(call))
            return Met(call.waits, call.ended, call.calls)

        found: Met = _play(history)
        return found

    return live


def _flaky_lines(before: Sequence[str], error: str, start: str) -> Any:
    def lines(outcomes: Sequence[bool]) -> tuple[str, ...]:
        fails = outcomes.count(False) == len(outcomes)
        written = f"[False] * {len(outcomes)}" if fails else repr(list(outcomes))
        return (
            f"flaky = Flaky(clock, {written}, {error})",
            *before,
            "",
            "async def history():",
            f"    await flaky.rounds(lambda: {start})",
            "",
            "clock.run(history())",
            "waits = flaky.waits",
        )

    return lines


def _retrying(loaded: Loaded, params: Params, name: str) -> Shape:
    """A function that is given the call; or a decorator, which gives a function back."""
    value: Any = loaded.value
    error, where = _error(loaded, params)
    other = _given(signature(value), params, [name], loaded.name)
    written = "".join(f", {word}={given!r}" for word, given in other.items())
    attribute = "call"
    if not inspect.iscoroutinefunction(value) and params.text("sync") == "yes":
        attribute = "call_now"

    def start(call: Flaky) -> Callable[[], Any]:
        def one() -> Any:
            answer = value(**{name: getattr(call, attribute)}, **other)
            return answer() if callable(answer) and not isinstance(answer, Anything) else answer

        return one

    given = f"{loaded.name}({name}=flaky.{attribute}{written})"
    with VirtualTime(), blaming(f"{given} fails", "give what it needs"):
        made = value(**{name: _nothing if attribute == "call" else _nothing_now}, **other)
    if inspect.iscoroutine(made):
        made.close()
    elif callable(made) and not isinstance(made, Anything):
        given += "()"
    return Shape(given, _flaky(start, error), _flaky_lines((), where, given), True, True)


async def _nothing(*_given: Any, **_named: Any) -> None:
    """A call, for what only wants to see one."""


def _nothing_now(*_given: Any, **_named: Any) -> None:
    """The same for code that does not await it."""


def _loop(loaded: Loaded, params: Params) -> Shape:
    """A method or function that makes the failing call itself, by a name it knows."""
    error, where = _error(loaded, params)
    path = str(params.text("fails")).split(".")
    if len(path) < 2:
        raise CheckError(f"--param fails={path[0]}", "write where it is: exchange.fetch_ticker")
    owner: Any = loaded.owner
    name = loaded.name.rpartition(".")[2]
    function: Any = loaded.value
    words = {n: p for n, p in signature(function).items() if p.kind is p.POSITIONAL_OR_KEYWORD}
    needed = {n: p for n, p in words.items() if p.default is p.empty}
    given = {n: "check" for n, p in needed.items() if "str" in str(p.annotation)}
    stand_ins = [n for n in needed if n not in given]
    outside = path[0] in vars(loaded.module)
    made = {} if owner is None else _made_with(owner, params)

    def start(call: Flaky) -> Callable[[], Any]:
        double = Anything(path[-1], call.call)
        that = bare(owner, made) if owner is not None else None
        if outside:
            setattr(vars(loaded.module)[path[0]], path[1], double)
        elif that is not None:
            setattr(that, path[0], double)
        bound = getattr(that, name) if that is not None else function
        return lambda: bound(**given, **{n: Anything() for n in stand_ins})

    arguments = [f"{n}={value!r}" for n, value in given.items()]
    arguments += [f"{n}=Anything()" for n in stand_ins]
    made_text = f"user.{loaded.name.rpartition('.')[0]}, {made!r}"
    before = [f"that = bare({made_text})"] if owner is not None else []
    target = f"user.{path[0]}.{path[1]}" if outside else f"that.{path[0]}"
    before.append(f"{target} = Anything({path[-1]!r}, flaky.call)")
    call = f"that.{name}" if owner is not None else loaded.name
    lines = _flaky_lines(before, where, f"{call}({', '.join(arguments)})")
    shown = f"{loaded.name}, whose {'.'.join(path)} fails with {error.__name__}"
    live = _flaky(start, error)
    _tried(live, error, loaded.name)
    return Shape(shown, live, lines, True, True)


def _made_with(owner: Any, params: Params) -> dict[str, Any]:
    """Arguments to make the object around a method: those given, and words where one needs some."""
    made = {}
    for name, parameter in signature(owner).items():
        typed = params.text(name)
        if typed is not None:
            made[name] = literal(typed, parameter.annotation)
        elif parameter.default is parameter.empty and "str" in str(parameter.annotation):
            made[name] = "check"
    return made


def _tried(live: Callable[[Sequence[bool]], Met], error: type[BaseException], name: str) -> None:
    """What ends by a fault of its own, and not by the failure that it meets, cannot be judged.

    Raises:
        CheckError: it does.
    """
    met = live([False, True, False])
    own = [each for each in met.ended if not each.startswith(("it ", error.__name__))]
    if own or not met.calls:
        raise CheckError(
            f"{name} fails by itself: {own[0] if own else 'it never makes that call'}",
            "give what it needs with --param, or name the call as the code does",
        )
