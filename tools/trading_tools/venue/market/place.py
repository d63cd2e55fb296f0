"""A marketplace: one exchange with its market, its derived data and the drill's account.

How clients reach it is the business of a venue's wire.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence

from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.exchange import Exchange
from trading_tools.venue.core.instruments import Instrument
from trading_tools.venue.core.ledger import VenueLedger
from trading_tools.venue.core.orders import Trade
from trading_tools.venue.market.candle_files import Bar, CandleFileError
from trading_tools.venue.market.candles import Candles
from trading_tools.venue.market.depth import Depth
from trading_tools.venue.market.replay import Course
from trading_tools.venue.market.walk import INTERVAL_MS, Market

DRILL_ACCOUNT = "drill"
_KEPT_TRADES = 10_000
_CATCH_UP_STEPS = 400


class Marketplace:
    """An exchange in memory. `clock` gives milliseconds since 1970.

    The market is calm: no trades but those of its own clients where `market` is False.
    """

    def __init__(
        self,
        seed: int,
        clock: Callable[[], int],
        instruments: Mapping[Instrument, int],
        balances: Mapping[str, int],
        market: bool = True,
    ) -> None:
        """`instruments` gives last prices in ticks, `balances` the drill account's atoms."""
        self.seed = seed
        self._clock = clock
        self.clock_off_ms = 0
        self.started_ms = clock()
        self.ledger = VenueLedger()
        self.recent: dict[str, deque[Trade]] = defaultdict(lambda: deque(maxlen=_KEPT_TRADES))
        self.candles = {
            each.symbol: Candles(each, price, self.started_ms, seed)
            for each, price in instruments.items()
        }
        self.exchange = Exchange(instruments, self.ledger, on_trade=[self._keep])
        self.depths = {symbol: Depth(book) for symbol, book in self.exchange.books.items()}
        self.account = self.exchange.open_account(Account(DRILL_ACCOUNT), balances)
        self._ids = itertools.count(1)
        self.market = Market(self.exchange, seed, self.started_ms) if market else None

    def clock(self) -> int:
        """Milliseconds since 1970 by the venue's clock, which may be `clock_off_ms` off."""
        return self._clock() + self.clock_off_ms

    def replay(self, candles: Mapping[str, Sequence[Bar]]) -> None:
        """Let prices follow a file's candles, by symbol; those of no symbol are the first one's.

        To be called before the market opens.

        Raises:
            CandleFileError: a symbol is not listed here, or there is no market to follow them.
        """
        for name, bars in candles.items():
            listed = self.instruments.values()
            instrument = next(
                (each for each in listed if name in ("", each.base + each.quote)), None
            )
            if instrument is None:
                known = ", ".join(dict.fromkeys(each.base + each.quote for each in listed))
                raise CandleFileError(f"no instrument is called {name}; name one of {known}")
            if self.market is None:
                raise CandleFileError("this market stands still; no candles can be replayed")
            symbol = instrument.symbol
            course = Course(bars, instrument, self.market.now_ms + INTERVAL_MS, INTERVAL_MS)
            self.exchange.books[symbol].last_price = course.first
            self.candles[symbol] = Candles(instrument, course.first, self.started_ms, self.seed)
            self.market.follow(symbol, course)

    @property
    def instruments(self) -> dict[str, Instrument]:
        """What is listed, by symbol."""
        return self.exchange.instruments

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

    def limit_hit(self, at: int, kind: str, what: str) -> None:
        """Record that a client was refused for a limit: `kind` is the venue's status or code."""
        self.ledger.record(at, "limit.hit", limit=kind, what=what)

    def _keep(self, trade: Trade) -> None:
        self.recent[trade.symbol].append(trade)
        self.candles[trade.symbol].on_trade(trade)
