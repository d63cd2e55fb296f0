"""What the account has: wallets of both APIs, portfolio, fees and rights; no futures.

The v2 API shows a wallet's whole balance, v3 what is available and what orders hold.
"""

from __future__ import annotations

from typing import Any

from trading_tools.venue.coinbase.call import Call
from trading_tools.venue.coinbase.errors import gateway_error, invalid, listed_error
from trading_tools.venue.coinbase.listing import FIAT, NAMES
from trading_tools.venue.coinbase.place import CoinbasePlace
from trading_tools.venue.coinbase.texts import plain, time_text, uuid_text
from trading_tools.venue.core.instruments import ATOMS

_PAGE = 49
_MOST = 250
_V2_PAGE = 25
_V2_MOST = 300
_THIRTY_DAYS_MS = 30 * 86_400_000
_DOLLARS = frozenset({"USD", "USDC"})


def accounts(call: Call) -> dict[str, Any]:
    """A page of wallets with what is available and what is on hold."""
    assets, params = call.place.assets, call.params
    start = params.text("cursor", "")
    if start and start not in assets:
        raise invalid("cursor is not one that was given out")
    first = assets.index(start) if start else 0
    page = assets[first : first + params.limit(_PAGE, _MOST)]
    rest = assets[first + len(page) :]
    return {
        "accounts": [_wallet(call, asset) for asset in page],
        "has_next": bool(rest),
        "cursor": rest[0] if rest else "",
        "size": len(page),
    }


def account(call: Call) -> dict[str, Any]:
    """One wallet by its id."""
    for asset in call.place.assets:
        if wallet_id(call.place, asset) == call.argument:
            return {"account": _wallet(call, asset)}
    raise gateway_error(404, "NOT_FOUND", "account not found")


def older_accounts(call: Call) -> dict[str, Any]:
    """A page of wallets as the v2 API shows them."""
    assets, params = call.place.assets, call.params
    limit, after = params.limit(_V2_PAGE, _V2_MOST), params.text("starting_after", "")
    ids = [wallet_id(call.place, asset) for asset in assets]
    if after and after not in ids:
        raise listed_error(400, "invalid_request", "starting_after is not an account's id")
    first = ids.index(after) + 1 if after else 0
    page = assets[first : first + limit]
    more = first + len(page) < len(assets)
    last = wallet_id(call.place, page[-1]) if more else None
    return {
        "pagination": {
            "ending_before": None,
            "starting_after": after or None,
            "previous_ending_before": None,
            "next_starting_after": last,
            "limit": limit,
            "order": "desc",
            "previous_uri": None,
            "next_uri": f"/v2/accounts?limit={limit}&starting_after={last}" if more else None,
        },
        "data": [_older_wallet(call, asset) for asset in page],
    }


def older_account(call: Call) -> dict[str, Any]:
    """One wallet as the v2 API shows it, by its id or its asset."""
    for asset in call.place.assets:
        if call.argument in {asset, wallet_id(call.place, asset)}:
            return {"data": _older_wallet(call, asset)}
    raise listed_error(404, "not_found", "Not found")


def transaction_summary(call: Call) -> dict[str, Any]:
    """The fees of the account and what it has traded in thirty days, in dollars."""
    traded = [
        fill
        for fill in call.account.every_fill()
        if fill.at > call.at - _THIRTY_DAYS_MS and fill.fee_asset in _DOLLARS
    ]
    volume = float(plain(sum(fill.quote for fill in traded)))
    fees = float(plain(sum(fill.fee for fill in traded)))
    return {
        "total_volume": volume,
        "total_fees": fees,
        "fee_tier": {
            "pricing_tier": "Advanced 1",
            "usd_from": "0",
            "usd_to": "1000",
            "taker_fee_rate": _rate(call.account.taker_fee_ppm),
            "maker_fee_rate": _rate(call.account.maker_fee_ppm),
            "aop_from": "",
            "aop_to": "",
        },
        "margin_rate": None,
        "goods_and_services_tax": None,
        "advanced_trade_only_volume": volume,
        "advanced_trade_only_fees": fees,
        "coinbase_pro_volume": 0,
        "coinbase_pro_fees": 0,
        "total_balance": "",
        "has_promo_fee": False,
    }


def portfolios(call: Call) -> dict[str, Any]:
    """The account's one portfolio."""
    return {"portfolios": [_portfolio(call.place)]}


def portfolio(call: Call) -> dict[str, Any]:
    """What the portfolio holds, worth in dollars at the last prices."""
    place = call.place
    if call.argument != place.portfolio_id:
        raise gateway_error(404, "NOT_FOUND", "portfolio not found")
    held = {asset: sum(call.account.balance(asset)) for asset in place.assets}
    worths = {asset: _dollars(place, asset, amount) for asset, amount in held.items()}
    total = sum(worths.values())
    cash = sum(worth for asset, worth in worths.items() if asset in _DOLLARS)
    return {
        "breakdown": {
            "portfolio": _portfolio(place),
            "portfolio_balances": {
                "total_balance": _money(total),
                "total_futures_balance": _money(0),
                "total_cash_equivalent_balance": _money(cash),
                "total_crypto_balance": _money(total - cash),
                "futures_unrealized_pnl": _money(0),
                "perp_unrealized_pnl": _money(0),
            },
            "spot_positions": [_spot_position(call, asset, worths, total) for asset in worths],
            "perp_positions": [],
            "futures_positions": [],
        }
    }


