"""Orders and fills as Bybit writes them, with all their fields.

Clients tell spot from contracts by which keys are there: `tpslMode` and `createType` are contracts'
alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from trading_tools.venue.bybit import texts
from trading_tools.venue.bybit.contracts import funded_steps
from trading_tools.venue.bybit.ids import made
from trading_tools.venue.bybit.listing import SPOT
from trading_tools.venue.bybit.place import BybitPlace, Refusal
from trading_tools.venue.bybit.tags import (
    ORDER,
    PARTIAL,
    STOP,
    STOP_LOSS,
    TAKE_PROFIT,
    TPSL,
    attached_to,
    kind_of,
)
from trading_tools.venue.bybit.tickets import INDEXES
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.checks import rising
from trading_tools.venue.core.contracts import Trigger
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.orders import (
    LIFE,
    PRICED,
    Fill,
    Forced,
    Kind,
    Order,
    Reason,
    Report,
    Side,
    Status,
    Ticket,
    TimeInForce,
)
from trading_tools.venue.core.positions import Income

FIRST_SEQ: Final = 4_688_002_000
SIDES: Final = {Side.BUY: "Buy", Side.SELL: "Sell"}
_STATUS: Final = {
    Status.WAITING: "Untriggered",
    Status.NEW: "New",
    Status.PARTIALLY_FILLED: "PartiallyFilled",
    Status.FILLED: "Filled",
    Status.CANCELED: "Cancelled",
    Status.EXPIRED: "Cancelled",
    Status.EXPIRED_IN_MATCH: "Cancelled",
}
_REJECTS: Final = {Reason.WOULD_MATCH: "EC_PostOnlyWillTakeLiquidity"}
_STOP_TYPES: Final = {
    ORDER: "",
    STOP: "Stop",
    TPSL: "tpslOrder",
}
"""Words for tags; a position's own stops are tagged by theirs."""
_TPSL_MODES: Final = {
    **dict.fromkeys((TAKE_PROFIT, STOP_LOSS), "Full"),
    **dict.fromkeys((PARTIAL + TAKE_PROFIT, PARTIAL + STOP_LOSS), PARTIAL),
}
_TRIGGERS: Final = {Trigger.LAST: "LastPrice", Trigger.MARK: "MarkPrice"}
POSITION_INDEXES: Final = {side: index for index, side in INDEXES.items()}
CREATED: Final = {
    Forced.NO: "CreateByUser",
    Forced.LIQUIDATION: "CreateByLiq",
    Forced.DELEVERAGE: "CreateByAdl_PassThrough",
}
EXECUTED: Final = {
    Forced.NO: "Trade",
    Forced.LIQUIDATION: "BustTrade",
    Forced.DELEVERAGE: "AdlTrade",
}


@dataclass(frozen=True)
class Standing:
    """An order as it stands, or stood when something happened to it."""

    number: int
    ticket: Ticket
    status: str
    open: bool
    size: int
    filled: int
    quote_filled: int
    created_ms: int
    updated_ms: int
    reject_reason: str = "EC_NoError"
    cancel_type: str = "UNKNOWN"
    order: Order | None = None


def standing(place: BybitPlace, order: Order) -> Standing:
    """An order as it stands now."""
    return _standing(place, order, order.status, order.filled, order.quote_filled, order.updated_ms)


def reported(place: BybitPlace, report: Report) -> Standing:
    """An order as it stood when something happened to it."""
    return _standing(
        place, report.order, report.status, report.filled, report.quote_filled, report.at
    )


def rejected(refusal: Refusal) -> Standing:
    """An order that was rejected after it had been taken."""
    return Standing(
        refusal.number,
        refusal.ticket,
        "Rejected",
        False,
        refusal.ticket.size,
        0,
        0,
        refusal.at,
        refusal.at,
        _REJECTS.get(refusal.reason, "EC_Others"),
    )


def _rests(ticket: Ticket) -> bool:
    return ticket.kind in PRICED and ticket.time_in_force is TimeInForce.GTC


def _standing(
    place: BybitPlace, order: Order, status: Status, filled: int, quote_filled: int, at: int
) -> Standing:
    word = _STATUS[status]
    if word == "Cancelled" and filled and place.category(order.ticket.symbol) == SPOT:
        word = "PartiallyFilledCanceled"
    reject, cancel = "EC_NoError", "UNKNOWN"
    if status is Status.CANCELED:
        cancel = place.cancel_types.get(order.id, "CancelByUser")
    elif status is Status.EXPIRED_IN_MATCH:
        cancel, reject = "CancelBySmp", "EC_BySelfMatch"
    elif status is Status.EXPIRED and _rests(order.ticket):
        cancel = "CancelByReduceOnly"  # what rests ends by itself only with its position
    elif status is Status.EXPIRED:
        fok = order.ticket.time_in_force is TimeInForce.FOK
        reject = "EC_NoEnoughQtyToFill" if fok else "EC_NoImmediateQtyToFill"
    return Standing(
        order.id,
        order.ticket,
        word,
        bool(LIFE[status]),
        order.size,
        filled,
        quote_filled,
        order.created_ms,
        at,
        reject,
        cancel,
        order,
    )


