"""USD-M's marketplace: what it lists, the listen keys, and the dead man's switches."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trading_tools.venue.binance.call import Call
from trading_tools.venue.binance.limits import Rules
from trading_tools.venue.binance.place import BinancePlace
from trading_tools.venue.binance.usdm.listen_keys import ListenKeys
from trading_tools.venue.binance.usdm.listing import USDM
from trading_tools.venue.core.instruments import ATOMS, Instrument

RULES = Rules(weight_1m=2_400, orders_10s=300, orders_1m=1_200, orders_1d=None)
"""Limits as `exchangeInfo` of the real one tells them."""
MAKER_PPM, TAKER_PPM = 200, 500


class UsdmVenue(BinancePlace):
    """A Binance USD-M exchange in memory."""

    def __init__(
        self,
        seed: int,
        clock: Callable[[], int],
        rules: Rules | None = None,
        instruments: Mapping[Instrument, int] = USDM,
        market: bool = True,
    ) -> None:
        balances = {"USDT": 100_000 * ATOMS}
        super().__init__(seed, clock, rules or RULES, instruments, balances, market)
        self.account.maker_fee_ppm, self.account.taker_fee_ppm = MAKER_PPM, TAKER_PPM
        self.listen_keys = ListenKeys(seed)
        self._countdowns: dict[str, int] = {}
        for symbol, book in self.exchange.books.items():
            self.exchange.set_mark(symbol, book.mark, book.mark, self.started_ms)

    def count_down(self, symbol: str, until_ms: int | None) -> None:
        """Cancel all orders of a contract at `until_ms`, unless this is called again before."""
        self._countdowns.pop(symbol, None)
        if until_ms is not None:
            self._countdowns[symbol] = until_ms

    def cancel_what_counted_down(self, at: int) -> None:
        """Cancel the orders whose countdown has ended."""
        for symbol, until in list(self._countdowns.items()):
            if until <= at:
                del self._countdowns[symbol]
                for order in self.account.open_orders(symbol):
                    self.exchange.cancel(self.account, order, at)


def usdm(call: Call) -> UsdmVenue:
    """The marketplace of a request that came to USD-M.

    Raises:
        TypeError: it came to another one: the tables of endpoints are mixed up.
    """
    if not isinstance(call.venue, UsdmVenue):
        raise TypeError(f"{type(call.venue).__name__} has no contracts")
    return call.venue