def key_permissions(call: Call) -> dict[str, Any]:
    """What the key may do: look and trade."""
    return {
        "can_view": True,
        "can_trade": True,
        "can_transfer": False,
        "portfolio_uuid": call.place.portfolio_id,
        "portfolio_type": "DEFAULT",
    }


def payment_methods(call: Call) -> dict[str, Any]:
    """Ways to pay in: none."""
    del call
    return {"payment_methods": []}


def futures_balance(call: Call) -> dict[str, Any]:
    """The balance of futures: the account has none."""
    del call
    return {"balance_summary": None}


def futures_positions(call: Call) -> dict[str, Any]:
    """Positions in futures: none."""
    del call
    return {"positions": []}


def futures_position(call: Call) -> dict[str, Any]:
    """A position in a future: there is none."""
    raise gateway_error(404, "NOT_FOUND", f"no position found for {call.argument[:100]}")


def futures_sweeps(call: Call) -> dict[str, Any]:
    """Pending transfers out of futures: none."""
    del call
    return {"sweeps": []}


def wallet_id(place: CoinbasePlace, asset: str) -> str:
    """The id of the account's wallet of an asset."""
    return uuid_text(place.seed, f"wallet of {asset}")


def _wallet(call: Call, asset: str) -> dict[str, Any]:
    free, held = call.account.balance(asset)
    opened = time_text(call.place.started_ms)
    return {
        "uuid": wallet_id(call.place, asset),
        "name": f"{asset} Wallet",
        "currency": asset,
        "available_balance": {"value": plain(free), "currency": asset},
        "default": True,
        "active": True,
        "created_at": opened,
        "updated_at": time_text(call.account.updated_ms) if call.account.updated_ms else opened,
        "deleted_at": None,
        "type": "ACCOUNT_TYPE_FIAT" if asset in FIAT else "ACCOUNT_TYPE_CRYPTO",
        "ready": True,
        "hold": {"value": plain(held), "currency": asset},
        "retail_portfolio_id": call.place.portfolio_id,
        "platform": "ACCOUNT_PLATFORM_CONSUMER",
    }


def _older_wallet(call: Call, asset: str) -> dict[str, Any]:
    opened, number = time_text(call.place.started_ms), wallet_id(call.place, asset)
    return {
        "id": number,
        "name": f"{asset} Wallet",
        "primary": False,
        "type": "fiat" if asset in FIAT else "wallet",
        "currency": currency_form(call.place, asset),
        "balance": {"amount": plain(sum(call.account.balance(asset))), "currency": asset},
        "created_at": opened,
        "updated_at": opened,
        "resource": "account",
        "resource_path": f"/v2/accounts/{number}",
        "allow_deposits": False,
        "allow_withdrawals": False,
    }


def currency_form(place: CoinbasePlace, asset: str) -> dict[str, Any]:
    """An asset as the v2 API describes it."""
    fiat = asset in FIAT
    form: dict[str, Any] = {
        "code": asset,
        "name": NAMES[asset],
        "color": "#0066cf",
        "sort_index": 100 + place.assets.index(asset),
        "exponent": 2 if fiat else 8,
        "type": "fiat" if fiat else "crypto",
    }
    if not fiat:
        form["address_regex"] = "^.*$"
        form["asset_id"] = asset_id(asset)
    return form


def asset_id(asset: str) -> str:
    """The id of an asset, which is the same for every seed."""
    return uuid_text(0, f"asset {asset}")


def _rate(ppm: int) -> str:
    return plain(ppm * ATOMS // 1_000_000)


def _portfolio(place: CoinbasePlace) -> dict[str, Any]:
    return {
        "name": "Default",
        "uuid": place.portfolio_id,
        "type": "DEFAULT",
        "deleted": False,
    }


def _money(amount: int) -> dict[str, str]:
    return {"value": plain(amount), "currency": "USD"}


def _dollars(place: CoinbasePlace, asset: str, amount: int) -> int:
    """What `amount` atoms are worth at the last price, in atoms of dollars."""
    if asset in _DOLLARS:
        return amount
    symbol = f"{asset}-USD"
    each, sides = place.instruments[symbol], place.exchange.books[symbol]
    return amount * sides.last_price * each.tick_atoms // ATOMS


def _spot_position(call: Call, asset: str, worths: dict[str, int], total: int) -> dict[str, Any]:
    free, held = call.account.balance(asset)
    spendable = plain(_dollars(call.place, asset, free))
    return {
        "asset": asset,
        "account_uuid": wallet_id(call.place, asset),
        "total_balance_fiat": plain(worths[asset]),
        "total_balance_crypto": plain(free + held),
        "available_to_trade_fiat": spendable,
        "available_to_trade_crypto": plain(free),
        "available_to_transfer_fiat": spendable,
        "available_to_transfer_crypto": plain(free),
        "allocation": plain(worths[asset] * ATOMS // (total or 1)),
        "cost_basis": _money(0),
        "average_entry_price": _money(0),
        "asset_img_url": "",
        "is_cash": asset in FIAT,
        "asset_uuid": asset_id(asset),
        "unrealized_pnl": "0",
        "asset_color": "",
        "account_type": "ACCOUNT_TYPE_FIAT" if asset in FIAT else "ACCOUNT_TYPE_CRYPTO",
    }
