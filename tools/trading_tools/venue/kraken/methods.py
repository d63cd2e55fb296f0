"""Order methods of the WebSocket: their parameters in REST's words, their results in their own.

What they do is `trading`, as for REST.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from trading_tools.venue.core.orders import Order
from trading_tools.venue.kraken import amending, trading
from trading_tools.venue.kraken.call import Call
from trading_tools.venue.kraken.errors import UNKNOWN_ORDER, KrakenError, invalid
from trading_tools.venue.kraken.params import Params
from trading_tools.venue.kraken.spot import KrakenSpot
from trading_tools.venue.kraken.tickets import KINDS, wanted
from trading_tools.venue.wire.messages import Operation

Replies = list[dict[str, Any]]


@dataclass(frozen=True)
class Method:
    """One method: what it is for, what answers it, which parameters it takes."""

    operation: Operation
    answer: Callable[[Call, dict[str, Any]], Replies]
    names: frozenset[str]
    words: str
    """How an error calls it."""


def serve(
    venue: KrakenSpot,
    method: Method,
    params: dict[str, Any],
    account: str,
    at: int,
    request: int,
) -> Replies:
    """Answer a request of an account; some methods answer for each order.

    Raises:
        KrakenError: it is refused as a whole.
    """
    for name in params:
        if name not in method.names:
            raise KrakenError(
                f"Unsupported field: '{name[:100]}' for the given msg type: {method.words}"
            )
    return method.answer(Call(venue, Params(params), at, request, account), params)


def _add(call: Call, params: dict[str, Any]) -> Replies:
    order_call = _translated(call, params)
    order_call.check_deadline()
    asked = wanted(order_call, order_call.pair())
    order = trading.place(order_call, asked)
    return [_success({} if order is None else _named(call, order))]


def _batch_add(call: Call, params: dict[str, Any]) -> Replies:
    orders = params.get("orders")
    if not isinstance(orders, list) or not all(isinstance(each, dict) for each in orders):
        raise invalid("orders")
    rest: dict[str, Any] = {"orders": [_rest_values(each) for each in orders]}
    rest |= {name: params[name] for name in ("validate", "deadline") if name in params}
    rest["pair"] = params.get("symbol")
    batch = Call(call.venue, Params(rest), call.at, call.request, call.account_name)
    batch.check_deadline()
    rows: list[dict[str, Any]] = []
    for asked, outcome in trading.place_batch(batch, batch.pair()):
        if isinstance(outcome, KrakenError):
            own = asked.ticket.client_order_id
            rows.append(({"cl_ord_id": own} if own else {}) | {"error": outcome.words})
        else:
            rows.append({} if outcome is None else _named(call, outcome))
    return [{"result": rows, "success": True}]


def _amend(call: Call, params: dict[str, Any]) -> Replies:
    order = trading.find(call, "order_id", "cl_ord_id")
    return [_success({"amend_id": amending.amended(call, order)} | _named(call, order))]


def _edit(call: Call, params: dict[str, Any]) -> Replies:
    values = _rest_values({**params, "order_type": "limit"})
    values["txid"] = params.get("order_id")
    values.pop("type", None)
    edit = Call(call.venue, Params(values), call.at, call.request, call.account_name)
    old, new = trading.edited(edit, edit.pair())
    named = {"original_order_id": call.venue.txid(old)}
    return [_success(named if new is None else _named(call, new) | named)]


def _cancel(call: Call, params: dict[str, Any]) -> Replies:
    """One answer for each order that was named."""
    names = [*_list(params, "order_id"), *_list(params, "cl_ord_id")]
    names += [str(each) for each in _list(params, "order_userref")]
    if not names:
        raise invalid("order_id")
    replies: Replies = []
    for name in names:
        found = trading.matching(call, str(name))
        canceled = [order for order in found if trading.cancel_all_of(call, [order])]
        replies += [_success(_named(call, order)) for order in canceled]
        if not canceled:
            replies.append({"success": False, "error": UNKNOWN_ORDER})
    return replies


def _batch_cancel(call: Call, params: dict[str, Any]) -> Replies:
    values = {"orders": params.get("orders"), "cl_ord_ids": params.get("cl_ord_id")}
    batch = Call(call.venue, Params(values), call.at, call.request, call.account_name)
    return [{"orders_cancelled": trading.cancel_batch(batch)["count"], "success": True}]


def _cancel_all(call: Call, params: dict[str, Any]) -> Replies:
    return [_success(trading.cancel_all(call))]


def _cancel_after(call: Call, params: dict[str, Any]) -> Replies:
    return [_success(trading.cancel_after(call))]


def _success(result: dict[str, Any]) -> dict[str, Any]:
    return {"result": result, "success": True}


def _named(call: Call, order: Order) -> dict[str, Any]:
    note, own = call.venue.notes[order.id], order.ticket.client_order_id
    named: dict[str, Any] = {"order_id": call.venue.txid(order)}
    if own:
        named["cl_ord_id"] = own
    if note.userref is not None:
        named["order_userref"] = note.userref
    return named


def _list(params: dict[str, Any], name: str) -> list[Any]:
    given = params.get(name, [])
    if not isinstance(given, list):
        raise invalid(name)
    return given


def _translated(call: Call, params: dict[str, Any]) -> Call:
    values = Params(_rest_values(params))
    return Call(call.venue, values, call.at, call.request, call.account_name)


def _rest_values(params: Mapping[str, Any]) -> dict[str, Any]:
    """A new order's parameters by the names that they have on REST."""
    values = {name: params[given] for given, name in _NAMES.items() if given in params}
    if isinstance(values.get("ordertype"), str) and values["ordertype"] in KINDS:
        stops = values["ordertype"] not in {"limit", "market"}
        if "limit_price" in params:
            values["price2" if stops else "price"] = params["limit_price"]
    triggers = params.get("triggers")
    if isinstance(triggers, dict):
        price = Params(triggers).optional("price") or ""
        static = triggers.get("price_type", "static") == "static"
        pct = "%" if triggers.get("price_type") == "pct" else ""
        sign = "" if static or price[:1] in "+-" else "+"
        values["price"] = f"{sign}{price}{pct}"
    flags = ["post"] if params.get("post_only") is True else []
    if params.get("fee_preference") == "base":
        flags.append("fcib")
    if "cash_order_qty" in params:
        values["volume"] = params["cash_order_qty"]
        flags.append("viqc")
    if flags:
        values["oflags"] = ",".join(flags)
    return values


