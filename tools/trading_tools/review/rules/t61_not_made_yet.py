"""T61: what an emergency needs is not there yet."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import FunctionNode, last_name
from trading_tools.review.model.module import Module
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, on_nodes

_SENDS: Final = frozenset({"place", "submit", "create", "send", "execute"})
_ASKED: Final = frozenset({"cancel", "is"})
_MOST: Final = 2
"""Statements of a stub: what it says of itself, and one more."""
_ERRORS: Final = frozenset({"exception", "exc", "error", "err", "ex", "e"})
_ABSTRACT: Final = frozenset({"base", "abstract", "interface", "protocol", "abc", "mock", "dummy"})


def _stubs(owner: ast.ClassDef, module: Module) -> Iterator[Hit]:
    del module
    if not owner.bases or words(owner.name) & _ABSTRACT:
        return
    for each in owner.body:
        if isinstance(each, FunctionNode) and len(each.body) <= _MOST:
            yield from _stub(each, owner)


def _stub(function: FunctionNode, owner: ast.ClassDef) -> Iterator[Hit]:
    own = words(function.name)
    body = [each for each in function.body if not _is_said(each)]
    if own.isdisjoint(_ASKED) or len(body) > 1 or function.decorator_list:
        return
    if "cancel" in own and own & {"order", "orders", "all"}:
        raises = bool(body) and _not_made(body[0])
        if (raises or not body) and _sends(owner):
            yield Hit(function, f"`{owner.name}` sends orders and cannot cancel them")
    elif "is" in own and body and _always_no(body[0]) and _asked_of(function):
        yield Hit(function, f"`{function.name}` never looks at the error: it is never recognised")


def _is_said(statement: ast.stmt) -> bool:
    """Whether it does nothing: a docstring, `...`, `pass`."""
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return constant or isinstance(statement, ast.Pass)


def _not_made(statement: ast.stmt) -> bool:
    raised = statement.exc if isinstance(statement, ast.Raise) else None
    if isinstance(raised, ast.Call):
        raised = raised.func
    return raised is not None and last_name(raised) == "NotImplementedError"


def _always_no(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Return) else None
    return isinstance(value, ast.Constant) and value.value is False


def _asked_of(function: FunctionNode) -> bool:
    return any(words(each.arg) & _ERRORS for each in function.args.args)


def _sends(owner: ast.ClassDef) -> bool:
    """Whether the class has methods that send orders, and has written them all."""
    made = []
    for each in owner.body:
        own = words(each.name) if isinstance(each, FunctionNode) else frozenset[str]()
        if isinstance(each, FunctionNode) and own & _SENDS and "order" in own:
            done = [one for one in each.body if not _is_said(one)]
            made.append(bool(done) and not _not_made(done[0]))
    return bool(made) and all(made)


RULE = Rule(
    id="T61",
    title="what an emergency needs is not there yet",
    severity=Severity.WARNING,
    topic=Topic.ERRORS,
    why="It is not missed on a good day: the order that has to be cancelled cannot be, and a clock "
    "that is off, or an order that the venue does not know, is taken for any other failure and "
    "tried again for ever.",
    fix="write it before orders are sent, or refuse to start without it",
    link="https://github.com/hummingbot/hummingbot/pull/7122",
    visits=(on_nodes(_stubs, ast.ClassDef),),
    bad=(
        '''
class Desk(Connector):
    async def place_order(self, order):
        await self.session.post("/orders", json=order.request())

    async def cancel_order(self, order):  # <-
        """Cancels an order."""
        raise NotImplementedError

    def _is_clock_error(self, request_exception):  # <-
        return False
''',
    ),
    good=(
        """
class Desk(Connector):
    async def place_order(self, order):
        await self.session.post("/orders", json=order.request())

    async def cancel_order(self, order):
        await self.session.delete(f"/orders/{order.id}")

    def _is_clock_error(self, request_exception):
        return "-1021" in str(request_exception)

class Connector:
    def place_order(self, order):
        raise NotImplementedError

    def cancel_order(self, order):
        raise NotImplementedError

class Feed(Connector):
    def submit_order(self, order):
        self.tasks.add(self.place_order(order))

    def place_order(self, order):
        raise NotImplementedError

    def cancel_order(self, order):
        raise NotImplementedError
""",
    ),
)
