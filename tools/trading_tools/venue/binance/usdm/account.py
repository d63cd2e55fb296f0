"""The account: money, positions, their settings, and what has come in and gone out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from trading_tools.venue.binance.call import Call
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.usdm import errors, forms
from trading_tools.venue.binance.usdm.errors import refused
from trading_tools.venue.binance.usdm.place import usdm
from trading_tools.venue.binance.usdm.trading import window
from trading_tools.venue.core.contracts import Contract, PositionSide
from trading_tools.venue.core.instruments import Instrument, text_of
from trading_tools.venue.core.margin import Backing
from trading_tools.venue.core.orders import Rejected
from trading_tools.venue.core.positions import IncomeKind, Position, Terms

Row = dict[str, Any]
_ASSET = "USDT"
_DONE = {"code": 200, "msg": "success"}
_INCOMES = {
    IncomeKind.REALISED: "REALIZED_PNL",
    IncomeKind.FEE: "COMMISSION",
    IncomeKind.FUNDING: "FUNDING_FEE",
    IncomeKind.INSURANCE: "INSURANCE_CLEAR",
}


def account_v3(call: Call) -> Row:
    """Money and open positions."""
    return _account(call, _held(call))


def account_v2(call: Call) -> Row:
    """The same as it was told before: rights, and positions in every contract."""
    held = _every_position(call)
    told = _account(call, held)
    rights = {
        "feeTier": 0,
        "feeBurn": False,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }
    for position, row in zip(held, told["positions"], strict=True):
        each = call.listed(position.symbol)
        terms = _terms(call, each)
        row |= {
            "leverage": str(terms.leverage),
            "isolated": terms.isolated,
            "entryPrice": forms.entry_price(position, each),
            "breakEvenPrice": forms.break_even(position, each, call.account),
            "maxNotional": _most(_contract(call, each.symbol), terms.leverage),
            "bidNotional": "0",
            "askNotional": "0",
        }
    return rights | told


def balance(call: Call) -> list[Row]:
    """Money by asset."""
    backing = _backing(call)
    return [
        {
            "accountAlias": "SgsR",
            "asset": _ASSET,
            "balance": text_of(backing.wallet),
            "crossWalletBalance": text_of(backing.wallet - backing.isolated),
            "crossUnPnl": text_of(backing.cross_unrealised),
            "availableBalance": text_of(backing.available),
            "maxWithdrawAmount": text_of(_withdrawable(backing)),
            "marginAvailable": True,
            "updateTime": _updated(call),
        }
    ]


def positions_v3(call: Call) -> list[Row]:
    """Open positions with what they need."""
    return [_risk(call, position) for position in _held(call)]


def positions_v2(call: Call) -> list[Row]:
    """Positions in every contract, open or flat."""
    rows = []
    for position in _every_position(call):
        terms = _terms(call, call.listed(position.symbol))
        row = _risk(call, position)
        row |= {
            "marginType": "isolated" if terms.isolated else "cross",
            "isAutoAddMargin": "false",
            "leverage": str(terms.leverage),
            "maxNotionalValue": _most(_contract(call, position.symbol), terms.leverage),
        }
        rows.append(row)
    return rows


def set_leverage(call: Call) -> Row:
    """Hold a contract at another leverage."""
    instrument, leverage = call.instrument(), call.params.integer("leverage")
    contract = _contract(call, instrument.symbol)
    if not 1 <= leverage <= contract.max_leverage:
        code, words = errors.BAD_LEVERAGE
        raise BinanceError(code, words.format(leverage=leverage))
    try:
        call.venue.exchange.set_leverage(call.account, instrument.symbol, leverage, call.at)
    except Rejected as refusal:
        raise refused(refusal, None, instrument) from None
    return {
        "leverage": leverage,
        "maxNotionalValue": _most(contract, leverage),
        "symbol": instrument.symbol,
    }


def set_margin_type(call: Call) -> Row:
    """Let a contract's positions have margin of their own, or share the wallet."""
    instrument, named = call.instrument(), call.params.text("marginType")
    if named not in {"ISOLATED", "CROSSED"}:
        raise BinanceError(-1102, "Mandatory parameter 'marginType' was malformed.")
    isolated = named == "ISOLATED"
    if _terms(call, instrument).isolated is isolated:
        raise BinanceError(*errors.SAME_MARGIN_TYPE)
    if call.account.open_orders(instrument.symbol):
        raise BinanceError(*errors.ORDERS_OPEN)
    try:
        call.venue.exchange.set_isolated(call.account, instrument.symbol, isolated, call.at)
    except Rejected as refusal:
        raise refused(refusal, None, instrument) from None
    return _DONE


