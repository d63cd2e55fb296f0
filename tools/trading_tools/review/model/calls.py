"""Which calls reach a venue, what they do there, and with which arguments.

A call is taken for a venue's where its receiver is known to be a client, or where receiver and
method both have telling names. A method of the project with such a name is the project's own, and
the venue is looked for in its body.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from trading_tools.review.model.index import last_name
from trading_tools.review.model.libraries import (
    CCXT,
    CLIENT_IDS,
    DISTINCT,
    KRAKEN,
    LIBRARIES,
    RECEIVERS,
    RENAMED,
    Act,
    Library,
    is_asynchronous,
    meaning,
)
from trading_tools.review.model.retries import repeats
from trading_tools.review.model.values import values
from trading_tools.review.model.words import snake, words

if TYPE_CHECKING:
    from trading_tools.review.model.module import Module

_CARRIERS: Final = {"to_thread": 0, "run_in_executor": 1, "partial": 0, "submit": 0}
"""Calls that run another function with the arguments behind it, and where that function stands."""

_LISTED: Final = frozenset(name for each in LIBRARIES for name in each.methods)
_PREFIXES: Final = tuple(prefix for each in LIBRARIES for prefix in each.prefixes)


@dataclass(frozen=True, eq=False)
class VenueCall:
    """One call of a venue's client.

    `node` is the call in the text; where a carrier runs it (`asyncio.to_thread`), that call.
    `arguments` are by rules' names (`symbol`, `order_type`, `side`, `amount`, `price`, `params` and
    whatever else was passed by name). `open` says that there may be more (`*args`, `**kwargs`).
    `certain` is false where only names tell that it is a venue. `asynchronous` is None where it is
    not known whether the call is a coroutine.
    """

    node: ast.Call
    method: str
    act: Act
    library: Library | None
    receiver: ast.expr
    arguments: Mapping[str, ast.expr] = field(default_factory=dict)
    open: bool = False
    certain: bool = True
    asynchronous: bool | None = None
    carried: bool = False

    def argument(self, name: str) -> ast.expr | None:
        """An argument by rules' name."""
        return self.arguments.get(name)

    @property
    def shown(self) -> str:
        """How the call is named in a message."""
        return f"{last_name(self.receiver) or 'client'}.{self.method}"


def venue_calls(module: Module) -> tuple[VenueCall, ...]:
    """Every call of a venue in a file, in the order of lines."""
    found = []
    for name, calls in module.index.calls().items():
        if not name:
            found += [_by_getattr(module, each) for each in calls]
        elif _may_be_method(name):
            found += [_read(module, each, each.func, each.args) for each in calls]
        elif name in _CARRIERS or repeats(name):
            found += [_carried(module, each, _CARRIERS.get(name, 0)) for each in calls]
    known = [each for each in found if each is not None]
    return tuple(sorted(known, key=lambda each: (each.node.lineno, each.node.col_offset)))


@lru_cache(maxsize=8192)
def _may_be_method(name: str) -> bool:
    """Whether some client has a method of this name."""
    listed = name in _LISTED or snake(name) in _LISTED
    return listed or name.startswith(_PREFIXES) or name[:5] in {"fetch", "watch"}


def _carried(module: Module, call: ast.Call, at: int) -> VenueCall | None:
    if len(call.args) <= at:
        return None
    read = _read(module, call, call.args[at], call.args[at + 1 :])
    return None if read is None else _replace(read)


def _replace(read: VenueCall) -> VenueCall:
    return VenueCall(
        read.node, read.method, read.act, read.library, read.receiver, read.arguments,
        read.open, read.certain, read.asynchronous, carried=True,
    )  # fmt: skip


def _by_getattr(module: Module, call: ast.Call) -> VenueCall | None:
    """`getattr(client, "create_order")(…)`."""
    made = call.func
    if not isinstance(made, ast.Call) or last_name(made.func) != "getattr" or len(made.args) < 2:
        return None
    name = made.args[1]
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return None
    named = ast.Attribute(value=made.args[0], attr=name.value, ctx=ast.Load())
    return _read(module, call, named, call.args)


def _read(
    module: Module, call: ast.Call, target: ast.expr, given: list[ast.expr]
) -> VenueCall | None:
    if not isinstance(target, ast.Attribute):
        return None
    receiver, method = target.value, target.attr
    kind = module.kind(receiver)
    if kind is not None and kind.library is not None:
        library, certain = kind.library, True
        asynchronous = is_asynchronous(library, kind.name)
    elif kind is not None or _is_self(receiver):
        return None
    elif _telling(module, receiver, method):
        library, certain = _guessed(module, method), False
        asynchronous = True if module.awaited(call) else None
    else:
        return None
    name = snake(method) if library is CCXT else method
    known = meaning(library, name)
    if known is None:
        return None
    act, positions = known
    if library is KRAKEN and name.startswith("query_"):
        act = _krakens(given, act)
    arguments, is_open = _arguments(call, given, positions)
    return VenueCall(
        call,
        method,
        act,
        library if certain else None,
        receiver,
        arguments,
        is_open,
        certain,
        asynchronous,
    )


