"""The unified account's wallet as Bybit writes it."""

from __future__ import annotations

from typing import Any

from trading_tools.venue.bybit import texts
from trading_tools.venue.bybit.call import Call
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.bybit.place import BybitPlace
from trading_tools.venue.bybit.quotes import usd
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.instruments import ATOMS


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
    """The wallet with the coins that are wanted: all that are not empty where none is named."""
    coins, equity = [], 0
    for asset in place.assets:
        free, locked = account.balance(asset)
        worth = (free + locked) * usd(place, asset) // ATOMS
        equity += worth
        if asset in wanted or (not wanted and (free or locked)):
            coins.append(_coin(asset, free + locked, locked, worth))
    total = texts.plain(equity)
    return {
        "accountType": "UNIFIED",
        "accountLTV": "0",
        "accountIMRate": "0",
        "accountMMRate": "0",
        "accountIMRateByMp": "0",
        "accountMMRateByMp": "0",
        "totalEquity": total,
        "totalWalletBalance": total,
        "totalMarginBalance": total,
        "totalAvailableBalance": total,
        "totalPerpUPL": "0",
        "totalInitialMargin": "0",
        "totalMaintenanceMargin": "0",
        "totalInitialMarginByMp": "0",
        "totalMaintenanceMarginByMp": "0",
        "coin": coins,
    }


def _coin(asset: str, held: int, locked: int, worth: int) -> dict[str, Any]:
    return {
        "coin": asset,
        "equity": texts.plain(held),
        "usdValue": texts.plain(worth),
        "walletBalance": texts.plain(held),
        "borrowAmount": "0",
        "availableToWithdraw": "",
        "accruedInterest": "0",
        "totalOrderIM": "0",
        "totalPositionIM": "0",
        "totalPositionMM": "0",
        "unrealisedPnl": "0",
        "cumRealisedPnl": "0",
        "bonus": "0",
        "collateralSwitch": True,
        "marginCollateral": True,
        "locked": texts.plain(locked),
        "spotHedgingQty": "0",
        "spotBorrow": "0",
        "free": "",
    }
