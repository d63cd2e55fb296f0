"""What an expression may be: names, attributes of `self`, parameters and helpers are followed.

It goes back a few steps and no further, and never guesses: where a value comes from somewhere that
is not seen, what stands last is the answer (a parameter, a call, a subscript).
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from trading_tools.review.model.imports import dotted
from trading_tools.review.model.index import FunctionNode
from trading_tools.review.model.libraries import Library, library_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trading_tools.review.model.module import Module

_DEEP: Final = 6
_MOST: Final = 24
_WIDEST: Final = 64
"""Of a name that is bound more often the rest says nothing new, and costs the square of it."""


N_co = TypeVar("N_co", bound=ast.AST, covariant=True)


@dataclass(frozen=True)
class Value(Generic[N_co]):
    """A node of some module of the project."""

    node: N_co
    module: Module


@dataclass(frozen=True)
class Kind:
    """A class: of a venue's `library`, or of the project (then `place` is where it is defined)."""

    name: str
    library: Library | None = None
    place: Value[ast.ClassDef] | None = None


def values(module: Module, node: ast.expr) -> tuple[Value[ast.AST], ...]:
    """What an expression may be, at most `_MOST` answers."""
    found: list[Value[ast.AST]] = []
    _follow(module, node, _DEEP, found, set())
    return tuple(found)


def constant(module: Module, node: ast.expr) -> object:
    """The one constant that an expression is; `...` where it is none or not only one."""
    found = values(module, node)
    if len(found) != 1:
        return ...
    only = found[0].node
    if isinstance(only, ast.Constant):
        return only.value
    if isinstance(only, ast.UnaryOp) and isinstance(only.op, ast.USub):
        inner = only.operand
        if isinstance(inner, ast.Constant) and isinstance(inner.value, int | float):
            return -inner.value
    return ...


def _follow(
    module: Module, node: ast.expr, deep: int, found: list[Value[ast.AST]], seen: set[ast.AST]
) -> None:
    if node in seen or len(found) >= _MOST:
        return
    seen.add(node)
    further = list(islice(_sources(module, node), _WIDEST)) if deep else []
    if not further:
        found.append(Value(node, module))
    for each in further:
        if isinstance(each.node, ast.expr):
            _follow(each.module, each.node, deep - 1, found, seen)
        else:
            found.append(each)


def _sources(module: Module, node: ast.expr) -> Iterator[Value[ast.AST]]:
    """What an expression gets its value from, one step back."""
    if isinstance(node, ast.Name):
        yield from _of_name(module, node)
    elif isinstance(node, ast.Attribute):
        yield from _of_attribute(module, node)
    elif isinstance(node, ast.IfExp):
        yield from (Value(node.body, module), Value(node.orelse, module))
    elif isinstance(node, ast.BoolOp):
        yield from (Value(each, module) for each in node.values)
    elif isinstance(node, ast.Await | ast.NamedExpr):
        yield Value(node.value, module)
    elif isinstance(node, ast.Call):
        target = called(module, node)
        if target is not None:
            yield from _returned(target)


def _of_name(module: Module, node: ast.Name) -> Iterator[Value[ast.AST]]:
    function: ast.AST | None = module.function(node)
    while True:
        scope = module.scope(function)
        if scope.binds(node.id):
            bound = scope.only(node.id)
            if node.id in scope.parameters and function is not None:
                given = list(_given(module, function, node.id))
                bound_values = [Value(each, module) for each in bound]
                yield from [*given, *bound_values] if given else bound_values
            else:
                yield from (Value(each, module) for each in bound)
            return
        if function is None:
            break
        function = module.function(function)
    target = module.imports.of(node.id)
    if target is not None:
        place = module.project.find(target)
        if place is not None and isinstance(place.node, ast.expr):
            yield place


def _given(module: Module, function: ast.AST, name: str) -> Iterator[Value[ast.AST]]:
    """What a parameter is given, where all calls of a private helper are seen; else nothing."""
    if not isinstance(function, FunctionNode) or not function.name.startswith("_"):
        return
    at = [each.arg for each in [*function.args.posonlyargs, *function.args.args]]
    if name not in at:
        return
    place = at.index(name) - (1 if at[:1] == ["self"] else 0)
    answers: list[Value[ast.AST]] = []
    for call in module.calls_of(function.name):
        keyed = next((each.value for each in call.keywords if each.arg == name), None)
        if keyed is None and 0 <= place < len(call.args):
            keyed = call.args[place]
        if keyed is None or isinstance(keyed, ast.Starred):
            return
        answers.append(Value(keyed, module))
    yield from answers


