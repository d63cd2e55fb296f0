"""How an order guard is talked to: what it judges by, what an order is for it, who sends."""

from __future__ import annotations

import dataclasses
import enum
import importlib
import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import ModuleType
from typing import Any, get_type_hints

from trading_tools.conformance.inside.desk import Desk
from trading_tools.conformance.inside.loading import Loaded
from trading_tools.conformance.kinds.params import Params, has, method, signature
from trading_tools.conformance.spec import CheckError

_SUBMITS = (
    "execute_order", "place_order", "submit_order", "submit", "execute", "place", "send_order",
    "validate_order", "check_order", "check", "validate", "approve", "allow", "can_place",
    "can_trade", "pre_trade_check",
)  # fmt: skip
_SENDS = ("_send_order", "_submit_order", "_place_order", "_send", "_submit", "_execute_order")
_RECORDS = (
    "record_order", "on_order", "on_submit", "reserve", "register_order", "record",
    "add_order",
)  # fmt: skip
_FIELDS = {
    "symbol": ("symbol", "market", "instrument", "pair", "ticker", "token_id"),
    "side": ("side", "direction", "action"),
    "size": ("size", "quantity", "qty", "amount", "size_base", "volume"),
    "price": ("price", "limit_price", "price_quote"),
    "type": ("order_type", "type", "kind", "ord_type"),
}
_RESULT = {
    "success": "True", "ok": "True", "accepted": "True", "order_id": "'1'", "id": "'1'",
    "status": "'open'", "filled_size": "filled", "filled": "filled", "filled_qty": "filled",
    "executed_qty": "filled", "avg_price": "price", "average": "price", "average_price": "price",
    "price": "price",
}  # fmt: skip
_SYMBOL = "BTC/USDT"
EXPOSURES = (
    "max_exposure", "max_notional", "max_total_exposure", "max_exposure_quote", "exposure_limit",
    "max_total_notional",
)  # fmt: skip
SIZES = (
    "max_position_size", "max_order_size", "max_position", "max_size", "max_position_base",
    "position_limit", "max_qty",
)  # fmt: skip
LIMITS = (*EXPOSURES, *SIZES)


@dataclass(frozen=True)
class Shape:
    """How this guard is asked. `make` and `answer` are the source of a test's functions."""

    words: str
    fields: Mapping[str, str]
    """Which argument or field of an order plays which role."""
    mutable: bool
    sends: bool
    records: bool
    floats: bool
    """Whether its figures are binary floats."""
    line: str
    names: Mapping[str, Any]

    def desk(self, guard: Any) -> Desk:
        """A desk with this guard."""
        # The line that the test holds, so that both do the same.
        made: Desk = eval(self.line, {**self.names, "guard": guard})  # noqa: S307
        return made


def is_order(loaded: Loaded) -> bool:
    """Whether the target is what a guard judges, and no guard."""
    if not inspect.isclass(loaded.value):
        return False
    names = {name.lower() for name in signature(loaded.value)}
    return all(names.intersection(_FIELDS[role]) for role in ("side", "size"))


def shape_of(loaded: Loaded, maker: Any, guard: Any, params: Params, market_price: str) -> Shape:
    """The shape of a guard that was made by `maker`.

    Raises:
        CheckError: nothing takes an order, or what an order is for it is not known.
    """
    names = {"Desk": Desk, "Decimal": Decimal, "user": loaded.module, "types": types,
             "importlib": importlib}  # fmt: skip
    if is_order(loaded):
        make, fields, _ = _order(loaded, loaded.value, params)
        line = f"Desk(None, None, {make})"
        floats = _floats(loaded.value, fields["size"])
        words = "an order that judges itself"
        return Shape(words, fields, True, False, False, floats, line, names)
    name = method(guard, params.text("submit"), _SUBMITS, "take an order")
    if name is None:
        raise CheckError(
            f"nothing takes an order in {type(guard).__name__}",
            f"say which does: --param submit=NAME; it has {has(guard)}",
        )
    function = getattr(guard, name)
    make, fields, kind = _order(loaded, function, params)
    send = method(guard, params.text("send"), _SENDS, "send to the venue")
    record = None
    if send is None:
        record = method(guard, params.text("record"), _RECORDS, "be told of what went out")
    given = [f"guard, {name!r}, {make}"]
    if send is not None:
        answer = _answer(loaded, getattr(guard, send), params)
        given += [f"send={send!r}", f"answer={answer}", f"market_price=Decimal({market_price!r})"]
    elif record is not None:
        given.append(f"record={record!r}")
    return Shape(
        words=f"guard.{name}(order)" + (f", which sends by {send}()" if send else ""),
        fields=fields,
        mutable=kind is not None,
        sends=send is not None,
        records=record is not None,
        floats=_floats(kind or function, fields["size"]) or _floats(maker, *LIMITS),
        line=f"Desk({', '.join(given)})",
        names=names,
    )


