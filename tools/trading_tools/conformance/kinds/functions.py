"""A pure function of figures: which argument plays which role, calling it, reading its answer."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, get_type_hints

from trading_tools.conformance.inside.journal import Failing, Journal, Raised, code_of_others
from trading_tools.conformance.inside.loading import Loaded
from trading_tools.conformance.inside.virtual import VirtualTime
from trading_tools.conformance.kinds.laws import making
from trading_tools.conformance.kinds.params import Params, literal, signature, source
from trading_tools.conformance.spec import CheckError

NO_NUMBERS = ("NaN", "Infinity", "-Infinity")
_PARTS = ("size_base", "size", "quantity", "qty", "fraction", "kelly", "amount", "value", "f")
RAW = (ZeroDivisionError, ArithmeticError, TypeError, AttributeError, KeyError, IndexError)


@dataclass(frozen=True)
class Function:
    """The user's function. `roles` maps our words to the names of its arguments."""

    name: str
    call: Callable[..., Any]
    roles: Mapping[str, str]
    fixed: Mapping[str, Any]
    exact: bool
    """Whether it takes Decimals; else floats."""

    def figure(self, value: Fraction | str | int) -> Any:
        """A figure in the type that it takes."""
        if self.exact:
            return Decimal(str(value)) if isinstance(value, str) else _decimal(Fraction(value))
        return float(value)

    def given(self, values: Mapping[str, Fraction | str | int]) -> dict[str, Any]:
        """The arguments of a call, by role; roles that it does not have are left out."""
        named = {self.roles[r]: self.figure(v) for r, v in values.items() if r in self.roles}
        return {**self.fixed, **named}

    def written(self, values: Mapping[str, Fraction | str | int]) -> str:
        """The call as Python source."""
        given = ", ".join(f"{name}={source(value)}" for name, value in self.given(values).items())
        return f"{self.name}({given})"

    def shown(self, values: Mapping[str, Fraction | str | int]) -> str:
        """The call for people."""
        given = ", ".join(f"{name}={value}" for name, value in self.given(values).items())
        return f"{self.name}({given})"

    def answer(self, values: Mapping[str, Fraction | str | int], journal: Journal) -> Any:
        """Call it, and note that: a `Fraction`, a float that is no number, or `Raised`."""
        try:
            with code_of_others(), VirtualTime():
                found = self.call(**self.given(values))
        except Failing as failing:
            raised = Raised(failing.error)
            journal.step(0, self.shown(values), raised)
            return raised
        journal.step(0, self.shown(values), _shown(found))
        return number(found)


def function_of(loaded: Loaded, params: Params, roles: Mapping[str, Sequence[str]]) -> Function:
    """The target as a function of figures.

    Raises:
        CheckError: it is none, or an argument without a default has no role and no value.
    """
    call: Any = loaded.value
    if not callable(call) or inspect.isclass(call):
        raise CheckError(f"{loaded.name} is no function", "name a function of figures")
    written = loaded.name
    if inspect.isclass(loaded.owner) and "self" in inspect.signature(call).parameters:
        made = making(loaded, params, {})
        call = getattr(made(), written.rpartition(".")[2])
        written = f"{made.expression}.{written.rpartition('.')[2]}"
    found: dict[str, str] = {}
    fixed: dict[str, Any] = {}
    unknown: list[str] = []
    hints = _hints(call)
    parameters = signature(call)
    for word in roles:
        told = params.text(f"{word}_name")
        if told is not None and told not in parameters:
            listed = ", ".join(parameters)
            raise CheckError(f"{loaded.name} has no argument {told}", f"it has {listed}")
        if told is not None:
            found[word] = told
    for name, parameter in parameters.items():
        role = next((r for r, names in roles.items() if name.lower() in names), None)
        typed = params.text(name)
        if typed is not None:
            fixed[name] = literal(typed, hints.get(name))
        elif name in found.values():
            continue
        elif role is not None and role not in found:
            found[role] = name
        elif parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD
        ):  # fmt: skip
            unknown.append(name)
    if unknown:
        words = ", ".join(f"{role}_name" for role in roles)
        raise CheckError(
            f"{loaded.name}: what {', '.join(unknown)} means is not known",
            f"give --param {unknown[0]}=VALUE, or say which it is: --param ROLE={unknown[0]} with "
            f"a ROLE of {words}",
        )
    return Function(written, call, found, fixed, _exact(parameters, hints, found))


def number(answer: Any) -> Any:
    """The figure in an answer: exact where it is one, else a float that is none, else itself."""
    if isinstance(answer, tuple) and answer:
        answer = answer[0]
    for part in _PARTS:
        if not isinstance(answer, int | float | Decimal | Fraction) and hasattr(answer, part):
            answer = getattr(answer, part)
    if isinstance(answer, bool) or not isinstance(answer, int | float | Decimal | Fraction):
        return answer
    return Fraction(answer) if math.isfinite(answer) else float(answer)


def is_number(answer: Any) -> bool:
    """Whether an answer is a finite figure."""
    return isinstance(answer, Fraction)


def refused(answer: Any, *, nothing: bool = True) -> bool:
    """Whether it refused: an error in words, or (where `nothing` counts) no position at all."""
    if isinstance(answer, Raised):
        return not isinstance(answer.error, RAW)
    return nothing and is_number(answer) and answer == 0


def plain(value: Any) -> str:
    """A figure for people."""
    return f"{float(value):.10g}" if isinstance(value, Fraction) else str(value)


def _shown(found: Any) -> str:
    text = str(found)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _hints(call: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(call)
    except (NameError, TypeError):
        return dict(getattr(call, "__annotations__", {}))


def _exact(
    parameters: Mapping[str, inspect.Parameter], hints: Mapping[str, Any], roles: Mapping[str, str]
) -> bool:
    names = roles.values()
    texts = [str(hints.get(name, "")) for name in names]
    defaults = [parameters[name].default for name in names]
    if any("Decimal" in text for text in texts):
        return True
    if any("float" in text or "int" in text for text in texts):
        return False
    return any(isinstance(value, Decimal) for value in defaults)