def order_row(place: BybitPlace, account: Account, stands: Standing) -> dict[str, Any]:
    """An order as queries and the private stream show it."""
    ticket = stands.ticket
    each = place.instruments[ticket.symbol]
    spot = place.category(each.symbol) == SPOT
    fills = account.fills_of(stands.order) if stands.order is not None else []
    fees: dict[str, int] = {}
    for fill in fills:
        fees[fill.fee_asset] = fees.get(fill.fee_asset, 0) + fill.fee
    left = stands.size - stands.filled if stands.open else 0
    qty = texts.plain(ticket.quote_size) if ticket.quote_size else texts.size(each, stands.size)
    market = ticket.kind not in PRICED
    row: dict[str, Any] = {
        "orderId": place.order_id(each.symbol, stands.number),
        "orderLinkId": ticket.client_order_id,
        "blockTradeId": "",
        "symbol": place.name(each.symbol),
        "price": texts.price(each, ticket.price) if ticket.price else "0",
        "qty": qty,
        "side": SIDES[ticket.side],
        "isLeverage": "0" if spot else "",
        "positionIdx": 0,
        "orderStatus": stands.status,
        "cancelType": stands.cancel_type,
        "rejectReason": stands.reject_reason,
        "avgPrice": texts.average(stands.quote_filled, stands.filled * each.step_atoms),
        "leavesQty": texts.size(each, left),
        "leavesValue": texts.plain(left * ticket.price * each.lot_value),
        "cumExecQty": texts.size(each, stands.filled),
        "cumExecValue": texts.plain(stands.quote_filled),
        "cumExecFee": texts.plain(sum(fees.values())),
        "cumFeeDetail": {asset: texts.plain(fee) for asset, fee in fees.items()},
        "timeInForce": lasting(ticket),
        "orderType": "Market" if market else "Limit",
        "stopOrderType": _stop_type(ticket.tag),
        "orderIv": "",
        "triggerPrice": texts.price(each, ticket.stop) if ticket.stop else "",
        "takeProfit": "",
        "stopLoss": "",
        "ocoTriggerBy": "",
        "tpLimitPrice": "",
        "slLimitPrice": "",
        "tpTriggerBy": "",
        "slTriggerBy": "",
        "triggerDirection": 0,
        "triggerBy": "",
        "lastPriceOnCreated": "",
        "reduceOnly": False,
        "closeOnTrigger": False,
        "placeType": "",
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "marketUnit": _market_unit(ticket) if spot and market else "",
        "slippageToleranceType": "UNKNOWN",
        "slippageTolerance": "",
        "createdTime": str(stands.created_ms),
        "updatedTime": str(stands.updated_ms),
    }
    return row if spot else row | _of_contract(each, ticket, stands.order)


def lasting(ticket: Ticket) -> str:
    """An order's time in force; market orders have IOC."""
    if ticket.kind is Kind.LIMIT_MAKER:
        return "PostOnly"
    return ticket.time_in_force.value if ticket.kind in PRICED else TimeInForce.IOC.value


def _stop_type(tag: str) -> str:
    kind = kind_of(tag)
    return _STOP_TYPES.get(kind, kind)


def _of_contract(each: Instrument, ticket: Ticket, order: Order | None) -> dict[str, Any]:
    """The keys that only orders in contracts have, and those that mean something there alone."""
    direction = (1 if rising(ticket) else 2) if ticket.stop else 0
    attached = attached_to(ticket.tag)
    return {
        "takeProfit": texts.price(each, attached.take_profit) if attached.take_profit else "",
        "stopLoss": texts.price(each, attached.stop_loss) if attached.stop_loss else "",
        "createType": CREATED[order.forced if order is not None else Forced.NO],
        "tpslMode": "Full" if any(attached) else _TPSL_MODES.get(ticket.tag, "UNKNOWN"),
        "positionIdx": POSITION_INDEXES[ticket.position_side],
        "triggerDirection": direction,
        "triggerBy": _TRIGGERS[ticket.trigger] if ticket.stop else "",
        "reduceOnly": ticket.reduce_only or ticket.close_position,
        "closeOnTrigger": ticket.close_position,
    }


