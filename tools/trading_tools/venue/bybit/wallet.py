"""The unified account's wallet as Bybit writes it."""

from __future__ import annotations

from typing import Any, Final

from trading_tools.venue.bybit import texts
from trading_tools.venue.bybit.call import Call
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.bybit.place import BybitPlace
from trading_tools.venue.bybit.quotes import usd
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.instruments import ATOMS
from trading_tools.venue.core.margin import Backing

SETTLE: Final = "USDT"


def balance(call: Call) -> dict[str, Any]:
    """Balances of all coins that the account has, or of those of `coin`."""
    if call.params.text("accountType") != "UNIFIED":
        raise BybitError(10001, "accountType only support UNIFIED.")
    wanted = [coin for coin in call.params.optional("coin").split(",") if coin]
    unknown = [coin for coin in wanted if coin not in call.place.assets]
    if unknown:
        raise BybitError(10001, f"params error: coin {unknown[0][:20]} invalid")
    return {"list": [row(call.place, call.account, wanted)]}


def row(place: BybitPlace, account: Account, wanted: list[str]) -> dict[str, Any]:
    """The wallet with the coins that are wanted: all that are not empty where none is named.

    Contracts are backed by the coin that they are settled in alone.
    """
    coins, equity, wallet = [], 0, 0
    backing = place.exchange.margins.backing(account, SETTLE)
    for asset in place.assets:
        free, locked = account.balance(asset)
        backs = backing if asset == SETTLE else None
        held = free + locked + (backs.isolated if backs else 0)
        worth = (held + (backs.unrealised if backs else 0)) * usd(place, asset) // ATOMS
        equity += worth
        wallet += held * usd(place, asset) // ATOMS
        if asset in wanted or (not wanted and held):
            coins.append(_coin(asset, held, locked, worth, backs, _realised(account, asset)))
    margin = backing.position_margin + backing.order_margin
    return {
        "accountType": "UNIFIED",
        "accountLTV": "0",
        "accountIMRate": texts.ratio(margin, backing.equity, 4),
        "accountMMRate": texts.ratio(backing.maintenance, backing.equity, 4),
        "accountIMRateByMp": texts.ratio(margin, backing.equity, 4),
        "accountMMRateByMp": texts.ratio(backing.maintenance, backing.equity, 4),
        "totalEquity": texts.plain(equity),
        "totalWalletBalance": texts.plain(wallet),
        "totalMarginBalance": texts.plain(backing.equity),
        "totalAvailableBalance": texts.plain(backing.available),
        "totalPerpUPL": texts.plain(backing.unrealised),
        "totalInitialMargin": texts.plain(margin),
        "totalMaintenanceMargin": texts.plain(backing.maintenance),
        "totalInitialMarginByMp": texts.plain(margin),
        "totalMaintenanceMarginByMp": texts.plain(backing.maintenance),
        "coin": coins,
    }


def _coin(
    asset: str, held: int, locked: int, worth: int, backing: Backing | None, realised: int
) -> dict[str, Any]:
    unrealised = backing.unrealised if backing else 0
    return {
        "coin": asset,
        "equity": texts.plain(held + unrealised),
        "usdValue": texts.plain(worth),
        "walletBalance": texts.plain(held),
        "borrowAmount": "0",
        "availableToWithdraw": "",
        "accruedInterest": "0",
        "totalOrderIM": texts.plain(backing.order_margin if backing else 0),
        "totalPositionIM": texts.plain(backing.position_margin if backing else 0),
        "totalPositionMM": texts.plain(backing.maintenance if backing else 0),
        "unrealisedPnl": texts.plain(unrealised),
        "cumRealisedPnl": texts.plain(realised),
        "bonus": "0",
        "collateralSwitch": backing is not None,
        "marginCollateral": backing is not None,
        "locked": texts.plain(locked),
        "spotHedgingQty": "0",
        "spotBorrow": "0",
        "free": "",
    }


def _realised(account: Account, asset: str) -> int:
    return sum(each.amount for each in account.every_income() if each.asset == asset)