_NAMES: Final = {
    "order_type": "ordertype",
    "side": "type",
    "symbol": "pair",
    "order_qty": "volume",
    "time_in_force": "timeinforce",
    "effective_time": "starttm",
    "stp_type": "stptype",
    "expire_time": "expiretm",
    "cl_ord_id": "cl_ord_id",
    "order_userref": "userref",
    "reduce_only": "reduce_only",
    "validate": "validate",
    "deadline": "deadline",
    "display_qty": "displayvol",
    "conditional": "close",
}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split()) | {"token"}


_ORDER = (
    "order_type side symbol order_qty limit_price limit_price_type triggers time_in_force margin "
    "post_only reduce_only effective_time expire_time deadline cl_ord_id order_userref conditional "
    "display_qty fee_preference no_mpp stp_type cash_order_qty validate sender_sub_id"
)
METHODS: Final[Mapping[str, Method]] = {
    "add_order": Method(Operation.PLACE, _add, _names(_ORDER), "add order"),
    "batch_add": Method(
        Operation.PLACE, _batch_add, _names("symbol orders deadline validate"), "batch add"
    ),
    "amend_order": Method(
        Operation.AMEND,
        _amend,
        _names(
            "order_id cl_ord_id order_qty display_qty limit_price limit_price_type post_only "
            "trigger_price trigger_price_type deadline"
        ),
        "amend order",
    ),
    "edit_order": Method(Operation.AMEND, _edit, _names(f"{_ORDER} order_id"), "edit order"),
    "cancel_order": Method(
        Operation.CANCEL, _cancel, _names("order_id cl_ord_id order_userref"), "cancel order"
    ),
    "batch_cancel": Method(
        Operation.CANCEL, _batch_cancel, _names("orders cl_ord_id"), "batch cancel"
    ),
    "cancel_all": Method(Operation.CANCEL_ALL, _cancel_all, _names(""), "cancel all"),
    "cancel_all_orders_after": Method(
        Operation.SETTINGS, _cancel_after, _names("timeout"), "cancel all orders after"
    ),
}
"""The order methods by their names."""
