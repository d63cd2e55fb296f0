"""One request on its way through the venue, whichever wire it came by."""

from __future__ import annotations

from dataclasses import dataclass, replace

from trading_tools.venue.bybit import errors
from trading_tools.venue.bybit.errors import BybitError
from trading_tools.venue.bybit.listing import CATEGORIES
from trading_tools.venue.bybit.params import Params
from trading_tools.venue.bybit.place import BybitPlace
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.instruments import Instrument


@dataclass(frozen=True)
class Call:
    """A request: what it says, when it came, and its number in the ledger."""

    place: BybitPlace
    params: Params
    at: int
    request: int
    account_name: str = ""

    @property
    def account(self) -> Account:
        """The account of a request that was signed."""
        return self.place.exchange.accounts[self.account_name]

    def with_params(self, params: Params) -> Call:
        """The same request with other parameters: one item of a batch."""
        return replace(self, params=params)

    def category(self, default: str = "") -> str:
        """The category that is asked for.

        Raises:
            BybitError: it is missing, or none.
        """
        found = self.params.optional("category", default)
        if found not in CATEGORIES:
            raise BybitError(*errors.BAD_CATEGORY)
        return found

    def instrument(self) -> Instrument:
        """The instrument of `category` and `symbol`.

        Raises:
            BybitError: one of them is missing or not known.
        """
        found = self.place.find(self.category(), self.params.text("symbol"))
        if found is None:
            raise BybitError(*errors.BAD_SYMBOL)
        return found

    def instruments(self) -> list[Instrument]:
        """That of `symbol`, else all of the category, or those of `baseCoin` or `settleCoin`.

        Raises:
            BybitError: the symbol is not known.
        """
        if "symbol" in self.params:
            return [self.instrument()]
        base = self.params.optional("baseCoin")
        quote = self.params.optional("settleCoin")
        return [
            each
            for each in self.place.listed(self.category())
            if base in ("", each.base) and quote in ("", each.quote)
        ]
