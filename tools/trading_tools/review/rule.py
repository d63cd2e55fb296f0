"""What a rule is: an id, what goes wrong, an example of each kind, and what it looks at.

A rule is a value with pure functions in it. It yields `Hit`s; `engine` calls it and makes findings
of them. How to write one is `docs/review.md`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

from trading_tools.review.findings import Edit, Severity
from trading_tools.review.model.calls import VenueCall
from trading_tools.review.model.index import FunctionNode
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module

N = TypeVar("N", bound=ast.AST)


class Topic(StrEnum):
    """The seven points of a review of trading code; each rule belongs to one."""

    EDGES = "edge cases"
    PERFORMANCE = "performance"
    ERRORS = "error handling and resilience"
    RISK = "risk controls"
    LOGGING = "logging"
    TESTS = "tests"
    PRODUCTION = "production"


@dataclass(frozen=True)
class Hit:
    """A fault at a node: what is wrong here, in this code's own words.

    `severity` replaces the rule's where this case is a lesser one. `edits` mend it, where that is
    certain not to change anything else.
    """

    node: ast.AST
    message: str
    severity: Severity | None = None
    edits: tuple[Edit, ...] = ()


Hits = Iterable[Hit]


@dataclass(frozen=True)
class Visit:
    """What of a file a function of a rule is called with."""

    check: Callable[[Any, Module], Hits]
    kinds: tuple[type[ast.AST], ...] = ()
    calls: tuple[str, ...] = ()
    acts: tuple[Act, ...] = ()
    whole: bool = False
    said: frozenset[str] = frozenset()
    """The file is passed over unless its text holds one of these, in small letters, without `_`."""
    trading: bool = False
    """The file is passed over unless it has to do with trading."""


def on_nodes(check: Callable[[N, Module], Hits], *kinds: type[N]) -> Visit:
    """Call `check` with each node of these kinds."""
    return Visit(check, kinds=kinds)


def on_calls(check: Callable[[ast.Call, Module], Hits], *names: str) -> Visit:
    """Call `check` with each call whose last name is one of these: "now" for `datetime.now()`."""
    return Visit(check, calls=names)


def on_acts(check: Callable[[VenueCall, Module], Hits], *acts: Act) -> Visit:
    """Call `check` with each call that does one of these things at a venue."""
    return Visit(check, acts=acts)


def on_functions(check: Callable[[FunctionNode, Module], Hits]) -> Visit:
    """Call `check` with each function and method."""
    return Visit(check, kinds=(ast.FunctionDef, ast.AsyncFunctionDef))


def on_coroutines(check: Callable[[ast.AsyncFunctionDef, Module], Hits]) -> Visit:
    """Call `check` with each `async def`."""
    return Visit(check, kinds=(ast.AsyncFunctionDef,))


def on_module(check: Callable[[Module, Module], Hits]) -> Visit:
    """Call `check` once with the module itself, given twice."""
    return Visit(check, whole=True)


def where_said(visit: Visit, *words: str) -> Visit:
    """The same only in files whose text holds one of these words; see `Module.mentions`."""
    # Where a word is there, so is each that it holds.
    shortest = [one for one in words if not any(o in one for o in words if o != one)]
    return replace(visit, said=frozenset(shortest))


def in_trading(visit: Visit) -> Visit:
    """The same only in files that have to do with trading; see `Module.trades`."""
    return replace(visit, trading=True)


@dataclass(frozen=True)
class Rule:
    """A rule.

    `why` says what goes wrong in reality, `fix` what to write instead, `link` where it happened.
    In `bad`, a line that must be found ends in `# <-`; `good` must be silent. Both are tested.
    `off` is the reason why a rule is not on by default; "" for one that is. `in_tests`: files of
    tests are looked at too; most faults lose nobody's money there.
    """

    id: str
    title: str
    severity: Severity
    topic: Topic
    why: str
    fix: str
    visits: Sequence[Visit]
    bad: tuple[str, ...]
    good: tuple[str, ...]
    link: str = ""
    off: str = ""
    in_tests: bool = False

    @property
    def on(self) -> bool:
        """Whether it is on by default."""
        return not self.off
