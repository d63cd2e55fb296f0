"""Binance spot's marketplace, and who may use it: keys and limits, without the network.

What a request does is `endpoints`; how it arrives is `adapter`, `rest`, `socket` and `socket_api`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trading_tools.venue.binance.limits import Limits, Rules
from trading_tools.venue.binance.signing import Gate, drill_credentials
from trading_tools.venue.core.instruments import ATOMS, Instrument
from trading_tools.venue.market.listing import SPOT
from trading_tools.venue.market.place import DRILL_ACCOUNT, Marketplace

_BALANCES = {
    "USDT": 100_000 * ATOMS,
    "BTC": 1 * ATOMS,
    "ETH": 10 * ATOMS,
    "SOL": 100 * ATOMS,
    "XRP": 10_000 * ATOMS,
    "DOGE": 100_000 * ATOMS,
}


class SpotVenue(Marketplace):
    """A Binance spot exchange in memory."""

    def __init__(
        self,
        seed: int,
        clock: Callable[[], int],
        rules: Rules | None = None,
        instruments: Mapping[Instrument, int] = SPOT,
        market: bool = True,
    ) -> None:
        super().__init__(seed, clock, instruments, _BALANCES, market)
        self.credentials = drill_credentials(DRILL_ACCOUNT, seed)
        self.gate = Gate({self.credentials.key: self.credentials})
        self.limits = Limits(rules or Rules(), self.limit_hit)
