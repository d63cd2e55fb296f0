"""Orders, fills and accounts as Binance writes them, with all their fields."""

from __future__ import annotations

from typing import Any

from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.instruments import Instrument, text_of
from trading_tools.venue.core.orders import STOPS, Fill, Order, Report, Status, TimeInForce

ZERO = "0.00000000"
STP = "EXPIRE_MAKER"
UID = 354_937_868
_PPM_DIGITS = 100


def status_text(status: Status) -> str:
    """Binance has no word of its own for a stop that waits."""
    return "NEW" if status is Status.WAITING else status.value


def _common(order: Order, instrument: Instrument) -> dict[str, Any]:
    ticket = order.ticket
    form: dict[str, Any] = {
        "price": instrument.price_text(ticket.price),
        "origQty": instrument.size_text(order.size),
        "executedQty": instrument.size_text(order.filled),
        "origQuoteOrderQty": text_of(ticket.quote_size),
        "cummulativeQuoteQty": text_of(order.quote_filled),
        "status": status_text(order.status),
        "timeInForce": ticket.time_in_force.value,
        "type": ticket.kind.value,
        "side": ticket.side.value,
    }
    if ticket.kind in STOPS:
        form["stopPrice"] = instrument.price_text(ticket.stop)
    return form


def _ids(order: Order, client_order_id: str) -> dict[str, Any]:
    return {
        "symbol": order.ticket.symbol,
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": client_order_id,
    }


def queried(order: Order, instrument: Instrument) -> dict[str, Any]:
    """An order as a query shows it."""
    return {
        **_ids(order, order.ticket.client_order_id),
        "stopPrice": ZERO,
        **_common(order, instrument),
        "icebergQty": ZERO,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "isWorking": order.working_ms >= 0,
        "workingTime": order.working_ms,
        "selfTradePreventionMode": STP,
    }


def placed(order: Order, instrument: Instrument, account: Account, detail: str) -> dict[str, Any]:
    """The reply to a new order. `detail` is ACK, RESULT or FULL."""
    form = {**_ids(order, order.ticket.client_order_id), "transactTime": order.created_ms}
    if detail == "ACK":
        return form
    form |= _common(order, instrument)
    form |= {"workingTime": order.working_ms, "selfTradePreventionMode": STP}
    if detail == "FULL":
        fills = account.fills_of(order)
        form["fills"] = [
            {
                "price": instrument.price_text(fill.price),
                "qty": instrument.size_text(fill.size),
                "commission": text_of(fill.fee),
                "commissionAsset": fill.fee_asset,
                "tradeId": fill.trade_id,
            }
            for fill in fills
        ]
    return form


def canceled(order: Order, instrument: Instrument, cancel_id: str) -> dict[str, Any]:
    """The reply to a cancel: `clientOrderId` is the cancel's own."""
    return {
        **_ids(order, cancel_id),
        "origClientOrderId": order.ticket.client_order_id,
        "transactTime": order.updated_ms,
        **_common(order, instrument),
        "selfTradePreventionMode": STP,
    }


def my_trade(fill: Fill, instrument: Instrument) -> dict[str, Any]:
    """One of the account's trades."""
    return {
        "symbol": instrument.symbol,
        "id": fill.trade_id,
        "orderId": fill.order.id,
        "orderListId": -1,
        "price": instrument.price_text(fill.price),
        "qty": instrument.size_text(fill.size),
        "quoteQty": text_of(fill.quote),
        "commission": text_of(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": fill.at,
        "isBuyer": fill.order.ticket.side.value == "BUY",
        "isMaker": fill.maker,
        "isBestMatch": True,
    }


def account_form(account: Account, assets: list[str], omit_zero: bool) -> dict[str, Any]:
    """Balances and rights."""
    held = {asset: account.balance(asset) for asset in assets}
    balances = [
        {"asset": asset, "free": text_of(free), "locked": text_of(locked)}
        for asset, (free, locked) in held.items()
        if not omit_zero or free or locked
    ]
    maker, taker = text_of(account.maker_fee_ppm * 100), text_of(account.taker_fee_ppm * 100)
    return {
        "makerCommission": account.maker_fee_ppm // _PPM_DIGITS,
        "takerCommission": account.taker_fee_ppm // _PPM_DIGITS,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": maker, "taker": taker, "buyer": ZERO, "seller": ZERO},
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": account.updated_ms,
        "accountType": "SPOT",
        "balances": balances,
        "permissions": ["SPOT"],
        "uid": UID,
    }


def execution_report(report: Report, instrument: Instrument, execution_id: int) -> dict[str, Any]:
    """An order's event on the private stream."""
    order, ticket, fill = report.order, report.order.ticket, report.fill
    event = "NEW" if report.event == "TRIGGERED" else report.event
    if report.status is Status.EXPIRED_IN_MATCH:
        event = "TRADE_PREVENTION"
    canceled_now = report.event == "CANCELED"
    own_id = ticket.client_order_id
    return {
        "e": "executionReport",
        "E": report.at,
        "s": ticket.symbol,
        "c": report.replaced_id if canceled_now else own_id,
        "S": ticket.side.value,
        "o": ticket.kind.value,
        "f": ticket.time_in_force.value,
        "q": instrument.size_text(order.size),
        "p": instrument.price_text(ticket.price),
        "P": instrument.price_text(ticket.stop),
        "F": ZERO,
        "g": -1,
        "C": own_id if canceled_now else "",
        "x": event,
        "X": status_text(report.status),
        "r": "NONE",
        "i": order.id,
        "l": instrument.size_text(fill.size) if fill else ZERO,
        "z": instrument.size_text(report.filled),
        "L": instrument.price_text(fill.price) if fill else ZERO,
        "n": text_of(fill.fee) if fill else "0",
        "N": fill.fee_asset if fill else None,
        "T": report.at,
        "t": fill.trade_id if fill else -1,
        "I": execution_id,
        "w": order.working_ms >= 0
        and report.status in {Status.NEW, Status.PARTIALLY_FILLED}
        and ticket.time_in_force is TimeInForce.GTC,
        "m": fill.maker if fill else False,
        "M": fill is not None,
        "O": order.created_ms,
        "Z": text_of(report.quote_filled),
        "Y": text_of(fill.quote) if fill else ZERO,
        "Q": text_of(ticket.quote_size),
        "W": order.working_ms,
        "V": STP,
    }


def account_position(account: Account, assets: tuple[str, ...], at: int) -> dict[str, Any]:
    """The balances that an event changed, on the private stream."""
    return {
        "e": "outboundAccountPosition",
        "E": at,
        "u": at,
        "B": [
            {"a": asset, "f": text_of(free), "l": text_of(locked)}
            for asset, (free, locked) in ((each, account.balance(each)) for each in assets)
        ],
    }
