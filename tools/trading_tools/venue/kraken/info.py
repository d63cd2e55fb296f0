"""What the venue says about itself: time, status, assets and pairs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from trading_tools.venue.kraken.call import Call, stamp
from trading_tools.venue.kraken.errors import UNKNOWN_ASSET, KrakenError
from trading_tools.venue.kraken.listing import ASSETS, Asset, Pair, asset_called
from trading_tools.venue.kraken.spot import MAKER_PPM, TAKER_PPM

_TIERS: Final = (
    (0, MAKER_PPM / 10_000, TAKER_PPM / 10_000),
    (10_000, 0.2, 0.35),
    (50_000, 0.14, 0.24),
    (100_000, 0.12, 0.22),
    (250_000, 0.1, 0.2),
    (500_000, 0.08, 0.18),
    (1_000_000, 0.06, 0.16),
    (2_500_000, 0.04, 0.14),
    (5_000_000, 0.02, 0.12),
    (10_000_000, 0.0, 0.1),
)
COST_DECIMALS: Final = 5


def time(call: Call) -> dict[str, Any]:
    """The venue's clock, in whole seconds."""
    moment = datetime.fromtimestamp(call.at // 1_000, UTC)
    return {
        "unixtime": call.at // 1_000,
        "rfc1123": moment.strftime("%a, %d %b %y %H:%M:%S +0000"),
    }


def system_status(call: Call) -> dict[str, Any]:
    """Always online: outages are faults."""
    return {"status": "online", "timestamp": stamp(call.at, seconds=True)}


def assets(call: Call) -> dict[str, Any]:
    """The assets of `asset`, else all that are traded."""
    wanted = call.params.names("asset") or call.venue.assets
    found = [asset_called(name) for name in wanted]
    if None in found:
        raise KrakenError(UNKNOWN_ASSET)
    return {asset.id: asset_form(asset) for asset in found if asset is not None}


def asset_form(asset: Asset) -> dict[str, Any]:
    """One asset."""
    return {
        "aclass": "currency",
        "altname": asset.altname,
        "decimals": asset.decimals,
        "display_decimals": asset.shown,
        "collateral_value": 1.0,
        "status": "enabled",
    }


def asset_pairs(call: Call) -> dict[str, Any]:
    """The pairs of `pair`, else all; `info` chooses a part of what is told."""
    part = call.params.optional("info") or "info"
    names = _PARTS.get(part)
    rows = {}
    for key, pair in call.pairs().items():
        form = pair_form(pair)
        rows[key] = {name: form[name] for name in names} if names else form
    return rows


def pair_form(pair: Pair) -> dict[str, Any]:
    """One pair with its rules."""
    rules = pair.instrument
    return {
        "altname": pair.altname,
        "wsname": pair.wsname,
        "aclass_base": "currency",
        "base": pair.base.id,
        "aclass_quote": "currency",
        "quote": pair.quote.id,
        "lot": "unit",
        "cost_decimals": COST_DECIMALS,
        "pair_decimals": pair.pair_decimals,
        "lot_decimals": pair.lot_decimals,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[volume, taker] for volume, _, taker in _TIERS],
        "fees_maker": [[volume, maker] for volume, maker, _ in _TIERS],
        "fee_volume_currency": ASSETS["USD"].id,
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": f"{rules.min_size:f}",
        "costmin": f"{rules.min_notional:f}",
        "tick_size": f"{rules.tick_size:f}",
        "status": "online",
    }


_PARTS: Final = {
    "leverage": ("leverage_buy", "leverage_sell"),
    "fees": ("fees", "fees_maker", "fee_volume_currency"),
    "margin": ("margin_call", "margin_stop"),
}


def trade_volume(call: Call) -> dict[str, Any]:
    """The account's traded volume in USD (none counts here) and its fees."""
    fees: dict[str, Any] = {}
    maker_fees: dict[str, Any] = {}
    for pair in [call.listed(name) for name in call.params.names("pair")]:
        fees[pair.id] = _fee(TAKER_PPM, "0.1000", _TIERS[1][2])
        maker_fees[pair.id] = _fee(MAKER_PPM, "0.0000", _TIERS[1][1])
    told: dict[str, Any] = {"currency": ASSETS["USD"].id, "volume": "0.0000"}
    return {**told, "fees": fees, "fees_maker": maker_fees} if fees else told


def _fee(ppm: int, least: str, following: float) -> dict[str, str]:
    now = f"{ppm / 10_000:.4f}"
    return {
        "fee": now,
        "minfee": least,
        "maxfee": now,
        "nextfee": f"{following:.4f}",
        "tiervolume": "0.0000",
        "nextvolume": f"{_TIERS[1][0]:.4f}",
    }