def _of_attribute(module: Module, node: ast.Attribute) -> Iterator[Value[ast.AST]]:
    if isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}:
        owner = module.owner(node)
        if owner is not None:
            yield from attribute(module, owner, node.attr)
        return
    name = module.dotted(node)
    place = module.project.find(name) if name and not name.startswith("self.") else None
    if place is not None and isinstance(place.node, ast.expr):
        yield place
        return
    holder = module.kind(node.value)
    if holder is not None and holder.place is not None:
        yield from attribute(holder.place.module, holder.place.node, node.attr)


def attribute(module: Module, owner: ast.ClassDef, name: str) -> Iterator[Value[ast.AST]]:
    """What an attribute of a class's instances may be: assigned, a field's default, a property."""
    for holder in _lineage(module, owner):
        place, inside = holder.module, holder.node
        found: list[Value[ast.AST]] = [
            Value(each, place) for each in place.project.attributes(place, inside).get(name, ())
        ]
        method = method_of(inside, name)
        if method is not None and _is_property(method):
            found += _returned(Value(method, place))
        if found:
            yield from found
            return


def _lineage(module: Module, owner: ast.ClassDef) -> Iterator[Value[ast.ClassDef]]:
    """A class and the classes of the project it inherits from."""
    pending, seen = [Value(owner, module)], set[ast.ClassDef]()
    while pending and len(seen) < _DEEP:
        at = pending.pop(0)
        if at.node in seen:
            continue
        seen.add(at.node)
        yield at
        for base in at.node.bases:
            found = class_of(at.module, base)
            if found is not None:
                pending.append(found)


def class_of(module: Module, node: ast.expr) -> Value[ast.ClassDef] | None:
    """The class of the project that an expression names."""
    name = dotted(node)
    if name in module.classes:
        return Value(module.classes[name], module)
    found = module.project.find(module.dotted(node))
    if found is None or not isinstance(found.node, ast.ClassDef):
        return None
    return Value(found.node, found.module)


def method_of(owner: ast.ClassDef, name: str) -> FunctionNode | None:
    """A method of a class by its name."""
    for each in owner.body:
        if isinstance(each, FunctionNode) and each.name == name:
            return each
    return None


def find_method(module: Module, owner: ast.ClassDef, name: str) -> Value[FunctionNode] | None:
    """A method of a class, inherited ones included."""
    for holder in _lineage(module, owner):
        method = method_of(holder.node, name)
        if method is not None:
            return Value(method, holder.module)
    return None


def _is_property(function: FunctionNode) -> bool:
    names = {dotted(each).rpartition(".")[2] for each in function.decorator_list}
    return bool(names & {"property", "cached_property"})


def _returned(function: Value[FunctionNode]) -> list[Value[ast.AST]]:
    module = function.module
    return [
        Value(each.value, module)
        for each in module.own(function.node, ast.Return)
        if each.value is not None
    ]


def called(module: Module, call: ast.Call) -> Value[FunctionNode] | None:
    """The function of the project that a call runs."""
    target = call.func
    if isinstance(target, ast.Name):
        return _function_named(module, call, target.id)
    if not isinstance(target, ast.Attribute):
        return None
    holder = target.value
    if isinstance(holder, ast.Name) and holder.id in {"self", "cls"}:
        owner = module.owner(call)
        return None if owner is None else find_method(module, owner, target.attr)
    if isinstance(holder, ast.Call) and dotted(holder.func) == "super":
        owner = module.owner(call)
        bases = [] if owner is None else [class_of(module, base) for base in owner.bases]
        known = next((each for each in bases if each is not None), None)
        if known is None:
            return None
        return find_method(known.module, known.node, target.attr)
    found = module.project.find(module.dotted(target))
    if found is not None and isinstance(found.node, FunctionNode):
        return Value(found.node, found.module)
    kind_of = module.kind(holder)
    if kind_of is None or kind_of.place is None:
        return None
    return find_method(kind_of.place.module, kind_of.place.node, target.attr)


