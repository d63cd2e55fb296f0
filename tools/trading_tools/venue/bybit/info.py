"""What hardly changes while the venue runs: time, instruments, coins and the key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from trading_tools.venue.bybit.call import Call
from trading_tools.venue.bybit.contracts import instrument_row
from trading_tools.venue.bybit.listing import NAMES, SPOT
from trading_tools.venue.bybit.pages import page
from trading_tools.venue.core.instruments import Instrument

UID = 24_617_703
_KEY_DAYS = 90


def time(call: Call) -> dict[str, Any]:
    """The venue's clock."""
    return {"timeSecond": str(call.at // 1_000), "timeNano": str(call.at * 1_000_000)}


def status(call: Call) -> dict[str, Any]:
    """Announced maintenance: none."""
    del call
    return {"list": []}


def instruments(call: Call) -> dict[str, Any]:
    """Instruments and their rules."""
    category = call.category()
    wanted = call.instruments() if call.params.optional("status", "Trading") == "Trading" else []
    if category == SPOT:
        return {
            "category": category,
            "nextPageCursor": "",
            "list": [_spot(call, each) for each in wanted],
        }
    limit = call.params.limit(500, 1_000)
    rows, cursor = page(call, wanted, lambda each: each.symbol, limit)
    return {
        "category": category,
        "nextPageCursor": cursor if rows and rows[-1] is not wanted[-1] else "",
        "list": [instrument_row(call.place, each) for each in rows],
    }


def coins(call: Call) -> dict[str, Any]:
    """Coins; deposits and withdrawals are closed."""
    coin = call.params.optional("coin")
    rows = [
        {
            "name": asset,
            "coin": asset,
            "remainAmount": "0",
            "chains": [
                {
                    "chainType": NAMES.get(asset, asset),
                    "confirmation": "1",
                    "withdrawFee": "0",
                    "depositMin": "0",
                    "withdrawMin": "0",
                    "chain": NAMES.get(asset, asset),
                    "chainDeposit": "0",
                    "chainWithdraw": "0",
                    "minAccuracy": "8",
                    "withdrawPercentageFee": "0",
                    "contractAddress": "",
                    "safeConfirmNumber": "1",
                }
            ],
        }
        for asset in call.place.assets
        if coin in ("", asset)
    ]
    return {"rows": rows}


def api_key(call: Call) -> dict[str, Any]:
    """The key and what it may do."""
    created = datetime.fromtimestamp(call.place.started_ms / 1_000, UTC).replace(microsecond=0)
    expired = created + timedelta(days=_KEY_DAYS)
    return {
        "id": "13770661",
        "note": "drill",
        "apiKey": call.place.credentials.key,
        "readOnly": 0,
        "secret": "",
        "permissions": {
            "ContractTrade": ["Order", "Position"],
            "Spot": ["SpotTrade"],
            "Wallet": ["AccountTransfer"],
            "Options": ["OptionsTrade"],
            "Derivatives": ["DerivativesTrade"],
            "CopyTrading": [],
            "BlockTrade": [],
            "Exchange": [],
            "NFT": [],
            "Affiliate": [],
            "Earn": [],
        },
        "ips": ["*"],
        "type": 1,
        "deadlineDay": _KEY_DAYS,
        "expiredAt": f"{expired:%Y-%m-%dT%H:%M:%SZ}",
        "createdAt": f"{created:%Y-%m-%dT%H:%M:%SZ}",
        "unified": 0,
        "uta": 1,
        "userID": UID,
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
        "parentUid": "0",
        "kycLevel": "LEVEL_DEFAULT",
        "kycRegion": "",
    }


def _spot(call: Call, each: Instrument) -> dict[str, Any]:
    return {
        "symbol": call.place.name(each.symbol),
        "baseCoin": each.base,
        "quoteCoin": each.quote,
        "innovation": "0",
        "symbolType": "",
        "status": "Trading",
        "marginTrading": "none",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": str(each.step_size),
            "quotePrecision": "0.00000001",
            "minOrderQty": str(each.min_size),
            "maxOrderQty": str(each.max_size),
            "minOrderAmt": str(each.min_notional),
            "maxOrderAmt": str(each.max_notional),
            "maxLimitOrderQty": str(each.max_size),
            "maxMarketOrderQty": str(each.max_market_size),
            "postOnlyMaxLimitOrderSize": str(each.max_size),
        },
        "priceFilter": {"tickSize": str(each.tick_size)},
        "riskParameters": {
            "priceLimitRatioX": str(each.price_band - 1),
            "priceLimitRatioY": str(each.price_band - 1),
        },
    }
