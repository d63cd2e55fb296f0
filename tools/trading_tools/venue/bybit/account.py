"""The account's own settings: its modes, its fees, and the switch for when nobody is there."""

from __future__ import annotations

from typing import Any, Final

from trading_tools.venue.bybit import errors, texts
from trading_tools.venue.bybit.call import Call
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.bybit.listing import LINEAR, SPOT
from trading_tools.venue.bybit.place import CROSS, ISOLATED
from trading_tools.venue.bybit.switch import LONGEST_S, PRODUCTS, SHORTEST_S

_PORTFOLIO: Final = "PORTFOLIO_MARGIN"


def info(call: Call) -> dict[str, Any]:
    """The account's modes."""
    armed = list(call.place.switch.armed.values())
    return {
        "marginMode": call.place.margin_mode,
        "updatedTime": str(call.place.started_ms),
        "unifiedMarginStatus": 5,
        "dcpStatus": "ON" if armed else "OFF",
        "timeWindow": armed[-1].window_s if armed else 0,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def fee_rates(call: Call) -> dict[str, Any]:
    """The account's fees for each instrument; every category where none is named."""
    category = call.params.optional("category")
    kinds = [call.category()] if category else [SPOT, LINEAR]
    account = call.account
    rows = [
        {
            "symbol": call.place.name(each.symbol),
            "baseCoin": "",
            "takerFeeRate": texts.rate(account.fees_ppm(each.contract is not None)[1]),
            "makerFeeRate": texts.rate(account.fees_ppm(each.contract is not None)[0]),
        }
        for kind in kinds
        for each in (call.instruments() if category else call.place.listed(kind))
    ]
    return {"category": category, "list": rows}


def arm_switch(call: Call) -> dict[str, Any]:
    """Set the dead man's switch of a product.

    Raises:
        BybitError: the window is not between 3 and 300 seconds, or the product is none.
    """
    product = call.params.optional("product", "OPTIONS")
    window_s = call.params.integer("timeWindow")
    if product not in PRODUCTS:
        raise errors.unreadable("product")
    if not SHORTEST_S <= window_s <= LONGEST_S:
        raise errors.unreadable("timeWindow")
    call.place.switch.arm(product, window_s)
    return {}


def switches(call: Call) -> dict[str, Any]:
    """The dead man's switches that are set."""
    rows = [
        {"product": product, "dcpStatus": "ON", "timeWindow": str(armed.window_s)}
        for product, armed in call.place.switch.armed.items()
    ]
    return {"dcpInfos": rows}


def set_margin_mode(call: Call) -> dict[str, Any]:
    """Choose between cross and isolated margin, for all contracts at once.

    Raises:
        BybitError: there are positions, or it is portfolio margin, which this venue has not.
    """
    mode, place = call.params.text("setMarginMode"), call.place
    if mode not in (CROSS, ISOLATED, _PORTFOLIO):
        raise errors.unreadable("setMarginMode")
    held = any(each.size for each in call.account.every_position())
    if mode == _PORTFOLIO or held:
        raise BybitError(3_400_045, "Set margin mode failed")
    for each in place.listed(LINEAR):
        place.exchange.set_isolated(call.account, each.symbol, mode == ISOLATED, call.at)
    place.margin_mode = mode
    return {"reasons": []}