def execution_row(place: BybitPlace, account: Account, fill: Fill) -> dict[str, Any]:
    """A fill as queries and the private stream show it."""
    order, ticket = fill.order, fill.order.ticket
    each = place.instruments[ticket.symbol]
    spot = place.category(each.symbol) == SPOT
    maker_ppm, taker_ppm = account.fees_ppm(not spot)
    ppm = maker_ppm if fill.maker else taker_ppm
    filled = 0
    for one in account.fills_of(order):
        filled += one.size
        if one is fill:
            break
    row = {
        "symbol": place.name(each.symbol),
        "orderId": place.order_id(each.symbol, order.id),
        "orderLinkId": ticket.client_order_id,
        "side": SIDES[ticket.side],
        "orderPrice": texts.price(each, ticket.price) if ticket.price else "0",
        "orderQty": texts.size(each, order.size),
        "leavesQty": texts.size(each, order.size - filled),
        "orderType": "Limit" if ticket.kind in PRICED else "Market",
        "stopOrderType": _stop_type(ticket.tag) or "UNKNOWN",
        "execFee": texts.plain(fill.fee),
        "execFeeV2": "",
        "feeCurrency": fill.fee_asset if spot else "",
        "execId": place.trade_id(each.symbol, fill.trade_id),
        "execPrice": texts.price(each, fill.price),
        "execQty": texts.size(each, fill.size),
        "execType": EXECUTED[order.forced],
        "execValue": texts.plain(fill.quote),
        "execTime": str(fill.at),
        "isMaker": fill.maker,
        "feeRate": texts.rate(ppm),
        "tradeIv": "",
        "markIv": "",
        "markPrice": "",
        "indexPrice": "",
        "underlyingPrice": "",
        "blockTradeId": "",
        "closedSize": "",
        "extraFees": "",
        "seq": FIRST_SEQ + fill.trade_id,
    }
    return row if spot else row | {"createType": CREATED[order.forced]}


def funding_row(place: BybitPlace, income: Income) -> dict[str, Any]:
    """What was paid of funding, among the fills: a positive fee was paid."""
    each = place.instruments[income.symbol]
    paid = next(one for one in place.exchange.prices[each.symbol].paid if one.at == income.at)
    steps = funded_steps(each, paid, income.amount)
    longs_pay = paid.rate > 0
    return {
        "symbol": place.name(each.symbol),
        "orderId": made(f"funding {income.number}, seed {place.seed}"),
        "orderLinkId": "",
        "side": "Sell" if (income.amount < 0) is longs_pay else "Buy",
        "orderPrice": "0",
        "orderQty": "0",
        "leavesQty": "0",
        "createType": "CreateByFunding",
        "orderType": "UNKNOWN",
        "stopOrderType": "UNKNOWN",
        "execFee": texts.plain(-income.amount),
        "execFeeV2": "",
        "feeCurrency": "",
        "execId": made(f"funding payment {income.number}, seed {place.seed}"),
        "execPrice": texts.price(each, paid.mark),
        "execQty": texts.size(each, steps),
        "execType": "Funding",
        "execValue": texts.plain(steps * paid.mark * each.lot_value),
        "execTime": str(income.at),
        "isMaker": False,
        "feeRate": texts.plain(paid.rate),
        "tradeIv": "",
        "markIv": "",
        "markPrice": texts.price(each, paid.mark),
        "indexPrice": "",
        "underlyingPrice": "",
        "blockTradeId": "",
        "closedSize": "",
        "extraFees": "",
        "seq": FIRST_SEQ + income.number,
    }


def _market_unit(ticket: Ticket) -> str:
    return "quoteCoin" if ticket.quote_size else "baseCoin"


def fast_row(place: BybitPlace, fill: Fill) -> dict[str, Any]:
    """A fill as the fast private stream shows it: what is known first."""
    ticket = fill.order.ticket
    each = place.instruments[ticket.symbol]
    return {
        "category": place.category(each.symbol),
        "symbol": place.name(each.symbol),
        "execId": place.trade_id(each.symbol, fill.trade_id),
        "execPrice": texts.price(each, fill.price),
        "execQty": texts.size(each, fill.size),
        "orderId": place.order_id(each.symbol, fill.order.id),
        "isMaker": fill.maker,
        "orderLinkId": ticket.client_order_id,
        "side": SIDES[ticket.side],
        "execTime": str(fill.at),
        "seq": FIRST_SEQ + fill.trade_id,
    }
