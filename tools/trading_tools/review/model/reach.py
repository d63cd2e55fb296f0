"""Which calls send an order in the end: a venue's own, and those of helpers that lead to one.

A method is also taken for sending when a class of the file that inherits it overrides it with one
that sends, and when it is an abstract one whose name says that it sends.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from trading_tools.review.model.index import FunctionNode, last_name
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.values import called

if TYPE_CHECKING:
    from trading_tools.review.model.calls import VenueCall
    from trading_tools.review.model.module import Module

_ROUNDS: Final = 4
_SENDING: Final = re.compile(
    r"_*(?:async_)?(?:send|place|submit|create|execute|post|open)_?\w*_?(?:order|orders|trade|position)s?"
    r"|_*(?:market_)?(?:buy|sell)"
)


@dataclass(frozen=True, eq=False)
class Submit:
    """A call that sends an order; `venue` is None where a helper does it, and `what` its name."""

    node: ast.Call
    what: str
    venue: VenueCall | None = None


def submits(module: Module) -> tuple[Submit, ...]:
    """Every call of a file that sends an order, in the order of lines."""
    direct = {each.node: Submit(each.node, each.shown, each) for each in module.acts(Act.SUBMIT)}
    found = dict(direct)
    senders = _functions_around(module, list(found))
    for function in module.functions():
        if _sends(function.name) and _is_abstract(function):
            senders.add(function)
    for _ in range(_ROUNDS):
        names = {each.name for each in senders}
        fresh = [
            call
            for name in names
            for call in module.calls_of(name)
            if call not in found and _leads_to(module, call, senders)
        ]
        for call in fresh:
            found[call] = Submit(call, _shown(call))
        grown = senders | _functions_around(module, fresh)
        if grown == senders:
            break
        senders = grown
    for call in _elsewhere(module):
        if call not in found:
            found[call] = Submit(call, _shown(call))
    return tuple(sorted(found.values(), key=lambda each: (each.node.lineno, each.node.col_offset)))


@lru_cache(maxsize=8192)
def _sends(name: str) -> bool:
    """Whether a function's name says that it sends an order."""
    return _SENDING.fullmatch(name) is not None


def _functions_around(module: Module, calls: list[ast.Call]) -> set[FunctionNode]:
    around = {module.function(call) for call in calls}
    return {each for each in around if each is not None}


def _leads_to(module: Module, call: ast.Call, senders: set[FunctionNode]) -> bool:
    target = called(module, call)
    if target is None:
        return False
    if target.node in senders:
        return True
    # An override in a class below: what is called is what the instance has.
    return _is_abstract(target.node) and any(each.name == target.node.name for each in senders)


def _elsewhere(module: Module) -> list[ast.Call]:
    """Calls of functions of other files of the project that send."""
    found = []
    for name, calls in module.index.calls().items():
        if _sends(name):
            for call in calls:
                target = called(module, call)
                if target is not None and target.module is not module:
                    inside = target.module.acts(Act.SUBMIT)
                    if any(target.module.holds(target.node, each.node) for each in inside):
                        found.append(call)
    return found


def _is_abstract(function: FunctionNode) -> bool:
    last = function.body[-1]
    if isinstance(last, ast.Raise) and last.exc is not None:
        raised = last.exc.func if isinstance(last.exc, ast.Call) else last.exc
        return last_name(raised) == "NotImplementedError"
    marks = {last_name(each) for each in function.decorator_list}
    return "abstractmethod" in marks


def _shown(call: ast.Call) -> str:
    return ast.unparse(call.func)
