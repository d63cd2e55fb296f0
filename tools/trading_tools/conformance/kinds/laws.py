"""What a kind gives to the attack: its properties, the shape it found, how one is made."""

from __future__ import annotations

import datetime
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trading_tools.conformance.inside.journal import Failing, code_of_others
from trading_tools.conformance.inside.loading import Loaded, blaming
from trading_tools.conformance.inside.search import Property
from trading_tools.conformance.inside.virtual import VirtualTime
from trading_tools.conformance.kinds.params import Params, arguments, source
from trading_tools.conformance.spec import CheckError

Meanings = Mapping[str, tuple[Sequence[str], Any]]


@dataclass(frozen=True)
class Laws:
    """The properties of one component. `shape` is how it is called, for people."""

    shape: str
    properties: tuple[Property, ...]


@dataclass(frozen=True)
class Making:
    """How a fresh component is made: by a class, or by a function that gives one."""

    maker: Callable[..., Any]
    given: Mapping[str, Any]
    expression: str

    def __call__(self, **other: Any) -> Any:
        """A fresh one.

        Raises:
            CheckError: it could be made before, and cannot be made now.
        """
        try:
            with code_of_others():
                return self.maker(**{**self.given, **other})
        except Failing as failing:
            raise CheckError(
                f"{self.expression} cannot be made again: {failing}",
                "each history needs a fresh one: name a function that makes one",
            ) from None


def making(loaded: Loaded, params: Params, meanings: Meanings) -> Making:
    """How the target is made, tried once.

    Raises:
        CheckError: it cannot be made, or it is no class and no function.
    """
    maker: Any = loaded.owner or loaded.value
    name = loaded.name.rpartition(".")[0] or loaded.name
    if not (inspect.isclass(maker) or inspect.isroutine(maker)):
        raise CheckError(
            f"{name} is an object that stands already, and each history needs a fresh one",
            "name its class, or a function that makes one",
        )
    given = arguments(maker, params, meanings, name)
    written = ", ".join(f"{word}={source(value)}" for word, value in given.items())
    found = Making(maker, given, f"{name}({written})")
    what = f"{found.expression} cannot be made"
    with blaming(what, "give arguments with --param"), VirtualTime():
        maker(**given)
    return found


def has_default(making: Making, names: Sequence[str]) -> float | None:
    """What the component itself takes for one of the arguments `names`: given, or its default."""
    for name, parameter in inspect.signature(making.maker).parameters.items():
        if name.lower() not in names:
            continue
        value = making.given.get(name, parameter.default)
        if isinstance(value, datetime.timedelta):
            return value.total_seconds()
        try:
            return float(value)
        except (TypeError, ValueError):
            return None
    return None
