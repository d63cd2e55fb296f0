"""The port: what is asked of a venue that orders are sent to.

No method raises for what a venue or a network does: an outcome says it. The one that asks real
venues is `ccxt_port`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Generic, Literal, Protocol, TypeVar

from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.judging import Judged
from trading_tools.exchange.orders.life import Stage

T = TypeVar("T")

SET_BY_MS: Final = 86_400_000
"""How far our clock may have been ahead when an order was sent, and been set right since.

Who looks for a name in a list of what is younger than some time looks so much further back: where
it is not found it is taken for void in the end.
"""

NOT_SENT: Final = "not sent"
"""The code of an order that was refused here, before any request."""


class Unanswered(Exception):
    """A query got no answer that can be used: nothing is known, least of all an absence.

    `passing`: asked again soon, it may be answered.
    """

    passing: bool = False


class KeyRefused(Unanswered):
    """The venue says that the key is wrong, or may not do this: no waiting mends it."""


class NotSent(Exception):
    """A request was not sent: `rule` says why, by the name of a rule of the guard's kind."""

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(why)
        self.rule = rule


@dataclass(frozen=True)
class VenueOrder:
    """An order as the venue shows it. `stage` is WAITING, OPEN, FILLED, CANCELED or REJECTED."""

    venue_order_id: str
    client_order_id: str
    symbol: str
    side: Literal["buy", "sell"]
    stage: Stage
    size_base: Decimal
    filled_size_base: Decimal
    price_quote: Decimal | None = None
    """None where the venue shows none, as for a market order."""
    kind: str = ""
    """Of which kind of `Ways.everywhere` it is: by that it is ended."""
    trigger_quote: Decimal | None = None
    """What a WAITING one waits for, where the venue shows it as a price."""


@dataclass(frozen=True)
class VenueFill:
    """One trade of an order as the venue shows it; (venue, order, trade) names it for good."""

    trade_id: str
    venue_order_id: str
    symbol: str
    side: Literal["buy", "sell"]
    size_base: Decimal
    price_quote: Decimal
    at_ms: int
    client_order_id: str | None = None
    """Set where the venue tells it with a trade."""
    fee_base: Decimal = Decimal(0)
    """What the venue kept of the base asset for it; below zero where it gave some."""


class OrderVenue(Protocol):
    """One account of one venue."""

    @property
    def name(self) -> str:
        """The venue's id."""

    @property
    def validity_s(self) -> float:
        """Seconds after which a request that has not arrived is refused by the venue."""

    async def turn(self, intent: Intent) -> None:
        """Wait until an order may be sent; the next `submit` of this task does not wait then.

        A port that sends no stops refuses them here.

        Raises:
            NotSent: it may not be sent in time, or not at all, or the venue does not work.
        """

    async def submit(self, intent: Intent, client_order_id: str) -> Judged:
        """Send an order, once."""

    async def cancel(self, symbol: str, client_order_id: str, venue_order_id: str | None) -> Judged:
        """Ask for the end of an order, once."""

    async def find(
        self, symbol: str, client_order_id: str, venue_order_id: str | None, since_ms: int
    ) -> VenueOrder | None:
        """The order, wherever the venue keeps it; None where the venue says that it has none.

        By its number it is found however old it is. By its name alone it is looked for among what
        is not older than `since_ms` of the venue's clock, and `SET_BY_MS` before that.

        Raises:
            Unanswered: the venue did not say.
        """

    async def open_orders(self, symbol: str) -> Sequence[VenueOrder]:
        """All open orders of the account, ours and others'.

        Raises:
            PartlyRead: some of them cannot be read.
            Unanswered: the venue did not say.
        """

    async def fills(self, symbol: str, since_ms: int) -> Sequence[VenueFill]:
        """All fills of the account since then, oldest first, every page of them.

        Raises:
            PartlyRead: some of them cannot be read.
            Unanswered: the venue did not say.
        """

    async def position(self, symbol: str) -> Decimal:
        """The account's position in a contract, in the base asset, below zero for a short one.

        Raises:
            Unanswered: the venue did not say.
            HedgeMode: the account keeps long and short positions apart.
        """

    async def time_ms(self) -> int:
        """The venue's clock.

        Raises:
            Unanswered: the venue did not say.
        """


def require_no_stop(venue: str, intent: Intent) -> None:
    """For ports that send none: one without its trigger would trade at once.

    Raises:
        NotSent: it is a stop.
    """
    if intent.stop_price_quote is not None:
        raise NotSent("stop", f"no stop can be sent to {venue} here: watch the price yourself")


class SpotWithoutTurns:
    """For ports whose requests wait for nothing, at venues without contracts: to be inherited."""

    name: str

    async def turn(self, intent: Intent) -> None:
        """At once.

        Raises:
            NotSent: it is a stop.
        """
        require_no_stop(self.name, intent)

    async def position(self, symbol: str) -> Decimal:
        """There is none.

        Raises:
            Unanswered: always.
        """
        raise Unanswered(f"no position is kept in {symbol}: it is no contract")


class PartlyRead(Unanswered, Generic[T]):
    """A list with rows that cannot be read: `rows` are the others, and no proof of an absence."""

    def __init__(self, why: str, rows: Sequence[T]) -> None:
        super().__init__(why)
        self.rows = rows
