"""One request on its way through the venue, whichever wire it came by."""

from __future__ import annotations

from dataclasses import dataclass, replace

from trading_tools.venue.binance import errors
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.params import Params
from trading_tools.venue.binance.place import BinancePlace
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.instruments import Instrument


@dataclass(frozen=True)
class Call:
    """A request: what it says, when it came, and its number in the ledger."""

    venue: BinancePlace
    params: Params
    at: int
    request: int
    account_name: str = ""

    @property
    def account(self) -> Account:
        """The account of a request that was signed."""
        return self.venue.exchange.accounts[self.account_name]

    def with_symbol(self, symbol: str) -> Call:
        """The same request for another symbol."""
        return replace(self, params=self.params.but("symbol", symbol))

    def instrument(self) -> Instrument:
        """The instrument of the parameter `symbol`.

        Raises:
            BinanceError: it is missing or not listed.
        """
        return self.listed(self.params.text("symbol"))

    def listed(self, symbol: str) -> Instrument:
        """The instrument called `symbol`.

        Raises:
            BinanceError: there is none.
        """
        found = self.venue.exchange.instruments.get(symbol)
        if found is None:
            raise BinanceError(*errors.BAD_SYMBOL)
        return found

    def instruments(self) -> list[Instrument]:
        """Those of `symbol` or `symbols`, else all."""
        wanted = self.params.symbols()
        if wanted is None:
            return list(self.venue.exchange.instruments.values())
        return [self.listed(symbol) for symbol in wanted]
