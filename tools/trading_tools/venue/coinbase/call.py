"""One request on its way through the venue."""

from __future__ import annotations

from dataclasses import dataclass

from trading_tools.venue.coinbase.errors import no_such_product
from trading_tools.venue.coinbase.params import Params
from trading_tools.venue.coinbase.place import CoinbasePlace
from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.instruments import Instrument


@dataclass(frozen=True)
class Call:
    """A request: what it says, when it came, and its number in the ledger.

    `argument` is what stands in the path where its endpoint has a name.
    """

    place: CoinbasePlace
    params: Params
    at: int
    request: int
    argument: str = ""
    account_name: str = ""

    @property
    def account(self) -> Account:
        """The account of a request that was signed."""
        return self.place.exchange.accounts[self.account_name]

    def listed(self, product_id: str) -> Instrument:
        """The product of this name.

        Raises:
            CoinbaseError: 404, there is none.
        """
        found = self.place.instruments.get(product_id)
        if found is None:
            raise no_such_product()
        return found
