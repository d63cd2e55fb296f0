"""The words a person gives with `--param`: ours, the component's own, and how both are read."""

from __future__ import annotations

import ast
import datetime
import difflib
import inspect
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from trading_tools.conformance.spec import CheckError


class Params:
    """What was given; each word is used once by somebody, and what nobody used is an error."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = dict(given)
        self._used: set[str] = set()
        self._known: set[str] = set()

    def text(self, name: str) -> str | None:
        """A word, as typed."""
        self._known.add(name)
        if name in self._given:
            self._used.add(name)
        return self._given.get(name)

    def number(self, name: str) -> float | None:
        """A figure above 0.

        Raises:
            CheckError: it is none.
        """
        typed = self.text(name)
        if typed is None:
            return None
        try:
            value = float(Decimal(typed))
        except InvalidOperation:
            value = 0.0
        if not 0 < value < float("inf"):
            raise CheckError(f"--param {name}={typed} is not a figure above 0", "give a number")
        return value

    def names(self) -> set[str]:
        """All that was given."""
        return set(self._given)

    def refuse_unused(self) -> None:
        """What was given and nothing asked for is a slip of the pen.

        Raises:
            CheckError: there is such a word.
        """
        for name in self._given.keys() - self._used:
            near = difflib.get_close_matches(name, self._known, n=1)
            listed = ", ".join(sorted(self._known))
            fix = f"did you mean {near[0]}?" if near else f"this check knows {listed}"
            raise CheckError(f"--param {name} means nothing here", fix)


def literal(typed: str, wanted: object = None) -> Any:
    """A value as typed: what the annotation wants, else a Python literal, else the text itself."""
    hint = getattr(wanted, "__name__", str(wanted)) if wanted is not None else ""
    if "timedelta" in str(wanted):
        return datetime.timedelta(seconds=float(typed))
    if "Decimal" in hint:
        try:
            return Decimal(typed)
        except InvalidOperation:
            return typed
    if hint == "float" or hint.startswith("float "):
        return float(typed)
    if hint == "str":
        return typed
    try:
        return ast.literal_eval(typed)
    except (ValueError, SyntaxError):
        return typed


def source(value: object) -> str:
    """A value as Python source that makes it again."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{source(k)}: {source(v)}" for k, v in value.items()) + "}"
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return f'float("{value}")'
    return repr(value)


def arguments(
    function: Callable[..., Any],
    params: Params,
    meanings: Mapping[str, tuple[Sequence[str], Any]],
    what: str,
) -> dict[str, Any]:
    """Keyword arguments to make a component with: given ones, then by meaning, then its defaults.

    `meanings` maps one of our words to the names that components use for it, and the value that
    it gets where nothing else says; None for no value.

    Raises:
        CheckError: an argument that nobody can fill.
    """
    filled: dict[str, Any] = {}
    missing: list[str] = []
    for name, parameter in signature(function).items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        typed = params.text(name)
        word = next((w for w, (names, _) in meanings.items() if name.lower() in names), None)
        if typed is not None:
            filled[name] = literal(typed, hinted(parameter))
        elif word is not None and params.text(word) is not None:
            filled[name] = literal(str(params.text(word)), hinted(parameter))
        elif parameter.default is parameter.empty:
            value = meanings[word][1] if word is not None else None
            if value is None:
                missing.append(name)
            else:
                filled[name] = fitting(value, parameter)
    if missing:
        example = " ".join(f"--param {name}=…" for name in missing)
        raise CheckError(f"{what} needs {', '.join(missing)}", f"give {example}")
    return filled


def signature(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """The parameters, without self.

    Raises:
        CheckError: Python cannot tell them.
    """
    try:
        found = dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        raise CheckError(
            f"the arguments of {function!r} cannot be read", "wrap it in a function of yours"
        ) from None
    found.pop("self", None)
    return found


def hinted(parameter: inspect.Parameter) -> object:
    """The annotation, None without one."""
    return None if parameter.annotation is parameter.empty else parameter.annotation


def fitting(value: Any, parameter: inspect.Parameter) -> Any:
    """A figure of ours in the type that the parameter asks for."""
    hint = str(getattr(hinted(parameter), "__name__", hinted(parameter)))
    if "Decimal" in hint:
        return Decimal(str(value))
    if "timedelta" in str(hinted(parameter)):
        return datetime.timedelta(seconds=value)
    if hint == "int" or (hint in ("None", "Any") and value == int(value)):
        return int(value)
    return float(value) if hint == "float" else value


def method(value: object, wanted: str | None, known: Sequence[str], role: str) -> str | None:
    """The name of a method that plays a role: the one that was told, or the first known one.

    Raises:
        CheckError: the one that was told is not there.
    """
    if wanted is not None:
        if not callable(getattr(value, wanted, None)):
            raise CheckError(f"it has no {wanted}() to {role}", f"it has {has(value)}")
        return wanted
    return next((name for name in known if callable(getattr(value, name, None))), None)


def has(value: object) -> str:
    """The public methods, for an error to list."""
    kind = value if inspect.isclass(value) else type(value)
    names = [n for n in dir(kind) if not n.startswith("__") and callable(getattr(kind, n, None))]
    return ", ".join(names[:16]) or "no methods"
