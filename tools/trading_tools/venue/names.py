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


def _bybit(seed: int, clock: Clock) -> Venue:
    from trading_tools.venue.bybit.adapter import Bybit
    from trading_tools.venue.bybit.place import BybitPlace

    return Bybit(BybitPlace(seed, clock))


def _coinbase(seed: int, clock: Clock) -> Venue:
    from trading_tools.venue.coinbase.adapter import Coinbase
    from trading_tools.venue.coinbase.place import CoinbasePlace

    return Coinbase(CoinbasePlace(seed, clock))


def _kraken(seed: int, clock: Clock) -> Venue:
    from trading_tools.venue.kraken.adapter import Kraken
    from trading_tools.venue.kraken.spot import KrakenSpot

    return Kraken(KrakenSpot(seed, clock))


VENUES: Final[Mapping[str, Callable[[int, Clock], Venue]]] = {
    "binance": _binance,
    "binanceusdm": _binanceusdm,
    "bybit": _bybit,
    "coinbase": _coinbase,
    "kraken": _kraken,
}
"""What makes each venue, from its seed and a clock in milliseconds since 1970."""
