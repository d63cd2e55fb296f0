"""The venue: one exchange, its market, its derived data and who may use it, without the network.

What a request does is `endpoints`; how it arrives is `rest`, `socket` and `socket_api`.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict, deque
from collections.abc import Callable, Mapping

from trading_tools.venue.binance.limits import Limits, Rules
from trading_tools.venue.binance.signing import Credentials, Gate, drill_credentials
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.exchange import Exchange
from trading_tools.venue.core.instruments import ATOMS, Instrument
from trading_tools.venue.core.ledger import VenueLedger
from trading_tools.venue.core.orders import Trade
from trading_tools.venue.market.candles import Candles
from trading_tools.venue.market.depth import Depth
from trading_tools.venue.market.listing import SPOT
from trading_tools.venue.market.walk import Market

DRILL_ACCOUNT = "drill"
_BALANCES = {
    "USDT": 100_000 * ATOMS,
    "BTC": 1 * ATOMS,
    "ETH": 10 * ATOMS,
    "SOL": 100 * ATOMS,
    "XRP": 10_000 * ATOMS,
    "DOGE": 100_000 * ATOMS,
}
_KEPT_TRADES = 10_000
_CATCH_UP_STEPS = 400


class SpotVenue:
    """A Binance spot exchange in memory. `clock` gives milliseconds since 1970.

    The market is calm: no trades but those of its own clients where `market` is False.
    """

    def __init__(
        self,
        seed: int,
        clock: Callable[[], int],
        rules: Rules | None = None,
        instruments: Mapping[Instrument, int] = SPOT,
        market: bool = True,
    ) -> None:
        self.seed = seed
        self.clock = clock
        self.started_ms = clock()
        self.ledger = VenueLedger()
        self.recent: dict[str, deque[Trade]] = defaultdict(lambda: deque(maxlen=_KEPT_TRADES))
        self.candles = {
            each.symbol: Candles(each, price, self.started_ms, seed)
            for each, price in instruments.items()
        }
        self.exchange = Exchange(instruments, self.ledger, on_trade=[self._keep])
        self.depths = {symbol: Depth(book) for symbol, book in self.exchange.books.items()}
        self.account = self.exchange.open_account(Account(DRILL_ACCOUNT), _BALANCES)
        self.credentials: Credentials = drill_credentials(DRILL_ACCOUNT, seed)
        self.gate = Gate({self.credentials.key: self.credentials})
        self.limits = Limits(rules or Rules(), self._limit_hit)
        self._ids = itertools.count(1)
        self.market = Market(self.exchange, seed, self.started_ms) if market else None

    @property
    def assets(self) -> list[str]:
        """Every asset that is traded, by name."""
        listed = self.exchange.instruments.values()
        return sorted({asset for each in listed for asset in (each.base, each.quote)})

    def advance(self) -> int:
        """Let the market do what is due; the time it is now."""
        at = self.clock()
        if self.market is not None:
            self.market.advance_to(at, _CATCH_UP_STEPS)
        return at

    def made_id(self) -> str:
        """A client order id for a client that gave none: 22 letters and digits."""
        text = f"id {next(self._ids)}, seed {self.seed}"
        return hashlib.sha256(text.encode()).hexdigest()[:22]

    def _keep(self, trade: Trade) -> None:
        self.recent[trade.symbol].append(trade)
        self.candles[trade.symbol].on_trade(trade)

    def _limit_hit(self, at: int, kind: str, what: str) -> None:
        self.ledger.record(at, "limit.hit", limit=kind, what=what)
