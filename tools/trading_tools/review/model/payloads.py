"""Orders as dicts, and their fields: what a bot makes that talks to a venue by itself.

A client library is known by its class (`calls`); a request that somebody writes is known by what
is in it: a market, a side and a size in one dict are an order.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from trading_tools.review.model.index import last_name
from trading_tools.review.model.words import words

if TYPE_CHECKING:
    from trading_tools.review.model.module import Module

_SYMBOL: Final = frozenset(
    {"symbol", "instid", "pair", "productid", "coin", "market", "contract", "asset"}
)
_SIDE: Final = frozenset({"side", "isbuy", "buysell", "direction"})
_SIZE: Final = frozenset({"quantity", "qty", "sz", "size", "amount", "volume", "vol", "origqty"})
_PRICE: Final = frozenset({"price", "px", "limitpx", "limitprice", "stopprice", "triggerprice"})
_FEWEST: Final = 3
_SENDING: Final = frozenset(
    {
        "post", "request", "send", "submit", "place", "create", "put", "api", "replace", "amend",
        "modify", "fetch", "execute", "call",
    }
)  # fmt: skip

MONEY_FIELDS: Final = _SIZE | _PRICE
"""Fields of an order, without `_` and in small letters, that hold a size or a price."""


def plain(key: str) -> str:
    """A field's name without `_` and in small letters."""
    return key.replace("_", "").lower()


def order_fields(node: ast.Dict) -> Mapping[str, ast.expr] | None:
    """The fields of a dict that is an order, by plain name; None for any other dict."""
    if len(node.keys) < _FEWEST:
        return None
    fields = {
        plain(key.value): value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }
    said = fields.keys()
    if said & _SIDE and said & _SIZE and said & _SYMBOL:
        return fields
    return None


def sends(name: str) -> bool:
    """Whether a function of this name hands something to a venue."""
    return not words(name).isdisjoint(_SENDING)


def is_sent(module: Module, node: ast.Dict) -> bool:
    """Whether a dict goes into a call that sends, by itself or by its name in the function."""
    above = module.parent(node)
    while isinstance(above, ast.keyword | ast.List | ast.Dict):
        above = module.parent(above)
    if isinstance(above, ast.Call):
        return sends(last_name(above.func))
    function = module.function(node)
    targets = above.targets if isinstance(above, ast.Assign) else []
    if isinstance(above, ast.AnnAssign):
        targets = [above.target]
    names = {each.id for each in targets if isinstance(each, ast.Name)}
    if not names or function is None:
        return False
    return any(
        isinstance(given, ast.Name) and given.id in names
        for call in module.own(function, ast.Call)
        if sends(last_name(call.func))
        for given in (*call.args, *(each.value for each in call.keywords))
    )


def field_read(node: ast.AST) -> tuple[ast.expr, str] | None:
    """What a field is read from, and its name: `order["filled"]`, `order.get("filled")`."""
    if isinstance(node, ast.Subscript):
        holder, key = node.value, node.slice
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        if node.func.attr != "get":
            return None
        holder, key = node.func.value, node.args[0]
    else:
        return None
    said = key.value if isinstance(key, ast.Constant) else None
    return (holder, said) if isinstance(said, str) else None


def sets_field(module: Module, key: str) -> bool:
    """Whether the file puts something of its own into a field of this name, anywhere."""
    return any(
        isinstance(each.ctx, ast.Store)
        and isinstance(each.slice, ast.Constant)
        and each.slice.value == key
        for each in module.nodes(ast.Subscript)
    ) or any(
        isinstance(said, ast.Constant) and said.value == key
        for each in module.nodes(ast.Dict)
        for said in each.keys
    )
