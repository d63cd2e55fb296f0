"""Which venues there are, by the names of the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from trading_tools.venue.binance.adapter import BinanceSpot
from trading_tools.venue.binance.spot import SpotVenue
from trading_tools.venue.kraken.adapter import Kraken
from trading_tools.venue.kraken.spot import KrakenSpot
from trading_tools.venue.wire.venue import Venue

Clock = Callable[[], int]


def _binance(seed: int, clock: Clock) -> Venue:
    return BinanceSpot(SpotVenue(seed, clock))


def _kraken(seed: int, clock: Clock) -> Venue:
    return Kraken(KrakenSpot(seed, clock))


VENUES: Final[Mapping[str, Callable[[int, Clock], Venue]]] = {
    "binance": _binance,
    "kraken": _kraken,
}
"""What makes each venue, from its seed and a clock in milliseconds since 1970."""