def _function_named(module: Module, call: ast.AST, name: str) -> Value[FunctionNode] | None:
    """A function that a plain name means where it is called."""
    around = module.function(call)
    for each in module.functions_by_name.get(name, ()):
        home = module.function(each)
        if home is None and not isinstance(module.parent(each), ast.ClassDef):
            return Value(each, module)
        if home is not None and (home is around or (around and module.holds(home, around))):
            return Value(each, module)
    target = module.imports.of(name)
    found = None if target is None else module.project.find(target)
    if found is None or not isinstance(found.node, FunctionNode):
        return None
    return Value(found.node, found.module)


def kind(module: Module, node: ast.expr) -> Kind | None:
    """The class that an expression is an instance of."""
    for value in values(module, node):
        if isinstance(value.node, ast.Call):
            found = _constructed(value.module, value.node)
        elif isinstance(value.node, ast.Name):
            found = _annotated(value.module, value.node)
        elif isinstance(value.node, ast.Attribute):
            found = _annotated_attribute(value.module, value.node)
        else:
            found = None
        if found is not None:
            return found
    if isinstance(node, ast.Name):
        return _annotated(module, node)
    return None


def _constructed(module: Module, call: ast.Call) -> Kind | None:
    """The class that a call makes an instance of; `getattr(ccxt, name)()` makes a client too."""
    target = call.func
    if isinstance(target, ast.Call) and dotted(target.func) == "getattr" and target.args:
        base = module.dotted(target.args[0])
        return _client(f"{base}.unnamed") if base else None
    if isinstance(target, ast.Name) and not module.imports.of(target.id):
        for value in values(module, target):
            if isinstance(value.node, ast.Call) and dotted(value.node.func) == "getattr":
                base = value.module.dotted(value.node.args[0]) if value.node.args else ""
                if base:
                    return _client(f"{base}.unnamed")
    name = module.dotted(target)
    found = _client(name) or _client(name.rpartition(".")[0] if name.endswith(".create") else "")
    if found is not None:
        return found
    place = class_of(module, target)
    return None if place is None else Kind(name, place=place)


def _client(name: str) -> Kind | None:
    library = library_of(name) if name else None
    return None if library is None else Kind(name, library=library)


def _annotated(module: Module, node: ast.Name) -> Kind | None:
    function: ast.AST | None = module.function(node)
    while True:
        scope = module.scope(function)
        if scope.binds(node.id) or node.id in scope.annotations:
            annotation = scope.annotations.get(node.id)
            return None if annotation is None else of_annotation(module, annotation)
        if function is None:
            return None
        function = module.function(function)


def _annotated_attribute(module: Module, node: ast.Attribute) -> Kind | None:
    """The class of a field by its annotation in the class's body or at an assignment."""
    owner = None
    place = module
    if isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}:
        owner = module.owner(node)
    else:
        holder = module.kind(node.value)
        if holder is not None and holder.place is not None:
            owner, place = holder.place.node, holder.place.module
    if owner is None:
        return None
    for each in place.within(owner, ast.AnnAssign):
        if dotted(each.target).removeprefix("self.") == node.attr:
            return of_annotation(place, each.annotation)
    return None


def of_annotation(module: Module, node: ast.expr) -> Kind | None:
    """The class that an annotation names, `X | None`, `Optional[X]` and "X" included."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            inner = ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError):
            return None
        name = module.dotted(inner) if dotted(inner) else ""
        place = None if not name else module.classes.get(name)
        if place is not None:
            return Kind(name, place=Value(place, module))
        return _client(_exchange(name))
    if isinstance(node, ast.BinOp):
        return of_annotation(module, node.left) or of_annotation(module, node.right)
    if isinstance(node, ast.Subscript) and dotted(node.value).rpartition(".")[2] == "Optional":
        return of_annotation(module, node.slice)
    name = module.dotted(node)
    if not name:
        return None
    found = _client(_exchange(name))
    if found is not None:
        return found
    place_of = class_of(module, node)
    return None if place_of is None else Kind(name, place=place_of)


def _exchange(name: str) -> str:
    """`ccxt.Exchange`, the base of all its clients, as one of them."""
    base, _, last = name.rpartition(".")
    return f"{base.removesuffix('.base.exchange')}.unnamed" if last == "Exchange" else name
