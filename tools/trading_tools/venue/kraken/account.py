"""What the account has: balances, their worth, and the entries of its own ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from trading_tools.venue.core.instruments import ATOMS
from trading_tools.venue.kraken import forms
from trading_tools.venue.kraken.call import Call
from trading_tools.venue.kraken.errors import UNKNOWN_ASSET, KrakenError
from trading_tools.venue.kraken.listing import ASSETS, Asset, asset_called, decimal
from trading_tools.venue.kraken.pages import page, window
from trading_tools.venue.kraken.signing import TOKEN_S
from trading_tools.venue.kraken.spot import BALANCES, KrakenSpot

IIBAN = "AA75 N84G DRIL LKEY"
"""The account's public number, as Kraken writes them."""


class Entry(NamedTuple):
    """One entry of the account's ledger; amounts in atoms, `balance` is what was there after."""

    id: str
    refid: str
    at: int
    kind: str
    asset: Asset
    amount: int
    fee: int
    balance: int


def balance(call: Call) -> dict[str, str]:
    """What the account has of each asset, orders included."""
    return {
        asset.id: decimal(sum(call.account.balance(asset.name)), asset.decimals)
        for asset in _held(call)
    }


def balance_ex(call: Call) -> dict[str, dict[str, str]]:
    """What the account has, and what of it orders hold."""
    return {
        asset.id: {
            "balance": decimal(sum(call.account.balance(asset.name)), asset.decimals),
            "hold_trade": decimal(call.account.balance(asset.name)[1], asset.decimals),
        }
        for asset in _held(call)
    }


def _held(call: Call) -> list[Asset]:
    return [
        asset
        for asset in ASSETS.values()
        if asset.name in BALANCES or any(call.account.balance(asset.name))
    ]


def trade_balance(call: Call) -> dict[str, str]:
    """The worth of all balances in one asset, USD by default. There is no margin."""
    asset = asset_called(call.params.optional("asset") or "USD")
    if asset is None:
        raise KrakenError(UNKNOWN_ASSET)
    worth = sum(
        sum(call.account.balance(held.name)) * dollars(call.venue, held.name) // ATOMS
        for held in _held(call)
    )
    told = decimal(worth * ATOMS // (dollars(call.venue, asset.name) or ATOMS), 4)
    nothing = decimal(0, 4)
    return {
        "eb": told,
        "tb": told,
        "m": nothing,
        "uv": nothing,
        "n": nothing,
        "c": nothing,
        "v": nothing,
        "e": told,
        "mf": told,
    }


def dollars(venue: KrakenSpot, asset: str) -> int:
    """What one unit of an asset is worth in USD, in atoms: by its pair, else by BTC's, else 0."""
    if asset in {"USD", "USDT"}:
        return ATOMS
    books = venue.exchange.books
    direct, bitcoin = f"{asset}/USD", f"BTC/{asset}"
    if direct in books:
        return books[direct].last_price * venue.pair(direct).instrument.tick_atoms
    if bitcoin not in books:
        return 0
    price = books[bitcoin].last_price * venue.pair(bitcoin).instrument.tick_atoms
    return dollars(venue, "BTC") * ATOMS // price


def open_positions(call: Call) -> list[Any] | dict[str, Any]:
    """None: a spot account has no margin."""
    return [] if call.params.optional("consolidation") == "market" else {}


def denied(call: Call) -> None:
    """What the drill's key has no right to: funding, transfers, subaccounts, earning, exports.

    Raises:
        KrakenError: always.
    """
    raise KrakenError("EGeneral:Permission denied")


def token(call: Call) -> dict[str, Any]:
    """A token for the private WebSocket."""
    return {"token": call.venue.gate.token(call.at), "expires": TOKEN_S}


def key_info(call: Call) -> dict[str, Any]:
    """The key and what it may do: look, trade and open a stream, from this machine."""
    return {
        "apiKeyName": "drill",
        "apiKey": call.venue.credentials.key,
        "nonce": call.params.text("nonce"),
        "nonceWindow": 0,
        "permissions": [
            "query-funds",
            "query-open-trades",
            "query-closed-trades",
            "modify-trades",
            "close-trades",
            "access-websockets",
        ],
        "iban": IIBAN,
        "validUntil": "0",
        "queryFrom": "0",
        "queryTo": "0",
        "createdTime": "1772542900",
        "modifiedTime": "1772543095",
        "ipAllowlist": ["127.0.0.1"],
        "lastUsed": str(call.at // 1_000),
    }


def ledgers(call: Call) -> dict[str, Any]:
    """The entries of the account's ledger, newest first, fifty at once."""
    params = call.params
    wanted = {asset.id for name in params.names("asset") if (asset := asset_called(name))}
    kind = params.optional("type") or "all"
    start, end = window(call, {entry.id: entry.at for entry in entries(call)})
    found = [
        entry
        for entry in entries(call)
        if start < entry.at <= end
        and (not wanted or entry.asset.id in wanted)
        and kind in {"all", entry.kind}
    ]
    rows = page(call, found[::-1])
    return {"ledger": {entry.id: _entry_form(entry) for entry in rows}, "count": len(found)}


def query_ledgers(call: Call) -> dict[str, Any]:
    """Entries of the account's ledger by their ids."""
    wanted = set(call.params.names("id"))
    return {entry.id: _entry_form(entry) for entry in entries(call) if entry.id in wanted}


def entries(call: Call) -> Iterator[Entry]:
    """All entries, oldest first: what was paid in at the start, and two for each trade."""
    venue, running = call.venue, dict(BALANCES)
    for name, amount in BALANCES.items():
        made = venue.ids.of("L", f"deposit of {name}")
        refid = venue.ids.of("Q", f"deposit of {name}")
        yield Entry(made, refid, venue.started_ms, "deposit", ASSETS[name], amount, 0, amount)
    for fill in call.account.every_fill():
        refid = forms.trade_id(venue, fill)
        for made, asset, amount, fee in forms.moves(venue, fill):
            running[asset.name] = running.get(asset.name, 0) + amount - fee
            left = running[asset.name]
            yield Entry(made, refid, fill.at, "trade", asset, amount, fee, left)


def _entry_form(entry: Entry) -> dict[str, Any]:
    places = entry.asset.decimals
    return {
        "aclass": "currency",
        "amount": decimal(entry.amount, places),
        "asset": entry.asset.id,
        "balance": decimal(entry.balance, places),
        "fee": decimal(entry.fee, places),
        "refid": entry.refid,
        "time": entry.at / 1_000,
        "type": entry.kind,
        "subtype": "tradespot" if entry.kind == "trade" else "",
        "wallet": "spot / main",
    }
