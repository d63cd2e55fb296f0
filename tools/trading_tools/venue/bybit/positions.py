"""Positions and how they are held: leverage, position mode, margin.

Their own stops are `position_stops`.
"""

from __future__ import annotations

from typing import Any

from trading_tools.venue.bybit import errors, texts
from trading_tools.venue.bybit.call import Call
from trading_tools.venue.bybit.contracts import terms
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.bybit.forms import FIRST_SEQ, POSITION_INDEXES
from trading_tools.venue.bybit.listing import LINEAR
from trading_tools.venue.bybit.own_stops import stops_of
from trading_tools.venue.bybit.pages import page
from trading_tools.venue.bybit.params import amount_of
from trading_tools.venue.bybit.place import BybitPlace
from trading_tools.venue.bybit.tags import STOP_LOSS, TAKE_PROFIT
from trading_tools.venue.bybit.tickets import instrument_of, position_side
from trading_tools.venue.bybit.trading import scoped
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.contracts import PositionSide
from trading_tools.venue.core.instruments import ATOMS, Instrument
from trading_tools.venue.core.orders import Order, Reason, Rejected
from trading_tools.venue.core.positions import Position

_ONE_WAY, _HEDGE = 0, 3


def listed(call: Call) -> dict[str, Any]:
    """Positions: those of one contract even where they are flat, else all that are open."""
    category = call.category()
    if category != LINEAR:
        return {"category": category, "nextPageCursor": "", "list": []}
    if not scoped(call):
        raise BybitError(10001, "params error: symbol, baseCoin or settleCoin is required")
    account, limit = call.account, call.params.limit(20, 200)
    found = []
    for each in call.instruments():
        known = {one.side: one for one in account.every_position() if one.symbol == each.symbol}
        if "symbol" in call.params:
            found += [known.get(side, Position(each.symbol, side)) for side in sides(account)]
        else:
            found += [one for one in known.values() if one.size]
    rows, cursor = page(call, found, lambda one: f"{one.symbol}:{one.side}", limit)
    return {
        "category": category,
        "nextPageCursor": cursor,
        "list": [row(call.place, account, one) for one in rows],
    }


def sides(account: Account) -> tuple[PositionSide, ...]:
    """The positions that an account has in each contract."""
    return (PositionSide.LONG, PositionSide.SHORT) if account.hedge else (PositionSide.BOTH,)


def row(place: BybitPlace, account: Account, position: Position) -> dict[str, Any]:
    """A position as queries show it."""
    each = place.instruments[position.symbol]
    contract = terms(each)
    mark = place.exchange.books[each.symbol].mark
    margins = place.exchange.margins
    initial, maintenance = margins.of_position(account, position)
    liquidation = margins.liquidation_ticks(account, position) if position.size else 0
    tier = contract.tier(position.worth(mark, each.lot_value))
    own = stops_of(account, position)
    realised = texts.plain(_realised(account, position.symbol))
    side = ("Buy" if position.size > 0 else "Sell") if position.size else ""
    return {
        "positionIdx": POSITION_INDEXES[position.side],
        "riskId": tier + 1,
        "riskLimitValue": texts.plain(contract.tiers[tier].cap),
        "symbol": place.name(each.symbol),
        "side": side,
        "size": texts.size(each, abs(position.size)),
        "avgPrice": f"{position.entry(each).normalize():f}" if side else "0",
        "positionValue": texts.plain(abs(position.cost)) if side else "",
        "tradeMode": int(position.isolated),
        "autoAddMargin": 0,
        "positionStatus": "Normal",
        "leverage": str(account.terms_of(each.symbol, contract.default_leverage).leverage),
        "markPrice": texts.price(each, mark),
        "liqPrice": texts.price(each, liquidation) if liquidation else "",
        "bustPrice": "",
        "positionIM": texts.plain(initial) if side else "",
        "positionIMByMp": texts.plain(initial) if side else "",
        "positionMM": texts.plain(maintenance) if side else "",
        "positionMMByMp": texts.plain(maintenance) if side else "",
        "positionBalance": texts.plain(position.margin),
        "tpslMode": "Full",
        "takeProfit": _stop_text(each, own.get(TAKE_PROFIT)),
        "stopLoss": _stop_text(each, own.get(STOP_LOSS)),
        "trailingStop": "0",
        "sessionAvgPrice": "",
        "unrealisedPnl": texts.plain(position.unrealised(mark, each.lot_value)) if side else "",
        "curRealisedPnl": realised,
        "cumRealisedPnl": realised,
        "adlRankIndicator": 2 if side else 0,
        "createdTime": str(position.opened_ms),
        "updatedTime": str(position.updated_ms),
        "isReduceOnly": False,
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
        "seq": FIRST_SEQ + len(account.fills) if side else -1,
    }


