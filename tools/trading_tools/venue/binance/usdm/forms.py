"""Orders, fills and positions as USD-M writes them, with all their fields."""

from __future__ import annotations

from typing import Any

from trading_tools.venue.binance.forms import STP
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.contracts import Trigger
from trading_tools.venue.core.instruments import Instrument, text_of
from trading_tools.venue.core.margin import Backing, Margins
from trading_tools.venue.core.orders import (
    PRICED,
    Fill,
    Forced,
    Kind,
    Order,
    Side,
    Status,
    Ticket,
    TimeInForce,
)
from trading_tools.venue.core.positions import Position

_TYPES = {
    Kind.LIMIT_MAKER: "LIMIT",
    Kind.STOP_LOSS: "STOP_MARKET",
    Kind.STOP_LOSS_LIMIT: "STOP",
    Kind.TAKE_PROFIT: "TAKE_PROFIT_MARKET",
    Kind.TAKE_PROFIT_LIMIT: "TAKE_PROFIT",
}
STOP_KINDS = {name: kind for kind, name in _TYPES.items() if kind is not Kind.LIMIT_MAKER}
"""USD-M's names of the kinds of order that wait for a price."""


def average(order: Order, each: Instrument) -> str:
    """The average price of what an order has filled."""
    if not order.filled:
        return "0.00"
    return text_of(order.quote_filled * each.tick_atoms // (order.filled * each.lot_value))


def type_of(ticket: Ticket) -> str:
    """The order's type as it was asked for."""
    return _TYPES.get(ticket.kind, ticket.kind.value)


def working_type(order: Order) -> str:
    """What an order has become: a stop that was triggered is a limit or market order."""
    if order.forced:
        return "LIQUIDATION" if order.forced is Forced.LIQUIDATION else "MARKET"
    return "LIMIT" if order.ticket.kind in PRICED else "MARKET"


def time_in_force(ticket: Ticket) -> str:
    """GTX is what post-only orders have, IOC what the venue closes with."""
    if ticket.client_order_id.startswith(("autoclose-", "adl_autoclose-")):
        return TimeInForce.IOC.value
    return "GTX" if ticket.kind is Kind.LIMIT_MAKER else ticket.time_in_force.value


def price_type(ticket: Ticket) -> str:
    """Which price sets a stop off."""
    return "MARK_PRICE" if ticket.trigger is Trigger.MARK else "CONTRACT_PRICE"


def order(found: Order, each: Instrument) -> dict[str, Any]:
    """An order as every endpoint shows it."""
    ticket = found.ticket
    return {
        "orderId": found.id,
        "symbol": ticket.symbol,
        "status": found.status.value,
        "clientOrderId": ticket.client_order_id,
        "price": each.price_text(ticket.price),
        "avgPrice": average(found, each),
        "origQty": each.size_text(found.size),
        "executedQty": each.size_text(found.filled),
        "cumQty": each.size_text(found.filled),
        "cumQuote": text_of(found.quote_filled),
        "timeInForce": time_in_force(ticket),
        "type": working_type(found),
        "reduceOnly": ticket.reduce_only,
        "closePosition": ticket.close_position,
        "side": ticket.side.value,
        "positionSide": ticket.position_side.value,
        "stopPrice": each.price_text(ticket.stop),
        "workingType": price_type(ticket),
        "priceProtect": False,
        "origType": type_of(ticket),
        "priceMatch": "NONE",
        "selfTradePreventionMode": STP,
        "goodTillDate": 0,
        "time": found.created_ms,
        "updateTime": found.updated_ms,
    }


ALGO_OFFSET = 1_000_000_000
"""What an algo order's id is above the id of the order that it becomes."""
_ALGO_STATUS = {
    Status.WAITING: "NEW",
    Status.NEW: "TRIGGERED",
    Status.PARTIALLY_FILLED: "TRIGGERED",
    Status.FILLED: "FINISHED",
}


def algo_status(found: Order) -> str:
    """Where an algo order stands; once it was triggered its order's end is its own."""
    if found.status is Status.CANCELED:
        return "CANCELED" if found.working_ms < 0 else "FINISHED"
    return _ALGO_STATUS.get(found.status, "EXPIRED" if not found.filled else "FINISHED")


def algo(found: Order, each: Instrument) -> dict[str, Any]:
    """An algo order as every endpoint shows it."""
    ticket = found.ticket
    triggered = found.working_ms >= 0
    return {
        "algoId": found.id + ALGO_OFFSET,
        "clientAlgoId": ticket.client_order_id,
        "algoType": "CONDITIONAL",
        "orderType": type_of(ticket),
        "symbol": ticket.symbol,
        "side": ticket.side.value,
        "positionSide": ticket.position_side.value,
        "timeInForce": time_in_force(ticket),
        "quantity": each.size_text(found.size),
        "algoStatus": algo_status(found),
        "actualOrderId": str(found.id) if triggered else "",
        "actualPrice": average(found, each) if triggered else "0.00000",
        "triggerPrice": each.price_text(ticket.stop),
        "price": each.price_text(ticket.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": STP,
        "workingType": price_type(ticket),
        "priceMatch": "NONE",
        "closePosition": ticket.close_position,
        "priceProtect": False,
        "reduceOnly": ticket.reduce_only,
        "activatePrice": "",
        "callbackRate": "",
        "createTime": found.created_ms,
        "updateTime": found.updated_ms,
        "triggerTime": max(found.working_ms, 0),
        "goodTillDate": 0,
    }


def user_trade(fill: Fill, each: Instrument) -> dict[str, Any]:
    """One of the account's trades."""
    ticket = fill.order.ticket
    return {
        "symbol": each.symbol,
        "id": fill.trade_id,
        "orderId": fill.order.id,
        "side": ticket.side.value,
        "price": each.price_text(fill.price),
        "qty": each.size_text(fill.size),
        "realizedPnl": text_of(fill.realised),
        "quoteQty": text_of(fill.quote),
        "commission": text_of(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": fill.at,
        "positionSide": ticket.position_side.value,
        "buyer": ticket.side is Side.BUY,
        "maker": fill.maker,
    }


def entry_price(position: Position, each: Instrument) -> str:
    """The average price of entry."""
    return f"{position.entry(each).normalize():f}" if position.size else "0.0"


def break_even(position: Position, each: Instrument, account: Account) -> str:
    """The price at which closing as a taker pays for both fees."""
    if not position.size:
        return "0.0"
    fees = 2 * account.taker_fee_ppm * (1 if position.size > 0 else -1)
    ticks = position.cost * (1_000_000 + fees) * each.tick_atoms
    return text_of(ticks // (1_000_000 * position.size * each.lot_value))


def position_risk(
    account: Account, position: Position, each: Instrument, mark: int, margins: Margins
) -> dict[str, Any]:
    """A position with what it needs, as version 3 tells it."""
    gain = position.unrealised(mark, each.lot_value)
    initial, maintenance = margins.of_position(account, position)
    orders = margins.of_orders(account, each.symbol)
    isolated = position.margin + gain if position.isolated else 0
    return {
        "symbol": each.symbol,
        "positionSide": position.side.value,
        "positionAmt": each.size_text(position.size),
        "entryPrice": entry_price(position, each),
        "breakEvenPrice": break_even(position, each, account),
        "markPrice": each.price_text(mark),
        "unRealizedProfit": text_of(gain),
        "liquidationPrice": each.price_text(margins.liquidation_ticks(account, position)),
        "isolatedMargin": text_of(isolated),
        "notional": text_of(mark * position.size * each.lot_value),
        "marginAsset": each.quote,
        "isolatedWallet": text_of(position.margin),
        "initialMargin": text_of(initial + orders),
        "maintMargin": text_of(maintenance),
        "positionInitialMargin": text_of(initial),
        "openOrderInitialMargin": text_of(orders),
        "adl": 2 if position.size else 0,
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": position.updated_ms,
    }


def totals(backing: Backing) -> dict[str, str]:
    """An account's money, by the names that have `total` before them for all assets."""
    return {
        "initialMargin": text_of(backing.position_margin + backing.order_margin),
        "maintMargin": text_of(backing.maintenance),
        "walletBalance": text_of(backing.wallet),
        "unrealizedProfit": text_of(backing.unrealised),
        "marginBalance": text_of(backing.equity),
        "positionInitialMargin": text_of(backing.position_margin),
        "openOrderInitialMargin": text_of(backing.order_margin),
        "crossWalletBalance": text_of(backing.wallet - backing.isolated),
        "crossUnPnl": text_of(backing.cross_unrealised),
    }
