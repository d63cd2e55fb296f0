"""Finds the rules: each file in `rules` that holds a `RULE`, or `RULES` for a family."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache

from trading_tools.review import rules
from trading_tools.review.rule import Rule


class UnknownRule(ValueError):
    """A rule is asked for by an id that none has."""


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by id."""
    found: list[Rule] = []
    for entry in pkgutil.iter_modules(rules.__path__):
        module = importlib.import_module(f"{rules.__name__}.{entry.name}")
        family: Iterable[Rule] = getattr(module, "RULES", None) or (module.RULE,)
        found += family
    return tuple(sorted(found, key=lambda each: each.id))


def chosen(
    select: Iterable[str] = (), extend: Iterable[str] = (), drop: Iterable[str] = ()
) -> tuple[Rule, ...]:
    """The rules that are on, with some more, without some; or those of `select` alone.

    Raises:
        UnknownRule: an id that no rule has.
    """
    known = {each.id: each for each in all_rules()}
    only, more, less = set(select), set(extend), set(drop)
    for each in sorted(only | more | less):
        if each not in known:
            raise UnknownRule(f"no rule is called {each}: use one of {', '.join(known)}")
    wanted = only or {each.id for each in known.values() if each.on} | more
    return tuple(rule for rule in known.values() if rule.id in wanted - less)
