"""Binance spot's marketplace: what it lists, and what the drill's account has there.

What a request does is `endpoints`; how it arrives is `adapter`, `rest`, `socket` and `socket_api`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trading_tools.venue.binance.limits import Rules
from trading_tools.venue.binance.listing import SPOT
from trading_tools.venue.binance.place import BinancePlace
from trading_tools.venue.core.instruments import ATOMS, Instrument

_BALANCES = {
    "USDT": 100_000 * ATOMS,
    "BTC": 1 * ATOMS,
    "ETH": 10 * ATOMS,
    "SOL": 100 * ATOMS,
    "XRP": 10_000 * ATOMS,
    "DOGE": 100_000 * ATOMS,
}


class SpotVenue(BinancePlace):
    """A Binance spot exchange in memory."""

    def __init__(
        self,
        seed: int,
        clock: Callable[[], int],
        rules: Rules | None = None,
        instruments: Mapping[Instrument, int] = SPOT,
        market: bool = True,
    ) -> None:
        super().__init__(seed, clock, rules or Rules(), instruments, _BALANCES, market)
