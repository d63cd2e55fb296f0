"""Orders and fills as Coinbase writes them, with all their fields."""

from __future__ import annotations

import hashlib
from typing import Any, Final, NamedTuple

from trading_tools.venue.coinbase.place import CoinbasePlace
from trading_tools.venue.coinbase.sent import Sent
from trading_tools.venue.coinbase.texts import plain, price_text, size_text, time_text, uuid_text
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.instruments import ATOMS, Instrument
from trading_tools.venue.core.orders import STOPS, Fill, Order, Side, Status

_STATUS: Final = {
    Status.WAITING: "OPEN",
    Status.NEW: "OPEN",
    Status.PARTIALLY_FILLED: "OPEN",
    Status.FILLED: "FILLED",
    Status.CANCELED: "CANCELLED",
    Status.EXPIRED: "CANCELLED",
    Status.EXPIRED_IN_MATCH: "CANCELLED",
}
_TIMES: Final = {
    "gtc": "GOOD_UNTIL_CANCELLED",
    "gtd": "GOOD_UNTIL_DATE_TIME",
    "ioc": "IMMEDIATE_OR_CANCEL",
    "fok": "FILL_OR_KILL",
}
_NEVER = "0001-01-01T00:00:00Z"


class _Figures(NamedTuple):
    """What both forms of an order say in numbers."""

    average: str
    completion: str
    fills: int
    filled_value: str
    fees: str
    after_fees: str


def status_text(order: Order, sent: Sent) -> str:
    """An order's status; only an order with a date expires, others are cancelled."""
    if order.status is Status.EXPIRED and time_in_force(sent) == _TIMES["gtd"]:
        return "EXPIRED"
    return _STATUS[order.status]


def order_form(place: CoinbasePlace, account: Account, order: Order) -> dict[str, Any]:
    """An order as REST shows it."""
    each, ticket = place.instruments[order.ticket.symbol], order.ticket
    sent = place.sent_of(order)
    figures = _figures(account, order, each)
    fills = account.fills_of(order)
    return {
        "order_id": place.ids.text(order.id),
        "product_id": each.symbol,
        "user_id": place.user_id,
        "order_configuration": {sent.name: sent.values},
        "side": ticket.side.value,
        "client_order_id": ticket.client_order_id,
        "status": status_text(order, sent),
        "time_in_force": time_in_force(sent),
        "created_time": time_text(order.created_ms),
        "completion_percentage": figures.completion,
        "filled_size": size_text(each, order.filled),
        "average_filled_price": figures.average,
        "fee": "",
        "number_of_fills": str(figures.fills),
        "filled_value": figures.filled_value,
        "pending_cancel": False,
        "size_in_quote": "quote_size" in sent.values,
        "total_fees": figures.fees,
        "size_inclusive_of_fees": "quote_size" in sent.values,
        "total_value_after_fees": figures.after_fees,
        "trigger_status": _trigger(order),
        "order_type": type_text(sent),
        "reject_reason": "REJECT_REASON_UNSPECIFIED",
        "settled": order.status is Status.FILLED,
        "product_type": "SPOT",
        "reject_message": "",
        "cancel_message": _cancel_reason(order),
        "order_placement_source": "RETAIL_ADVANCED",
        "outstanding_hold_amount": plain(order.locked),
        "is_liquidation": False,
        "last_fill_time": time_text(fills[-1].at) if fills else None,
        "edit_history": sent.edits,
        "leverage": "",
        "margin_type": "UNKNOWN_MARGIN_TYPE",
        "retail_portfolio_id": place.portfolio_id,
        "originating_order_id": "",
        "attached_order_id": "",
        "attached_order_configuration": None,
        "current_pending_replace": None,
        "commission_detail_total": {"total_commission": figures.fees},
        "workable_size": size_text(each, order.remaining),
        "workable_size_completion_pct": figures.completion,
        "last_update_time": time_text(order.updated_ms),
    }


