"""The account's own settings: its modes and the switch that cancels orders when nobody is there."""

from __future__ import annotations

from typing import Any

from trading_tools.venue.bybit.call import Call


def info(call: Call) -> dict[str, Any]:
    """The account's modes."""
    return {
        "marginMode": "REGULAR_MARGIN",
        "updatedTime": str(call.place.started_ms),
        "unifiedMarginStatus": 5,
        "dcpStatus": "OFF",
        "timeWindow": 0,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }
