"""What Binance's marketplaces share: who may use them, and how often.

What each of them lists, and what else it keeps, is `spot` and `usdm`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trading_tools.venue.binance.limits import Limits, Rules
from trading_tools.venue.binance.signing import Gate, drill_credentials
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.market.place import DRILL_ACCOUNT, Marketplace


class BinancePlace(Marketplace):
    """A marketplace with API keys and limits; of one seed all of them have the same key."""

    def __init__(
        self,
        seed: int,
        clock: Callable[[], int],
        rules: Rules,
        instruments: Mapping[Instrument, int],
        balances: Mapping[str, int],
        market: bool,
    ) -> None:
        super().__init__(seed, clock, instruments, balances, market)
        self.credentials = drill_credentials(DRILL_ACCOUNT, seed)
        self.gate = Gate({self.credentials.key: self.credentials})
        self.limits = Limits(rules, self.limit_hit)