def change_margin(call: Call) -> Row:
    """Add margin to an isolated position (`type` 1), or take it back (2)."""
    instrument, params = call.instrument(), call.params
    side = PositionSide.BOTH
    if "positionSide" in params:
        side = params.choice("positionSide", PositionSide, -4060, "Invalid position side.")
    amount, way = params.amount("amount"), params.text("type")
    position = call.account.positions.get((instrument.symbol, side))
    if way not in {"1", "2"} or not amount:
        raise BinanceError(-4053, "Unsupported operation for this amount or type.")
    if position is None or not position.size or not position.isolated:
        raise BinanceError(-4054, "Cannot add position margin: position is 0 or not isolated.")
    try:
        signed = amount if way == "1" else -amount
        call.venue.exchange.add_margin(call.account, position, signed, call.at)
    except Rejected:
        raise BinanceError(-4051, "Isolated balance insufficient.") from None
    words = "Successfully modify position margin."
    return {"amount": float(text_of(amount)), "code": 200, "msg": words, "type": int(way)}


def position_mode(call: Call) -> Row:
    """Whether there are long and short positions side by side."""
    return {"dualSidePosition": call.account.hedge}


def set_position_mode(call: Call) -> Row:
    """Go over to the other position mode."""
    named = call.params.text("dualSidePosition").lower()
    if named not in {"true", "false"}:
        raise BinanceError(-1102, "Mandatory parameter 'dualSidePosition' was malformed.")
    if call.account.hedge is (named == "true"):
        raise BinanceError(*errors.SAME_POSITION_SIDE)
    if call.account.open_orders():
        raise BinanceError(*errors.SIDE_WITH_ORDERS)
    if any(position.size for position in call.account.every_position()):
        raise BinanceError(*errors.SIDE_WITH_POSITION)
    call.account.hedge = named == "true"
    return _DONE


def multi_assets(call: Call) -> Row:
    """Other assets are never margin here."""
    del call
    return {"multiAssetsMargin": False}


def account_config(call: Call) -> Row:
    """Rights and modes."""
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "dualSidePosition": call.account.hedge,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


def symbol_config(call: Call) -> list[Row]:
    """How each contract is held."""
    rows = []
    for each in call.instruments():
        terms = _terms(call, each)
        rows.append(
            {
                "symbol": each.symbol,
                "marginType": "ISOLATED" if terms.isolated else "CROSSED",
                "isAutoAddMargin": False,
                "leverage": terms.leverage,
                "maxNotionalValue": _most(_contract(call, each.symbol), terms.leverage),
            }
        )
    return rows


def commission_rate(call: Call) -> Row:
    """The account's fees in a contract."""
    maker, taker = call.account.maker_fee_ppm, call.account.taker_fee_ppm
    return {
        "symbol": call.instrument().symbol,
        "makerCommissionRate": text_of(maker * 100)[:-2],
        "takerCommissionRate": text_of(taker * 100)[:-2],
        "rpiCommissionRate": "0",
    }


def income(call: Call) -> list[Row]:
    """What has come in and gone out, oldest first."""
    params = call.params
    symbol = call.instrument().symbol if "symbol" in params else None
    kind = params.text_or("incomeType", "")
    start, end = window(call)
    found = [
        each
        for each in call.account.every_income()
        if symbol in {None, each.symbol}
        and kind in {"", _INCOMES[each.kind]}
        and start <= each.at <= end
    ]
    return [
        {
            "symbol": each.symbol,
            "incomeType": _INCOMES[each.kind],
            "income": text_of(each.amount),
            "asset": each.asset,
            "info": str(each.trade_id) if each.trade_id else _INCOMES[each.kind],
            "time": each.at,
            "tranId": 9_689_000_000 + each.number,
            "tradeId": str(each.trade_id) if each.trade_id else "",
        }
        for each in found[-params.limit(100, 1_000) :]
    ]


def adl_quantile(call: Call) -> list[Row]:
    """How near each position is to being deleveraged; made up: always in the middle."""
    return [{"symbol": each.symbol, "adlQuantile": {each.side.value: 2}} for each in _held(call)]