def user_order(place: CoinbasePlace, account: Account, order: Order) -> dict[str, Any]:
    """An order as the stream shows it."""
    each, ticket = place.instruments[order.ticket.symbol], order.ticket
    sent = place.sent_of(order)
    figures = _figures(account, order, each)
    ended = not order.open
    return {
        "avg_price": figures.average,
        "cancel_reason": _cancel_reason(order),
        "client_order_id": ticket.client_order_id,
        "completion_percentage": figures.completion,
        "contract_expiry_type": "UNKNOWN_CONTRACT_EXPIRY_TYPE",
        "cumulative_quantity": size_text(each, order.filled),
        "filled_value": figures.filled_value,
        "leaves_quantity": "0" if ended else size_text(each, order.remaining),
        "limit_price": price_text(each, ticket.price),
        "number_of_fills": str(figures.fills),
        "order_id": place.ids.text(order.id),
        "order_side": ticket.side.value,
        "order_type": type_text(sent).replace("_", " ").title(),
        "outstanding_hold_amount": plain(order.locked),
        "post_only": "true" if sent.values.get("post_only") is True else "false",
        "product_id": each.symbol,
        "product_type": "SPOT",
        "reject_reason": "",
        "retail_portfolio_id": place.portfolio_id,
        "risk_managed_by": "UNKNOWN_RISK_MANAGEMENT_TYPE",
        "status": status_text(order, sent),
        "stop_price": price_text(each, ticket.stop) if ticket.kind in STOPS else "",
        "time_in_force": time_in_force(sent),
        "total_fees": figures.fees,
        "total_value_after_fees": figures.after_fees,
        "trigger_status": _trigger(order),
        "creation_time": time_text(order.created_ms),
        "end_time": sent.values.get("end_time", _NEVER),
        "start_time": _NEVER,
    }


def fill_id(place: CoinbasePlace, fill: Fill) -> str:
    """The id of a fill."""
    return uuid_text(place.seed, f"fill {fill.trade_id} of order {fill.order.id}")


def fill_form(place: CoinbasePlace, fill: Fill) -> dict[str, Any]:
    """One of the account's fills. An order by quote size has its fills' sizes in quote too."""
    order = fill.order
    each = place.instruments[order.ticket.symbol]
    in_quote = "quote_size" in place.sent_of(order).values
    trade_id = fill_id(place, fill)
    return {
        "entry_id": hashlib.sha256(trade_id.encode()).hexdigest(),
        "trade_id": trade_id,
        "order_id": place.ids.text(order.id),
        "trade_time": time_text(fill.at),
        "trade_type": "FILL",
        "price": price_text(each, fill.price),
        "size": plain(fill.quote) if in_quote else size_text(each, fill.size),
        "commission": plain(fill.fee),
        "product_id": each.symbol,
        "sequence_timestamp": time_text(fill.at),
        "liquidity_indicator": "MAKER" if fill.maker else "TAKER",
        "size_in_quote": in_quote,
        "user_id": place.user_id,
        "side": order.ticket.side.value,
        "retail_portfolio_id": place.portfolio_id,
        "fillSource": "FILL_SOURCE_CLOB",
        "commission_detail_total": {"total_commission": plain(fill.fee)},
    }


def _figures(account: Account, order: Order, each: Instrument) -> _Figures:
    fills = account.fills_of(order)
    fees = sum(fill.fee for fill in fills)
    signed = fees if order.ticket.side is Side.BUY else -fees
    if not order.filled:
        return _Figures("0", "0", len(fills), "0", plain(fees), "0")
    return _Figures(
        plain(order.quote_filled * ATOMS // (order.filled * each.step_atoms)),
        plain(order.filled * 100 * ATOMS // order.size),
        len(fills),
        plain(order.quote_filled),
        plain(fees),
        plain(order.quote_filled + signed),
    )


def time_in_force(sent: Sent) -> str:
    """How long an order stands."""
    return _TIMES[sent.name[-3:]]


def type_text(sent: Sent) -> str:
    """Which kind of order it is."""
    if sent.name.startswith("market"):
        return "MARKET"
    return "STOP_LIMIT" if sent.name.startswith("stop") else "LIMIT"


def _trigger(order: Order) -> str:
    if order.ticket.kind not in STOPS:
        return "INVALID_ORDER_TYPE"
    return "STOP_PENDING" if order.working_ms < 0 else "STOP_TRIGGERED"


def _cancel_reason(order: Order) -> str:
    if order.status is Status.CANCELED:
        return "User requested cancel"
    return "Self trade prevention" if order.status is Status.EXPIRED_IN_MATCH else ""
