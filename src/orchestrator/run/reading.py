"""Whether recorded events have the shape that this version reads. A ledger is data: it may be of
a newer version, or edited. What the events mean is `state`; the chain of hashes is the ledger's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from orchestrator.run.events import CLASSES, RunOpened
from trading_tools.audit.errors import LedgerError
from trading_tools.audit.event import Event

NOT_FITTING = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What reading a text or an event raises that is not of the form that is expected."""


_Test = Callable[[object], bool]


class Unreadable(LedgerError):
    """An event that cannot be taken for what its kind says; the message says which and why."""

    def __init__(self, event: Event, why: str) -> None:
        told = " ".join(why.split()).replace("; ", ", ").replace(": ", " - ")
        super().__init__(
            f"run {event.stream}: event {event.seq} ({event.kind}) cannot be read, {told:.300}; "
            "`orc audit verify` tells whether it was changed, else a newer version wrote it"
        )


class NotKept(LedgerError):
    """What a run was opened with is not in a form that this version reads."""

    def __init__(self, what: str, error: Exception) -> None:
        super().__init__(
            f"{what} of the run: this version cannot read them ({type(error).__name__}); "
            "go on with the version that opened it, or see whether `orc audit verify` is content"
        )


def check_shape(event: Event, *, first: bool) -> None:
    """Refuse an event whose body is not that of its kind; unknown kinds are let pass.

    Raises:
        Unreadable: a field is unknown, missing or of another type, or the first opens no run.
    """
    if first and event.kind != RunOpened.KIND:
        raise Unreadable(event, "a run begins with its opening")
    shape = _shape(event.kind)
    if shape is None:
        return
    if unknown := event.body.keys() - shape.keys():
        raise Unreadable(event, f"this version knows no field {min(unknown)!r}")
    for name, (fits, required) in shape.items():
        if name not in event.body:
            if required:
                raise Unreadable(event, f"the field {name!r} is missing")
        elif not fits(event.body[name]):
            raise Unreadable(event, f"the field {name!r} is {event.body[name]!r:.60}")


@cache
def _shape(kind: str) -> Mapping[str, tuple[_Test, bool]] | None:
    """A test of the value and whether it must be there, by field."""
    known = CLASSES.get(kind)
    if known is None:
        return None
    hints = get_type_hints(known)
    return {item.name: (_test(hints[item.name]), _required(item)) for item in fields(known)}


def _required(item: Field[Any]) -> bool:
    return item.default is MISSING and item.default_factory is MISSING


def _test(expected: Any) -> _Test:
    """Whether a value is of a type, as a test that looks at the type once and for all."""
    origin, inner = get_origin(expected), [_test(one) for one in get_args(expected)]
    if expected is Any:
        return lambda value: True
    if origin is UnionType:
        return lambda value: any(fits(value) for fits in inner)
    if origin is tuple:
        return lambda value: isinstance(value, list | tuple) and all(map(inner[0], value))
    if origin is Mapping:
        return lambda value: isinstance(value, Mapping) and all(map(inner[1], value.values()))
    if expected is int:
        return lambda value: isinstance(value, int) and not isinstance(value, bool)
    return lambda value: isinstance(value, NoneType if expected is None else expected)