def _is_self(receiver: ast.expr) -> bool:
    return isinstance(receiver, ast.Name) and receiver.id in {"self", "cls"}


def _telling(module: Module, receiver: ast.expr, method: str) -> bool:
    """Whether receiver and method have names that together can only mean a venue's client."""
    name = last_name(receiver)
    if not name or words(name).isdisjoint(RECEIVERS):
        return False
    if isinstance(receiver, ast.Name) and module.imports.of(receiver.id):
        return False
    plain = snake(method)
    if "clob" in words(name) and plain.startswith("create_") and "post" not in plain:
        return False  # signs, and sends nothing
    return plain in DISTINCT or method in DISTINCT or plain.startswith(("fetch_", "watch_"))


def _guessed(module: Module, method: str) -> Library:
    """The library whose method has this name; ccxt where several have it."""
    plain = snake(method)
    if meaning(CCXT, plain) is not None:
        return CCXT
    return next(each for each in LIBRARIES if method in each.methods or plain in each.methods)


def _krakens(given: list[ast.expr], act: Act) -> Act:
    endpoint = given[0].value if given and isinstance(given[0], ast.Constant) else ""
    if endpoint in {"AddOrder", "AddOrderBatch"}:
        return Act.SUBMIT
    if endpoint in {"CancelOrder", "CancelAll"}:
        return Act.CANCEL
    return Act.MOVE if endpoint in {"Withdraw", "WalletTransfer"} else act


def _arguments(
    call: ast.Call, given: list[ast.expr], positions: tuple[str, ...]
) -> tuple[dict[str, ast.expr], bool]:
    found: dict[str, ast.expr] = {}
    is_open = False
    for place, each in enumerate(given):
        if isinstance(each, ast.Starred):
            is_open = True
            break
        if place < len(positions):
            found[positions[place]] = each
    for keyword in call.keywords:
        if keyword.arg is not None:
            found[RENAMED.get(keyword.arg.lower(), keyword.arg)] = keyword.value
        elif isinstance(keyword.value, ast.Dict):
            found.update(_entries(keyword.value))
        else:
            is_open = True
    return found, is_open


def _entries(node: ast.Dict) -> dict[str, ast.expr]:
    return {
        RENAMED.get(key.value.lower(), key.value): value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def has_client_id(module: Module, call: VenueCall) -> bool | None:
    """Whether an order carries an id of ours; None where that is decided elsewhere."""
    if any(is_client_id(name) for name in call.arguments):
        return True
    unsure = call.open
    for name in ("params", "order", "orders", "signed", "request"):
        given = call.argument(name)
        if given is None:
            continue
        for value in values(module, given):
            told = _told_of_id(value.module, value.node)
            if told:
                return True
            unsure = unsure or told is None
        if _set_later(module, given):
            return True
    return None if unsure else False


def _told_of_id(module: Module, node: ast.AST) -> bool | None:
    """Whether a dict or a request object holds an id of ours; None where it cannot be seen."""
    if isinstance(node, ast.Constant) and node.value is None:
        return False
    if isinstance(node, ast.Dict):
        return _keys_told(module, node)
    if isinstance(node, ast.Call):
        names = [each.arg for each in node.keywords]
        if any(name is not None and is_client_id(name) for name in names):
            return True
        if last_name(node.func) == "dict" or last_name(node.func).endswith(("Request", "Order")):
            return None if None in names or node.args else False
        return None
    if isinstance(node, ast.List | ast.Tuple):
        told = [_told_of_id(module, each) for each in node.elts]
        return None if None in told else all(told)
    return None


def _keys_told(module: Module, node: ast.Dict) -> bool | None:
    unsure: bool | None = False
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:  # `**more`
            inner = [_told_of_id(each.module, each.node) for each in values(module, value)]
            if any(inner):
                return True
            unsure = None if None in inner else unsure
        elif isinstance(key, ast.Constant) and isinstance(key.value, str):
            if is_client_id(key.value):
                return True
        else:
            unsure = None  # the key is a variable: it may well be the one
    return unsure


def _set_later(module: Module, given: ast.expr) -> bool:
    """`params["clientOrderId"] = …` or `params.update(clientOrderId=…)` in the same function."""
    if not isinstance(given, ast.Name):
        return False
    function = module.function(given)
    inside = function if function is not None else module.tree
    for node in module.within(inside, ast.Subscript):
        if (
            isinstance(node.ctx, ast.Store)
            and last_name(node.value) == given.id
            and isinstance(node.slice, ast.Constant)
            and is_client_id(str(node.slice.value))
        ):
            return True
    return False


@lru_cache(maxsize=8192)
def is_client_id(name: str) -> bool:
    """Whether a venue takes an id of ours under this name."""
    return name.replace("_", "").lower() in CLIENT_IDS
