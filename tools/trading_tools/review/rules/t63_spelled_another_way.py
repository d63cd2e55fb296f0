"""T63: an attribute is used under a name that nothing gives it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from trading_tools.review.findings import Severity
from trading_tools.review.model.index import FunctionNode
from trading_tools.review.model.module import Module
from trading_tools.review.model.values import Value, class_of
from trading_tools.review.model.words import words
from trading_tools.review.rule import Hit, Rule, Topic, in_trading, on_module

_ALIKE: Final = 0.85
_OPEN: Final = frozenset({"__getattr__", "__getattribute__", "__setattr__", "__slots__"})
_PLAIN_BASES: Final = frozenset({"object", "ABC", "Protocol"})
_PARTS: Final = frozenset({"mixin", "base", "abstract", "part"})
_DEEP: Final = 6


def _unknown(module: Module, _: Module) -> Iterator[Hit]:
    """`self.x(…)` and `self.x.append(…)`, where no class of this one has an `x`."""
    plain = [each for each in module.nodes(ast.ClassDef) if _is_plain(each)]
    if not plain:
        return
    written = _set_somewhere(module)
    for call in (call for each in plain for call in module.within(each, ast.Call)):
        target = call.func
        while target.__class__ is ast.Attribute and target.value.__class__ is ast.Attribute:
            target = target.value
        if target.__class__ is not ast.Attribute or target.attr in written:
            continue
        if target.value.__class__ is ast.Name and target.value.id == "self":
            yield from _without(target, module)


def _is_plain(owner: ast.ClassDef) -> bool:
    """Whether nothing else has a hand in making the class: a decorator, a metaclass."""
    return not owner.decorator_list and not owner.keywords


def _set_somewhere(module: Module) -> set[str]:
    """Names that the file gives: only what is not among them is looked at closely."""
    found = set(module.functions_by_name)
    for assign in module.nodes(ast.Assign):
        for each in assign.targets:
            if each.__class__ is ast.Attribute:
                found.add(each.attr)
    others: list[ast.expr | None] = [each.target for each in module.nodes(ast.AnnAssign)]
    others += [each.target for each in module.nodes(ast.For)]
    others += [one.optional_vars for each in module.nodes(ast.With) for one in each.items]
    return found | {each.attr for each in others if isinstance(each, ast.Attribute)}


def _without(target: ast.Attribute, module: Module) -> Iterator[Hit]:
    owner = module.owner(target)
    known = None if owner is None else _all_names(Value(owner, module), _DEEP)
    if owner is None or known is None or target.attr in known:
        return
    alike = get_close_matches(target.attr, known, 1, _ALIKE)
    if alike:
        # What is mixed in, or built on, may be given the name by another class.
        severity = Severity.WARNING if words(owner.name) & _PARTS else None
        what = f"there is no `self.{target.attr}`, there is `self.{alike[0]}`"
        yield Hit(target, what, severity)


def _names(owner: Value[ast.ClassDef]) -> set[str]:
    """What a class of the project has: methods, fields, what is assigned to its instances."""
    module, node = owner.module, owner.node
    found = set(module.project.attributes(module, node))
    for each in node.body:
        if isinstance(each, FunctionNode | ast.ClassDef):
            found.add(each.name)
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            found.add(each.target.id)
    return found


def _all_names(owner: Value[ast.ClassDef], deep: int) -> set[str] | None:
    """The same with all its bases; None where one of them is not seen, or answers to any name."""
    found = _names(owner)
    if found & _OPEN or not deep or not _is_plain(owner.node):
        return None
    for base in owner.node.bases:
        name = owner.module.dotted(base).rpartition(".")[2]
        if name in _PLAIN_BASES:
            continue
        place = class_of(owner.module, base)
        further = None if place is None else _all_names(place, deep - 1)
        if further is None:
            return None
        found |= further
    return found if _is_whole(owner) else None


def _is_whole(owner: Value[ast.ClassDef]) -> bool:
    """Whether all its names are written out: no `setattr`, no unpacking into its fields."""
    module = owner.module
    if "__dict__" in module.source.text:
        return False
    if any(module.holds(owner.node, each) for each in module.calls_of("setattr", "update")):
        return False
    return not any(
        isinstance(each, ast.Attribute)
        for assign in module.within(owner.node, ast.Assign)
        for target in assign.targets
        if isinstance(target, ast.Tuple | ast.List)
        for each in target.elts
    )


RULE = Rule(
    id="T63",
    title="an attribute under a name that nothing gives it",
    severity=Severity.ERROR,
    topic=Topic.ERRORS,
    why="The line runs for the first time when an order fills in part or a cancel fails: it raises "
    "AttributeError there, and what it should have booked is lost.",
    fix="spell it as it is set",
    link="https://docs.python.org/3/library/exceptions.html#AttributeError",
    visits=(in_trading(on_module(_unknown)),),
    bad=(
        """
import ccxt

class Executor:
    def __init__(self):
        self._partial_filled_orders = []
        self.exchange = ccxt.okx()

    def on_cancel(self, order):
        self._partially_filled_orders.append(order)  # <-
""",
    ),
    good=(
        """
import ccxt
from elsewhere import Base

class Executor:
    limits: dict

    def __init__(self):
        self._partial_filled_orders = []
        self.exchange = ccxt.okx()

    def on_cancel(self, order):
        self._partial_filled_orders.append(order)
        self.limits.clear()
        self.something_else.append(order)

    def on_restart(self, path):
        with open(path) as self._partial_filled_order:
            self._partial_filled_order.read()

class Filled:
    def __init__(self):
        for name in ("fills", "fees"):
            self.__dict__[name] = []
        self.fill = None

    def on_fill(self, fill):
        self.fills.append(fill)

class Seen(Base):
    def on_cancel(self, order):
        self._canceled_order(order)

    def _cancelled_order(self, order):
        pass
""",
    ),
)