def set_leverage(call: Call) -> dict[str, Any]:
    """Hold a contract at another leverage.

    Raises:
        BybitError: it is out of range, the present one, or too high for what is held.
    """
    each, params = instrument_of(call, call.category()), call.params
    contract = terms(each)
    both = params.text("buyLeverage"), params.text("sellLeverage")
    found = amount_of(both[0])
    if found is None or not found.exact or found.atoms % ATOMS or both[0] != both[1]:
        raise BybitError(10001, "leverage invalid: a whole number, the same for buy and sell")
    leverage = found.atoms // ATOMS
    if not 1 <= leverage <= contract.max_leverage:
        raise BybitError(110013, "cannot set leverage due to risk limit")
    if leverage == call.account.terms_of(each.symbol, contract.default_leverage).leverage:
        raise BybitError(110043, "leverage not modified")
    try:
        call.place.exchange.set_leverage(call.account, each.symbol, leverage, call.at)
    except Rejected as refusal:
        if refusal.reason is Reason.POSITION_LIMIT:
            raise BybitError(110013, "cannot set leverage due to risk limit") from None
        raise BybitError(110012, "Insufficient available balance") from None
    return {}


def switch_mode(call: Call) -> dict[str, Any]:
    """Choose between one position and two in each contract; here for all contracts at once.

    Raises:
        BybitError: it is no mode, the present one, or there are positions or open orders.
    """
    if call.category() != LINEAR:
        raise BybitError(*errors.BAD_CATEGORY)
    if "symbol" in call.params:
        instrument_of(call, LINEAR)
    elif "coin" not in call.params:
        raise errors.missing("symbol or coin")
    mode, account = call.params.integer("mode", -1), call.account
    if mode not in (_ONE_WAY, _HEDGE):
        raise errors.unreadable("mode")
    if (mode == _HEDGE) is account.hedge:
        raise BybitError(110025, "Position mode is not modified")
    if any(each.size for each in account.every_position()):
        raise errors.of_reason(Reason.POSITION_OPEN, LINEAR)
    if any(call.place.category(each.ticket.symbol) == LINEAR for each in account.open_orders()):
        raise BybitError(110028, "Open orders exist, so you cannot change position mode")
    account.hedge = mode == _HEDGE
    return {}


def add_margin(call: Call) -> dict[str, Any]:
    """Move margin to an isolated position, or back where it is negative.

    Raises:
        BybitError: the position is none, not isolated, or so much is not there.
    """
    each = instrument_of(call, call.category())
    text = call.params.text("margin")
    found = amount_of(text.removeprefix("-"))
    if found is None or not found.exact or not found.atoms:
        raise errors.unreadable("margin")
    position = held(call, each)
    amount = -found.atoms if text.startswith("-") else found.atoms
    try:
        call.place.exchange.add_margin(call.account, position, amount, call.at)
    except Rejected:
        raise BybitError(110044, "Insufficient available margin") from None
    return row(call.place, call.account, position)


def held(call: Call, each: Instrument) -> Position:
    """The open position that `positionIdx` means.

    Raises:
        BybitError: there is none.
    """
    side = position_side(call)
    for position in call.account.every_position():
        if (position.symbol, position.side) == (each.symbol, side) and position.size:
            return position
    raise BybitError(10001, "can not set tp/sl/ts for zero position")


def _realised(account: Account, symbol: str) -> int:
    """What a contract brought so far, fees and funding included."""
    return sum(each.amount for each in account.every_income() if each.symbol == symbol)


def _stop_text(each: Instrument, order: Order | None) -> str:
    return texts.price(each, order.ticket.stop) if order is not None else ""


def told(place: BybitPlace, account: Account, position: Position) -> dict[str, Any]:
    """A position as the private stream shows it: it has its own name for the entry price."""
    found = row(place, account, position)
    found["entryPrice"] = found.pop("avgPrice")
    return {**found, "category": LINEAR}