def adl_risk(call: Call) -> list[Row] | Row:
    """How likely deleveraging is in each contract; made up: never more than low."""
    rows: list[Row] = [
        {"symbol": each.symbol, "adlRisk": "low", "updateTime": call.at}
        for each in call.instruments()
    ]
    return rows[0] if "symbol" in call.params else rows


def fee_burn(call: Call) -> Row:
    """Fees are never paid in BNB here."""
    del call
    return {"feeBurn": False}


def start_stream(call: Call) -> Row:
    """A listen key; the one that is still good lives an hour from now."""
    return {"listenKey": usdm(call).listen_keys.start(call.account_name, call.at)}


def keep_stream(call: Call) -> Row:
    """Let the listen key live an hour from now."""
    keys = usdm(call).listen_keys
    if keys.of(call.account_name, call.at) is None:
        raise BinanceError(*errors.NO_LISTEN_KEY)
    return {"listenKey": keys.start(call.account_name, call.at)}


def end_stream(call: Call) -> Row:
    """End the listen key."""
    if usdm(call).listen_keys.end(call.account_name) is None:
        raise BinanceError(*errors.NO_LISTEN_KEY)
    return {}


def _backing(call: Call) -> Backing:
    """The account's money as it is shown: the balance may lag behind the true one."""
    backing = call.venue.exchange.margins.backing(call.account, _ASSET)
    late = sum(call.account.balance(_ASSET)) + backing.isolated - backing.wallet
    return replace(backing, wallet=backing.wallet + late, spare=backing.spare + late)


def _updated(call: Call) -> int:
    """When the account changed last; ccxt takes a balance that never did for none."""
    return max(call.account.updated_ms, call.venue.started_ms)


def _withdrawable(backing: Backing) -> int:
    return max(0, min(backing.available, backing.wallet - backing.isolated))


def _contract(call: Call, symbol: str) -> Contract:
    return call.venue.exchange.margins.terms(symbol)[1]


def _terms(call: Call, each: Instrument) -> Terms:
    leverage = _contract(call, each.symbol).default_leverage
    return call.account.terms_of(each.symbol, leverage)


def _most(contract: Contract, leverage: int) -> str:
    return text_of(contract.largest(leverage))[:-9]


def _held(call: Call) -> list[Position]:
    """Positions that are open, of `symbol` or of all contracts."""
    symbol = call.instrument().symbol if "symbol" in call.params else None
    return [
        position
        for position in call.account.every_position()
        if position.size and symbol in {None, position.symbol}
    ]


def _every_position(call: Call) -> list[Position]:
    """A position for each contract and side, flat ones too."""
    sides = [PositionSide.LONG, PositionSide.SHORT] if call.account.hedge else [PositionSide.BOTH]
    known = {(each.symbol, each.side): each for each in call.account.every_position()}
    return [
        known.get((each.symbol, side), Position(each.symbol, side))
        for each in call.instruments()
        for side in sides
    ]


def _risk(call: Call, position: Position) -> Row:
    exchange = call.venue.exchange
    mark = exchange.books[position.symbol].mark
    each = call.listed(position.symbol)
    return forms.position_risk(call.account, position, each, mark, exchange.margins)


def _account(call: Call, positions: list[Position]) -> Row:
    backing = _backing(call)
    money = forms.totals(backing)
    available, withdrawable = text_of(backing.available), text_of(_withdrawable(backing))
    told: Row = {f"total{name[0].upper()}{name[1:]}": text for name, text in money.items()}
    told |= {"availableBalance": available, "maxWithdrawAmount": withdrawable}
    told["assets"] = [
        {
            "asset": _ASSET,
            **money,
            "availableBalance": available,
            "maxWithdrawAmount": withdrawable,
            "marginAvailable": True,
            "updateTime": _updated(call),
        }
    ]
    rows = []
    for position in positions:
        risk = _risk(call, position)
        rows.append(
            {
                "symbol": risk["symbol"],
                "positionSide": risk["positionSide"],
                "positionAmt": risk["positionAmt"],
                "unrealizedProfit": risk["unRealizedProfit"],
                "isolatedMargin": risk["isolatedMargin"],
                "notional": risk["notional"],
                "isolatedWallet": risk["isolatedWallet"],
                "initialMargin": risk["initialMargin"],
                "maintMargin": risk["maintMargin"],
                "positionInitialMargin": risk["positionInitialMargin"],
                "openOrderInitialMargin": risk["openOrderInitialMargin"],
                "updateTime": risk["updateTime"],
            }
        )
    told["positions"] = rows
    return told
