"""Which venues there are, by the names of the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.binance.spot import SpotVenue
from trading_tools.venue.bybit.adapter import Bybit
from trading_tools.venue.bybit.place import BybitPlace
from trading_tools.venue.wire.venue import Venue

Clock = Callable[[], int]


def _binance(seed: int, clock: Clock) -> Venue:
    return BinanceSpot(SpotVenue(seed, clock))


def _bybit(seed: int, clock: Clock) -> Venue:
    return Bybit(BybitPlace(seed, clock))


VENUES: Final[Mapping[str, Callable[[int, Clock], Venue]]] = {
    "binance": _binance,
    "bybit": _bybit,
}
"""What makes each venue, from its seed and a clock in milliseconds since 1970."""
