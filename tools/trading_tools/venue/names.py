"""Which venues there are, by the names of the command line.

A venue's package is imported when one of it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from trading_tools.venue.wire.venue import Venue

Clock = Callable[[], int]


def _binance(seed: int, clock: Clock) -> Venue:
    from trading_tools.venue.binance.adapter import BinanceSpot
    from trading_tools.venue.binance.spot import SpotVenue

    return BinanceSpot(SpotVenue(seed, clock))


def _binanceusdm(seed: int, clock: Clock) -> Venue:
    from trading_tools.venue.binance.usdm.adapter import BinanceUsdm
    from trading_tools.venue.binance.usdm.place import UsdmVenue

    return BinanceUsdm(UsdmVenue(seed, clock))


VENUES: Final[Mapping[str, Callable[[int, Clock], Venue]]] = {
    "binance": _binance,
    "binanceusdm": _binanceusdm,
}
"""What makes each venue, from its seed and a clock in milliseconds since 1970."""
