"""Acts on orders: create, amend, cancel, cancel all, one by one or in batches.

What an order request means is `tickets`; what has become of orders is asked in `history`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from trading_tools.venue.bybit import errors
from trading_tools.venue.bybit.call import Call
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.bybit.listing import LINEAR, SPOT
from trading_tools.venue.bybit.tags import ORDER, OWN_STOPS, STOP, TPSL, kind_of
from trading_tools.venue.bybit.tickets import ATTACHED, NOT_HERE, instrument_of, units, wanted
from trading_tools.venue.core.orders import Order, Reason, Rejected

_FILTERS: Final = (ORDER, STOP, TPSL)
_MOST_IN_BATCH: Final = {SPOT: 10, LINEAR: 20}


@dataclass(frozen=True)
class Batch:
    """What became of each item of a batch: `rows` for the result, `codes` beside it."""

    rows: list[dict[str, Any]]
    codes: list[dict[str, Any]]


def create(call: Call) -> dict[str, Any]:
    """Take a new order. That it is taken does not say that it stands: its stream says so.

    Raises:
        BybitError: it is refused at once.
    """
    asked = wanted(call)
    ticket, place = asked.ticket, call.place
    try:
        number = place.exchange.place(call.account, ticket, call.at, call.request).id
    except Rejected as refusal:
        if refusal.reason is not Reason.WOULD_MATCH:
            raise errors.refused(refusal, asked.category, ticket, asked.instrument) from None
        # Found out by the matching engine, when the client has its reply already.
        number = place.refuse(ticket, call.account_name, call.at, refusal.reason).number
    return {
        "orderId": place.order_id(ticket.symbol, number),
        "orderLinkId": ticket.client_order_id,
    }


def amend(call: Call) -> dict[str, Any]:
    """Change price, quantity or trigger price of an open order in place.

    Raises:
        BybitError: there is none of this id, or the order that it would become is refused.
    """
    category, params = call.category(), call.params
    order = found(call, category)
    each = call.place.instruments[order.ticket.symbol]
    if any(name in params for name in ATTACHED):
        raise BybitError(*NOT_HERE)
    new = {
        "price": units(call, category, each, "price") if "price" in params else None,
        "size": units(call, category, each, "qty") if "qty" in params else None,
        "stop": units(call, category, each, "triggerPrice") if "triggerPrice" in params else None,
    }
    try:
        call.place.exchange.amend(call.account, order, call.at, **new, request=call.request)
    except Rejected as refusal:
        raise errors.refused(refusal, category, order.ticket, each) from None
    return _ids(call, order)


def cancel(call: Call) -> dict[str, Any]:
    """Cancel one open order.

    Raises:
        BybitError: there is none of this id.
    """
    category = call.category()
    order = found(call, category)
    if category == SPOT and _filter(call, ORDER) != order.ticket.tag:
        raise errors.no_such_order(category)
    try:
        call.place.exchange.cancel(call.account, order, call.at, call.request)
    except Rejected:
        raise errors.no_such_order(category) from None
    return _ids(call, order)


def cancel_all(call: Call) -> dict[str, Any]:
    """Cancel open orders: of one instrument, one coin, or a whole category of spot."""
    category = call.category()
    if category != SPOT and not scoped(call):
        raise BybitError(10001, "params error: symbol, baseCoin or settleCoin is required")
    symbols = {each.symbol for each in call.instruments()}
    kinds = _kinds(call, category)
    rows = []
    for order in call.account.open_orders():
        if order.ticket.symbol in symbols and kind_of(order.ticket.tag) in kinds:
            call.place.exchange.cancel(call.account, order, call.at, call.request)
            rows.append(_ids(call, order))
    return {"list": rows, "success": "1"}


def _kinds(call: Call, category: str) -> frozenset[str]:
    """What to cancel: plain orders of spot, all of contracts, unless a filter says otherwise."""
    if category == SPOT:
        return frozenset({_filter(call, ORDER)})
    which = _filter(call, "")
    if which == STOP and call.params.optional("stopOrderType") != "Stop":
        return frozenset({STOP}) | OWN_STOPS
    return frozenset({which}) if which else frozenset({ORDER, STOP}) | OWN_STOPS


def scoped(call: Call) -> bool:
    """Whether a request about contracts says which of them."""
    return any(name in call.params for name in ("symbol", "baseCoin", "settleCoin"))


def create_batch(call: Call) -> Batch:
    """Take several new orders; each has a code of its own."""
    return _batch(call, create)


def amend_batch(call: Call) -> Batch:
    """Change several orders; each has a code of its own."""
    return _batch(call, amend)


def cancel_batch(call: Call) -> Batch:
    """Cancel several orders; each has a code of its own."""
    return _batch(call, cancel)


def found(call: Call, category: str) -> Order:
    """The order of `orderId`, which goes first, or of `orderLinkId`.

    Raises:
        BybitError: neither was sent, or there is none.
    """
    each, params, account = instrument_of(call, category), call.params, call.account
    order = None
    if "orderId" in params:
        number = call.place.ids.number(category, params.optional("orderId"))
        order = account.order(number) if number is not None else None
    elif "orderLinkId" in params:
        order = account.order_of_client(each.symbol, params.optional("orderLinkId"))
    else:
        raise errors.missing("orderId or orderLinkId")
    if order is None or order.ticket.symbol != each.symbol:
        raise errors.no_such_order(category)
    return order


def items_in(call: Call) -> int:
    """How many orders a batch has, for the limits; a malformed one counts as one."""
    try:
        return len(call.params.items("request"))
    except BybitError:
        return 1


def _batch(call: Call, act: Callable[[Call], dict[str, Any]]) -> Batch:
    category = call.category()
    items = call.params.items("request")
    if len(items) > _MOST_IN_BATCH.get(category, 20):
        raise BybitError(10001, "params error: the number of orders exceeds the limit")
    rows, codes = [], []
    for item in items:
        one = call.with_params(item.merged({"category": category}))
        row = {"category": category, "symbol": "", "orderId": "", "orderLinkId": ""}
        try:
            row["symbol"] = item.optional("symbol")
            row["orderLinkId"] = item.optional("orderLinkId")
            told = act(one)
            row |= told
            codes.append({"code": 0, "msg": "OK"})
        except BybitError as error:
            codes.append({"code": error.code, "msg": error.msg})
        if act is create:
            row["createAt"] = str(call.at) if row["orderId"] else ""
        rows.append(row)
    return Batch(rows, codes)


def _filter(call: Call, default: str) -> str:
    kind = call.params.optional("orderFilter", default)
    if kind not in _FILTERS and kind != default:
        raise BybitError(170202, "Invalid orderFilter parameter.")
    return kind


def _ids(call: Call, order: Order) -> dict[str, Any]:
    return {
        "orderId": call.place.order_id(order.ticket.symbol, order.id),
        "orderLinkId": order.ticket.client_order_id,
    }
