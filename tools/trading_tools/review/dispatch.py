"""Which functions of which rules are called with what of a file.

Sorted once by what they ask for, so that a file pays for the rules that it has something for and
not for all there are. Nothing here knows a rule.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from trading_tools.review.model.module import Module
from trading_tools.review.rule import Rule, Visit


@dataclass(frozen=True)
class Asking:
    """A visit of a rule. `place`: rules and what they ask for are gone through in this order."""

    place: int
    rule: Rule
    visit: Visit


class Dispatch:
    """A set of rules by what they ask for."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Sort the visits of `rules`."""
        self._whole: list[Asking] = []
        self._acts: list[Asking] = []
        self._calls: dict[str, list[Asking]] = {}
        self._kinds: dict[type[ast.AST], list[Asking]] = {}
        place = 0
        for rule in rules:
            for visit in rule.visits:
                for goes in self._where(visit):
                    goes.append(Asking(place, rule, visit))
                    place += 1

    def _where(self, visit: Visit) -> Iterator[list[Asking]]:
        if visit.calls:
            for name in visit.calls:
                yield self._calls.setdefault(name, [])
        elif visit.kinds:
            for kind in visit.kinds:
                yield self._kinds.setdefault(kind, [])
        else:
            yield self._acts if visit.acts else self._whole

    def of(self, module: Module) -> list[tuple[Asking, Sequence[Any]]]:
        """What a file has for the rules, in the order of the rules."""
        trades = module.trades
        found = [
            (asking, subjects)
            for askings, subjects in self._had(module)
            for asking in askings
            if trades or not asking.visit.trading
            # To look for words costs more than all else here.
            if not asking.visit.said or module.mentions(asking.visit.said)
        ]
        if venue_calls := module.venue_calls:
            for asking in self._acts:
                acts = asking.visit.acts
                if subjects := [each for each in venue_calls if each.act in acts]:
                    found.append((asking, subjects))
        return sorted(found, key=lambda each: each[0].place)

    def _had(self, module: Module) -> Iterator[tuple[list[Asking], Sequence[Any]]]:
        yield self._whole, (module,)
        calls = module.index.calls()
        for name in self._calls.keys() & calls.keys():
            yield self._calls[name], calls[name]
        for kind, askings in self._kinds.items():
            if nodes := module.nodes(kind):
                yield askings, nodes