def _floats(of: Any, *names: str) -> bool:
    """Whether one of these arguments is a float by its annotation or default."""
    found = [each for name, each in signature(of).items() if name.lower() in names]
    texts = [str(each.annotation) for each in found]
    return any("float" in text for text in texts) or any(
        isinstance(each.default, float) for each in found
    )


def _order(
    loaded: Loaded, function: Any, params: Params
) -> tuple[str, dict[str, str], type | None]:
    """The source that makes an order, which field is which, and its class; None for keywords."""
    kind = function if inspect.isclass(function) else _class(loaded, function, params)
    parameters = signature(kind if kind is not None else function)
    fields = {
        role: next((n for n in parameters if n.lower() in names), "")
        for role, names in _FIELDS.items()
    }
    if not fields["size"] or not fields["side"]:
        what = kind.__name__ if kind is not None else function.__name__
        raise CheckError(
            f"what an order is for {what}({', '.join(parameters)}) is not known",
            "name its class: --param order=OrderRequest",
        )
    hints = {**_hints(kind or function), **_hints(vars(kind).get("__init__") if kind else None)}
    given = {fields["size"]: "size", fields["side"]: _choice(loaded, hints, fields["side"], "side")}
    if fields["symbol"]:
        given[fields["symbol"]] = repr(_SYMBOL)
    if fields["price"]:
        given[fields["price"]] = "price"
    if fields["type"]:
        given[fields["type"]] = _choice(loaded, hints, fields["type"], "type")
    for name, parameter in parameters.items():
        needed = parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if name in given or not needed:
            continue
        typed = params.text(name)
        if typed is not None or parameter.default is parameter.empty:
            given[name] = repr(typed if typed is not None else "check-1")
    written = ", ".join(f"{name}={value}" for name, value in given.items())
    made = "dict" if kind is None else _named(loaded.module, kind)
    return f"lambda side, size, price: {made}({written})", fields, kind


def _class(loaded: Loaded, function: Callable[..., Any], params: Params) -> type | None:
    told = params.text("order")
    if told is not None:
        found = getattr(loaded.module, told, None)
        if not inspect.isclass(found):
            raise CheckError(f"there is no class {told}", "name the class of an order")
        return found
    parameters = signature(function)
    if len([p for p in parameters.values() if p.default is p.empty]) != 1:
        return None
    first = next(iter(parameters))
    hint = _hints(function).get(first)
    if inspect.isclass(hint) and hint not in (dict, object, str):
        return hint
    orders = [
        each
        for name, each in vars(loaded.module).items()
        if inspect.isclass(each) and name.lower() in ("order", "orderrequest", "intent")
    ]
    return orders[0] if orders else None


def _choice(loaded: Loaded, hints: Mapping[str, Any], name: str, role: str) -> str:
    """The source of a side, or of a type, in the words of the user's code."""
    hint = hints.get(name)
    words = ("buy", "sell") if role == "side" else ("limit", "market")
    first, second = (repr(word) for word in words)
    if inspect.isclass(hint) and issubclass(hint, enum.Enum):
        kind = _named(loaded.module, hint)
        members = {
            word: next((m.name for m in hint if word in (m.name.lower(), str(m.value).lower())), "")
            for word in words
        }
        if not all(members.values()):
            raise CheckError(
                f"{hint.__name__} has no {' and '.join(words)}", "wrap the guard in one of yours"
            )
        first, second = (f"{kind}.{members[word]}" for word in words)
    if role == "side":
        return f"{first} if side == 'buy' else {second}"
    return f"{second} if price is None else {first}"


def _answer(loaded: Loaded, send: Callable[..., Any], params: Params) -> str:
    """The source of what the venue answers, in the class that the sending method promises."""
    told = params.text("result")
    kind = getattr(loaded.module, told, None) if told else _hints(send).get("return")
    if not inspect.isclass(kind) or not (dataclasses.is_dataclass(kind) or told):
        written = ", ".join(f"{name}={value}" for name, value in _RESULT.items())
        return f"lambda filled, price: types.SimpleNamespace({written})"
    given = [f"{name}={_RESULT[name]}" for name in signature(kind) if name in _RESULT]
    return f"lambda filled, price: {_named(loaded.module, kind)}({', '.join(given)})"


def _named(module: ModuleType, kind: type) -> str:
    """A class as the test finds it."""
    for name, value in vars(module).items():
        if value is kind:
            return f"user.{name}"
    return f"importlib.import_module({kind.__module__!r}).{kind.__qualname__}"


def _hints(of: Any) -> dict[str, Any]:
    try:
        return get_type_hints(of)
    except (NameError, TypeError, AttributeError):
        return {}
