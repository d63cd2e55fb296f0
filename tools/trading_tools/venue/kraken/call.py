"""One request on its way through the venue, whichever wire it came by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from trading_tools.venue.core.accounts import Account
from trading_tools.venue.kraken.errors import DEADLINE, UNKNOWN_PAIR, KrakenError, invalid
from trading_tools.venue.kraken.listing import Pair, symbol_called
from trading_tools.venue.kraken.params import Params
from trading_tools.venue.kraken.spot import KrakenSpot


@dataclass(frozen=True)
class Call:
    """A request: what it says, when it came, and its number in the ledger."""

    venue: KrakenSpot
    params: Params
    at: int
    request: int
    account_name: str = ""

    @property
    def account(self) -> Account:
        """The account of a request that was signed."""
        return self.venue.exchange.accounts[self.account_name]

    def pair(self, name: str = "pair") -> Pair:
        """The pair that a parameter names.

        Raises:
            KrakenError: it is missing or not listed.
        """
        return self.listed(self.params.text(name))

    def pairs(self) -> dict[str, Pair]:
        """Those of the parameter `pair`, else all, by the names under which they are told.

        Raises:
            KrakenError: one is not listed.
        """
        wanted = self.params.names("pair")
        found = [(name, self.listed(name)) for name in wanted] or [
            ("", pair) for pair in self.venue.pairs
        ]
        return {_key(name, pair): pair for name, pair in found}

    def keyed(self) -> tuple[str, Pair]:
        """The pair of the parameter `pair`, behind the name under which it is told.

        Raises:
            KrakenError: it is missing or not listed.
        """
        name = self.params.text("pair")
        pair = self.listed(name)
        return _key(name, pair), pair

    def listed(self, name: str) -> Pair:
        """The pair called `name`.

        Raises:
            KrakenError: there is none.
        """
        symbol = symbol_called(name)
        if symbol not in self.venue.exchange.instruments:
            raise KrakenError(UNKNOWN_PAIR)
        return self.venue.pair(symbol)

    def check_deadline(self) -> None:
        """See that the request's own deadline, two to sixty seconds away, is not over.

        Raises:
            KrakenError: it is, or is no time.
        """
        text = self.params.optional("deadline")
        if text is None:
            return
        try:
            deadline = round(datetime.fromisoformat(text).timestamp() * 1_000)
        except (ValueError, OverflowError):
            raise invalid("deadline") from None
        if deadline <= self.at:
            raise KrakenError(DEADLINE)
        if deadline > self.at + 60_000:
            raise invalid("deadline")


def _key(name: str, pair: Pair) -> str:
    """A name with a slash is told as it was sent; any other gives REST's own."""
    return name if "/" in name else pair.id


def stamp(at: int, seconds: bool = False) -> str:
    """A time as Kraken writes it: RFC 3339 with microseconds, or in whole seconds."""
    moment = datetime.fromtimestamp(at / 1_000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ" if seconds else "%Y-%m-%dT%H:%M:%S.%fZ")
